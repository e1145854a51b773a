"""Reports and job descriptions of real audits, written to disk and opened from there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

import orgaudit

pytestmark = pytest.mark.browser

Visit = Callable[..., Any]
SAMPLES = Path(__file__).resolve().parents[2] / "sample_data"
AS_OF = date(2026, 11, 1)
OPENED = ("zh", "en")
POLICY = '<meta http-equiv="Content-Security-Policy" content="default-src \'none\''
COUNT = "window.ORGAUDIT_XSS = 0;"
ATTACKS = (
    "<script>window.ORGAUDIT_XSS++</script>",
    "</script><img src=x onerror=window.ORGAUDIT_XSS++>",
    "\"'><svg onload=window.ORGAUDIT_XSS++>",
    "javascript:window.ORGAUDIT_XSS++",
    "{{7*7}}{% raw %}{0.__class__}",
    "<!--<script>\u2028\u2029",
)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The manufacturer's report in each language it can open in."""
    folder = tmp_path_factory.mktemp("written")
    result = orgaudit.audit(SAMPLES / "garden-machinery-zh", as_of=AS_OF)
    for lang in OPENED:
        orgaudit.write_report(result, folder / lang, lang=lang)
    return folder


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a workbook whose every text tries to run or to break out; with names."""
    folder = tmp_path_factory.mktemp("hostile")
    book = openpyxl.Workbook()
    posts = book.active
    posts.title = "岗位与人员"
    posts.append(["岗位编号", "岗位名称", "所属部门", "直接上级", "工号", "姓名"])
    for n, attack in enumerate(ATTACKS * 2):
        superior = "" if n == 0 else f"P{n // 2}" if n % 3 else attack
        posts.append([f"P{n}", f"岗{n}{attack}", f"部{n % 4}{attack}", superior, f"E{n}", f"名{n}{attack}"])
    duties = book.create_sheet("职责")
    duties.append(["岗位", "职责内容", "角色"])
    for n, attack in enumerate(ATTACKS):
        duties.append([f"P{n}", f"负责{attack}", "A/R"])
    book.save(folder / "岗位 & '名单'.xlsx")
    result = orgaudit.audit(folder / "岗位 & '名单'.xlsx", as_of=AS_OF)
    orgaudit.write_report(result, folder / "out", lang="zh", names=True)
    return folder / "out"


@pytest.fixture
def visit(chromium: Any) -> Iterator[Visit]:
    """Opens a written page; at the end no page may have complained, run foreign script or left the disk."""
    contexts, complaints, addresses = [], [], []

    def opened(file: Path, *, anchor: str = "", width: int = 1440, **options: Any) -> Any:
        context = chromium.new_context(viewport={"width": width, "height": 1000}, reduced_motion="reduce", **options)
        contexts.append(context)
        context.add_init_script(COUNT)
        page = context.new_page()
        page.on(
            "console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: addresses.append(request.url))
        page.goto(file.as_uri() + anchor)
        return page

    yield opened
    ran = [page.evaluate("window.ORGAUDIT_XSS") for context in contexts for page in context.pages]
    for context in contexts:
        context.close()
    assert complaints == []
    assert [address for address in addresses if not address.startswith("file:")] == []
    assert not any(ran)


def shown(page: Any) -> int:
    return page.evaluate(
        "[...document.querySelectorAll('#finding-list > .finding')].filter((one) => one.checkVisibility()).length"
    )


def overflow(page: Any) -> list[str]:
    """What is wider than the window and does not scroll in itself."""
    return page.evaluate("document.documentElement.scrollWidth > innerWidth ? [document.title] : []")


# --- the report -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", OPENED)
def test_the_verdict_comes_first(visit: Visit, written: Path, lang: str) -> None:
    page = visit(written / lang / "index.html")
    sentence = page.locator("#verdict .sentence")
    assert page.locator("html").get_attribute("lang") == lang
    assert re.search(r"\d", sentence.inner_text())
    box = sentence.bounding_box()
    assert box and box["y"] + box["height"] < 500
    assert page.locator(".gate").count() == 2
    assert page.locator(".principle").count() >= 7


def test_the_language_switches(visit: Visit, written: Path) -> None:
    page = visit(written / "zh" / "index.html")
    before = page.inner_text("#verdict")
    page.click("[data-switch]")
    after = page.inner_text("#verdict")
    assert page.locator("html").get_attribute("lang") == "en"
    assert "Gate 1" in after
    assert "Gate 1" not in before
    page.click("[data-switch]")
    assert page.inner_text("#verdict") == before


def test_search_and_filters_narrow_the_list(visit: Visit, written: Path) -> None:
    page = visit(written / "zh" / "index.html")
    everything = shown(page)
    page.fill("#f-search", "SUP-01")
    searched = shown(page)
    page.fill("#f-search", "")
    page.check('[name="severity"][value="blocker"]', force=True)
    severe = shown(page)
    page.select_option("#f-principle", "SUP")
    assert 0 < searched < everything
    assert 0 < shown(page) < severe < everything


def test_a_finding_opens_with_its_evidence(visit: Visit, written: Path) -> None:
    page = visit(written / "zh" / "index.html")
    finding = page.locator('.finding[data-severity="blocker"]').first
    assert not finding.locator(".evidence").is_visible()
    finding.locator("summary").click()
    address = finding.locator(".address").first.inner_text()
    assert "绿源园林机械-组织审查.xlsx" in address
    assert re.search(r"\b[A-Z]+\d+\b", address)
    assert finding.locator("td.it").first.is_visible()
    assert finding.locator(".advice-main dd").inner_text().strip()


def test_the_chart_draws_expands_and_finds(visit: Visit, written: Path) -> None:
    page = visit(written / "zh" / "index.html")
    boxes = page.locator("#c-svg [data-seat]")
    page.click('[data-chart="collapse"]')
    few = boxes.count()
    page.click('[data-chart="expand"]')
    assert 0 < few < boxes.count()
    page.fill("#c-search", "出纳")
    page.locator("#c-results button").first.click()
    assert "出纳" in page.inner_text("#c-card")
    assert "出纳" in page.locator("#c-svg .here").text_content()


@pytest.mark.parametrize("lang", OPENED)
def test_it_reads_without_scripts(chromium: Any, written: Path, lang: str) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((written / lang / "index.html").as_uri())
    other = "en" if lang == "zh" else "zh"
    assert page.locator(f'.sentence [lang="{lang}"]').is_visible()
    assert not page.locator(f'.sentence [lang="{other}"]').is_visible()
    page.locator(".finding > summary").first.click()
    assert page.locator(".finding .evidence").first.is_visible()
    page.click("#chart-table > summary")
    assert page.locator(".chart-rows tbody tr").count() > 100
    context.close()


@pytest.mark.parametrize("lang", OPENED)
def test_nothing_is_wider_than_a_telephone(visit: Visit, written: Path, lang: str) -> None:
    report = visit(written / lang / "index.html", width=390)
    report.evaluate("document.querySelectorAll('details').forEach((node) => { node.open = true; })")
    assert overflow(report) == []
    jobs = sorted((written / lang / "jobs").glob("*.html"))
    for file in [jobs[0], written / lang / "jobs" / "index.html", max(jobs, key=lambda path: path.stat().st_size)]:
        assert overflow(visit(file, width=390)) == []


def test_it_prints(visit: Visit, written: Path) -> None:
    page = visit(written / "zh" / "index.html")
    paper = page.pdf(prefer_css_page_size=True, print_background=True)
    assert 3 <= len(re.findall(rb"/Type\s*/Page\b", paper)) <= 70


# --- the job descriptions ---------------------------------------------------------------------------------------------


def test_the_list_of_jobs_searches_and_leads_to_each(visit: Visit, written: Path) -> None:
    page = visit(written / "zh" / "jobs" / "index.html")
    links = page.locator(".jobs tbody a")
    assert links.count() == len(list((written / "zh" / "jobs").glob("*.html"))) - 1
    page.fill("#search", "出纳")
    visible = page.locator(".jobs tbody a:visible")
    assert visible.all_inner_texts() == ["出纳"]
    visible.click()
    assert page.locator("h1").inner_text() == "出纳"
    assert page.locator(".body > section").count() == 10


def test_every_job_page_carries_what_it_must(written: Path) -> None:
    for lang in OPENED:
        for file in (written / lang / "jobs").glob("*.html"):
            text = file.read_text("utf-8")
            assert "未经民主程序、协商确认与签收" in text
            assert "not a basis for appraisal" in text
            assert "{{" not in text


# --- safety -----------------------------------------------------------------------------------------------------------


def test_hostile_text_stays_text(visit: Visit, hostile: Path) -> None:
    page = visit(hostile / "index.html")
    page.evaluate("document.querySelectorAll('details').forEach((node) => { node.open = true; })")
    page.check('[name="consequences"]', force=True)
    page.click('[data-chart="expand"]')
    page.locator("#c-svg [data-seat]").first.click()
    page.fill("#c-search", "script")
    page.locator("#c-results button").first.click()
    assert page.locator("main :is(script, img, iframe), main [onload], main [onerror]").count() == 0
    assert page.locator('a[href^="javascript:" i]').count() == 0
    body = page.locator("body").text_content()
    assert "{{7*7}}" in body
    assert "ORGAUDIT_XSS++" in body
    listed = visit(hostile / "jobs" / "index.html")
    listed.fill("#search", "script")
    for file in sorted((hostile / "jobs").glob("*.html"))[:3]:
        job = visit(file)
        assert job.locator("main :is(script, img, iframe), main [onload], main [onerror]").count() == 0


def test_pages_carry_a_policy_and_no_inline_handlers(written: Path, hostile: Path) -> None:
    for folder in (written / "zh", hostile):
        pages = [folder / "index.html", *(folder / "jobs").glob("*.html")]
        for file in pages:
            text = file.read_text("utf-8")
            assert re.search(rf'<head>\s*<meta charset="utf-8">\s*{POLICY}', text)
            assert "unsafe-" not in text.split("</head>")[0].split("<style>")[0]
            tags = re.findall(r"<[a-z][^>]*>", re.sub(r"<(script|style)\b.*?</\1>", "", text, flags=re.S))
            assert [tag for tag in tags if re.search(r"\s(on[a-z]+|style)\s*=", re.sub(r'"[^"]*"', '""', tag))] == []
