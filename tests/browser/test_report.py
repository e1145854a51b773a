"""The report page in a browser: what it says first, what it lets one do, and what it must never do."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from typing import Any

import companies
import pytest

from orgaudit.writing import html

pytestmark = pytest.mark.browser

Open = Callable[..., Any]


@pytest.fixture(scope="module")
def chinese() -> str:
    return html.report_page(companies.manufacturer(), "zh")


@pytest.fixture(scope="module")
def english() -> str:
    return html.report_page(companies.instruments(), "en")


def shown(page: Any) -> list[str]:
    """Ids of the findings in the list, in order."""
    ids: list[str] = page.eval_on_selector_all(
        "#finding-list > .finding", "nodes => nodes.map(node => node.dataset.id)"
    )
    return ids


# --- what it says -----------------------------------------------------------------------------------------------------


def test_the_verdict_comes_first_and_is_one_sentence(open_page: Open, chinese: str) -> None:
    page = open_page(chinese)
    assert (
        page.inner_text(".sentence")
        == "117 个岗位任职中，78 个可以定指标，31 个可以开始评分；修正 3 处可再放行 19 个。"
    )
    assert page.locator(".sentence").bounding_box()["y"] < 400
    assert "119 个岗位席位" in page.inner_text(".facts")


def test_an_organization_without_indicators_is_told_what_the_second_gate_needs(open_page: Open, english: str) -> None:
    page = open_page(english)
    assert (
        page.inner_text(".sentence")
        == "Of 60 seats, 48 can have indicators set; whether scoring can start is not judged yet; 3 repairs release 7 more."
    )
    assert page.inner_text('[data-gate="2"] .gate-figure b') == "Not judged"
    assert "Gate 2 is not judged yet" in page.inner_text(".verdict")


def test_each_principle_has_score_and_coverage_and_half_judged_ones_no_score(open_page: Open, chinese: str) -> None:
    page = open_page(chinese)
    assert page.locator("ol.principles > .principle").count() == 7
    assert "41" in page.inner_text("#principle-SUP .principle-score")
    assert "100%" in page.inner_text("#principle-SUP .principle-coverage")
    assert "不评分" in page.inner_text("#principle-SRV .principle-score")
    assert "覆盖率不足 50%" in page.inner_text("#principle-SRV")
    card = page.inner_text("#principle-OBE")
    assert "目标确认与分歧处理（服从原则）" in card
    assert "高" not in card


def test_missing_tables_say_what_they_would_make_assessable(open_page: Open, chinese: str) -> None:
    text = open_page(chinese).inner_text("#unjudged")
    assert "补充《服务关系》" in text
    assert "SRV-04" in text
    assert "CHN-07" in text


def test_evidence_stands_with_file_sheet_and_cell(open_page: Open, chinese: str) -> None:
    page = open_page(chinese, hash="#finding-0000sup03")
    body = page.locator("#finding-0000sup03")
    assert body.get_attribute("open") is not None
    assert [cell.inner_text() for cell in body.locator(".address").first.locator(".data").all()] == [
        "组织与考核资料.xlsx",
        "岗位与人员",
        "D105",
    ]
    assert body.locator("td.it").first.inner_text() == "仓库主管"


def test_waived_findings_stay_in_sight_at_the_end(open_page: Open, chinese: str) -> None:
    page = open_page(chinese)
    last = page.locator("#finding-list > .finding").last
    assert last.get_attribute("data-waived") is not None
    assert "已登记例外" in last.inner_text()


def test_names_stay_out_unless_they_are_asked_for() -> None:
    model = companies.manufacturer()
    model["chart"]["person"][3] = "不应出现"
    model["audit"]["findings"][0]["subjects"].append({"kind": "person", "id": "E1", "name": "不应出现"})
    assert "不应出现" not in html.report_page(model, "zh")
    assert "E1001" not in html.report_page(model, "zh")
    assert "不应出现" in html.report_page({**model, "names": True}, "zh")


def test_it_never_accuses() -> None:
    page = html.report_page(companies.manufacturer(), "zh")
    for word in ("违法", "笑话", "歧视"):
        assert word not in page


# --- languages --------------------------------------------------------------------------------------------------------


def test_one_button_changes_the_language(open_page: Open, chinese: str) -> None:
    page = open_page(chinese)
    assert page.locator("html").get_attribute("lang") == "zh"
    page.click("[data-switch]")
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.inner_text(".sentence").startswith("Of 117 seats, 78 can have indicators set")
    assert page.title() == "澄远精密机械有限公司: organization review"
    assert page.inner_text("#f-principle option:first-child") == "All principles"
    assert "结论" not in page.inner_text(".contents")


def test_it_reads_without_scripts(open_page: Open, chinese: str) -> None:
    page = open_page(chinese, java_script_enabled=False)
    assert page.locator(".sentence").is_visible()
    assert page.locator("#finding-list > .finding").count() == 26
    assert not page.locator("#filters").is_visible()
    assert not page.locator("[data-switch]").is_visible()
    page.click("#chart-table > summary")
    assert page.locator(".chart-rows tbody tr").count() == 119


# --- findings ---------------------------------------------------------------------------------------------------------


def test_filters_narrow_the_list(open_page: Open, chinese: str) -> None:
    page = open_page(chinese)
    assert len(shown(page)) == 26
    page.check('[name="severity"][value="blocker"]', force=True)
    assert len(shown(page)) == 8
    assert page.inner_text("#shown") == "显示 8 条，共 26 条"
    page.select_option("#f-principle", "RDY")
    assert len(shown(page)) == 3
    page.click('#filters [type="reset"]')
    page.locator("#finding-list > .finding").nth(25).wait_for()
    page.check('[name="confidence"][value="inferred"]', force=True)
    assert len(shown(page)) == 1
    page.click('#filters [type="reset"]')
    page.select_option("#f-department", "质量部")
    page.fill("#f-search", "SUP-07")
    assert len(shown(page)) == 1
    page.fill("#f-search", "nothing like this")
    assert page.locator("#nothing").is_visible()


def test_consequences_are_folded_and_can_be_listed(open_page: Open, chinese: str) -> None:
    page = open_page(chinese)
    assert not any(one.startswith("c0") for one in shown(page))
    page.click('[data-id="0000sup03"] > summary')
    assert page.locator('[data-id="0000sup03"] .follows li').count() == 4
    page.check('[name="consequences"]', force=True)
    assert sum(one.startswith("c0") for one in shown(page)) == 20
    page.uncheck('[name="waived"]', force=True)
    assert page.locator(".finding[data-waived]").count() == 0


def test_a_link_opens_its_finding_even_a_folded_one(open_page: Open, chinese: str) -> None:
    page = open_page(chinese, hash="#finding-c000sup03")
    node = page.locator("#finding-c000sup03")
    assert node.get_attribute("open") is not None
    node.locator('[data-slot="cause"]').click()
    assert page.locator("#finding-0000sup03").get_attribute("open") is not None


def test_findings_the_script_builds_read_like_printed_ones(open_page: Open) -> None:
    """The same finding, once among the first 200 and once after them."""
    model = companies.manufacturer()
    late = copy.deepcopy(model)
    wanted = [finding["id"] for finding in model["audit"]["findings"] if not finding["cause"]]
    pattern = model["audit"]["findings"][0]
    late["audit"]["findings"] = [{**pattern, "id": f"early{n}"} for n in range(200)] + late["audit"]["findings"]
    printed = open_page(html.report_page(model, "zh"), name="printed.html")
    built = open_page(html.report_page(late, "zh"), name="built.html")
    assert f'id="finding-{wanted[-1]}"' not in html.report_page(late, "zh")
    built.click("#more")
    for one in wanted:
        for page in (printed, built):
            page.click(f"#finding-{one} > summary")
        texts = ["".join(page.locator(f"#finding-{one}").text_content().split()) for page in (printed, built)]
        assert texts[0] == texts[1]


def test_the_list_grows_by_pages(open_page: Open) -> None:
    page = open_page(html.report_page(companies.large(300, 450), "zh"))
    assert len(shown(page)) == 200
    page.click("#more")
    assert len(shown(page)) == 400
    page.click("#more")
    assert len(shown(page)) == 450
    assert not page.locator("#more").is_visible()


def test_copy_link_gives_the_address_of_the_finding(open_page: Open, chinese: str) -> None:
    page = open_page(chinese, permissions=["clipboard-read", "clipboard-write"])
    page.click('[data-id="0000sup03"] > summary')
    page.click('[data-id="0000sup03"] [data-copy]')
    page.locator('[data-id="0000sup03"] [data-copy]', has_text="已复制").wait_for()
    assert page.evaluate("navigator.clipboard.readText()").endswith("page.html#finding-0000sup03")


# --- chart ------------------------------------------------------------------------------------------------------------


def test_the_chart_shows_vacancies_loops_and_further_tops(open_page: Open, chinese: str) -> None:
    page = open_page(chinese)
    assert page.locator("#c-svg .box.vacant").count() == 3
    assert page.locator("#c-svg .cut").count() == 1
    assert page.locator("#c-svg .dotted").count() == 2
    assert page.locator("#c-svg .extra").count() == 1
    assert "循环在此断开" in page.locator("#c-svg").text_content()
    assert page.locator("#c-svg .hint.plain").count() == 2
    assert page.locator("#c-svg .box.s1 .sign").count() > 3


def test_the_chart_finds_selects_and_starts_anywhere(open_page: Open, chinese: str) -> None:
    page = open_page(chinese)
    page.fill("#c-search", "检验班长")
    page.click("#c-results button")
    assert "检验班长" in page.inner_text("#c-card h3")
    page.fill("#c-search", "检验员")
    page.keyboard.press("Enter")
    page.locator("#c-card li a").first.click()
    assert page.evaluate("document.activeElement.closest('.finding').dataset.id") == "0005sup07"
    everything = page.locator("#c-svg .box").count()
    page.select_option("#c-unit", "质量部")
    assert 1 < page.locator("#c-svg .box").count() < everything
    page.select_option("#c-unit", "")
    assert page.locator("#c-svg .box").count() == everything


def test_the_chart_obeys_the_keyboard(open_page: Open, chinese: str) -> None:
    page = open_page(chinese)
    page.focus("#c-svg")
    before = page.locator("#c-svg .box").count()
    page.keyboard.press("Enter")
    assert page.locator("#c-svg .box").count() < before
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    current = page.locator("#c-svg").get_attribute("aria-activedescendant")
    assert "人力资源部经理" in page.locator(f"#{current}").get_attribute("aria-label")


def test_two_thousand_seats_start_collapsed_and_stay_quick(open_page: Open) -> None:
    page = open_page(html.report_page(companies.large(2000), "zh"))
    assert page.locator("#c-svg .box").count() == 1 + 8 + 64
    spent = page.evaluate(
        "async () => { const start = performance.now(); document.querySelector('[data-chart=expand]').click();"
        " await new Promise(done => requestAnimationFrame(() => setTimeout(done))); return performance.now() - start; }"
    )
    assert spent < 1000


# --- form -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [390, 768, 1440, 1920])
def test_nothing_runs_out_of_the_page(open_page: Open, chinese: str, english: str, width: int) -> None:
    for text in (chinese, english):
        page = open_page(text, width=width, hash="#finding-0000sup03")
        assert page.evaluate("document.documentElement.scrollWidth") <= width


CONTRAST = """() => {
  const parse = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const colour = parse(getComputedStyle(node).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const poor = new Set();
  for (const node of document.querySelectorAll("body *")) {
    const speaks = [...node.childNodes].some((one) => one.nodeType === 3 && one.data.trim());
    if (!speaks || !node.checkVisibility() || node.closest("svg, script, template, option")) continue;
    const a = light(parse(getComputedStyle(node).color)), b = light(ground(node));
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) poor.add(`${node.className || node.tagName}: ${ratio.toFixed(2)}`);
  }
  return [...poor];
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_is_legible(open_page: Open, chinese: str, scheme: str) -> None:
    page = open_page(chinese, color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach(node => node.open = true)")
    assert page.evaluate(CONTRAST) == []


def test_it_prints(open_page: Open, chinese: str) -> None:
    page = open_page(chinese)
    paper = page.pdf(prefer_css_page_size=True, print_background=True)
    assert paper.startswith(b"%PDF")
    assert 10 < len(re.findall(rb"/Type\s*/Page\b", paper)) < 40
    assert page.locator(".finding[open]").count() == 0


# --- safety -----------------------------------------------------------------------------------------------------------

PAYLOADS = [
    "<script>window.hit=1</script>",
    "</script><img src=x onerror=window.hit=1>",
    "\"'><svg onload=window.hit=1>",
    "{{ 7*7 }}{% raw %}",
    "line\u2028sep\u2029 <!-- <script>",
    "\ud800\u0000\u202e",
]


def hostile() -> dict[str, Any]:
    model = companies.manufacturer()
    attack = "".join(PAYLOADS)
    model["title"] = model["company"] = attack
    model["names"] = True
    chart = model["chart"]
    for n in range(len(chart["id"])):
        chart["title"][n] += PAYLOADS[n % len(PAYLOADS)]
        chart["department"][n] += PAYLOADS[(n + 1) % len(PAYLOADS)]
        chart["person"][n] = PAYLOADS[(n + 2) % len(PAYLOADS)]
    for finding in model["audit"]["findings"]:
        finding["message"] = {"zh": attack, "en": attack}
        finding["subjects"][0]["name"] = attack
        for cell in finding["evidence"]:
            cell.update(file=attack, sheet=attack, value=attack, row_cells=[[attack, attack, True]])
    for sheet in model["audit"]["inputs"]:
        sheet.update(file=attack, sheet=attack, columns={"title": attack}, ignored_columns=[attack])
    return model


def test_data_stays_data(open_page: Open) -> None:
    text = html.report_page(hostile(), "zh")
    page = open_page(text)
    page.evaluate("document.querySelectorAll('details').forEach(node => node.open = true)")
    page.check('[name="consequences"]', force=True)
    page.locator("#c-svg [data-seat]").first.click()
    page.fill("#c-search", "script")
    assert page.evaluate("window.hit") is None
    assert page.locator("main script, main img, main [onerror], main [onload]").count() == 0


def test_the_policy_admits_only_its_own_style_and_script(chinese: str) -> None:
    assert chinese.lstrip().startswith("<!doctype html>")
    head = chinese.split("<head>", 1)[1]
    assert re.match(r'\s*<meta charset="utf-8">\s*<meta http-equiv="Content-Security-Policy"', head)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', chinese)
    assert policy
    assert "unsafe" not in policy[1]
    assert "default-src 'none'" in policy[1]
    rest = re.sub(r"<(script|style)[^>]*>.*?</\1>", "", chinese, flags=re.S)
    assert not re.search(r"\sstyle\s*=", rest)
    assert not re.search(r"\son[a-z]+\s*=", rest)
    assert not re.search(r"https?://", rest)
    assert chinese.count("<script") == 2


def test_the_embedded_data_is_json_no_parser_can_leave() -> None:
    text = html.report_page(hostile(), "en")
    block = text.split('id="data">', 1)[1].split("</script>", 1)[0]
    assert not set("<>&\u2028\u2029") & set(block)
    assert json.loads(block)["findings"]


def test_the_same_model_gives_the_same_page(chinese: str) -> None:
    assert html.report_page(companies.manufacturer(), "zh") == chinese
