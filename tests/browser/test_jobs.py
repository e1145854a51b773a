"""The job descriptions: ten blocks, visible gaps, marked drafts, and a list with search."""

from __future__ import annotations

import string
import tomllib
from collections.abc import Callable, Iterator
from importlib import resources
from typing import Any

import companies
import pytest

from orgaudit.writing import html

Open = Callable[..., Any]

DISCLAIMER = (
    "本稿为组织管理讨论稿，未经民主程序、协商确认与签收，不作为考核、调岗、降薪或解除劳动合同的依据。",
    "Discussion draft for organization management;",
)


@pytest.mark.browser
def test_ten_blocks_in_order(open_page: Open) -> None:
    page = open_page(html.job_page(companies.job(), "zh"))
    headings = [
        text.strip().lstrip("0123456789").strip() for text in page.locator(".body > section > h2").all_inner_texts()
    ]
    assert headings == [
        "岗位标识",
        "设置目的",
        "主要职责",
        "权限",
        "协作关系",
        "考核指标",
        "任职资格",
        "工作条件",
        "职业发展",
        "签认",
    ]


@pytest.mark.browser
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_disclaimer_stands_in_both_languages(open_page: Open, lang: str) -> None:
    for text in (html.job_page(companies.job(), lang), html.jobs_index(companies.jobs(), lang)):
        shown = open_page(text).inner_text(".disclaimer")
        assert all(sentence in shown for sentence in DISCLAIMER)


@pytest.mark.browser
def test_gaps_and_drafts_are_visible(open_page: Open) -> None:
    page = open_page(html.job_page(companies.job(), "zh"))
    text = page.inner_text("main")
    assert "结构未定稿" in text
    assert "待补充：工作条件、职业发展" in text
    assert page.locator(".gap").count() == 3
    assert text.count("【待确认】") == 4  # purpose, two drafted qualifications, the note below them
    page.click("[data-switch]")
    assert "[to be confirmed]" in page.inner_text("main")
    assert page.locator("html").get_attribute("lang") == "en"


@pytest.mark.browser
def test_marks_lead_to_the_open_points(open_page: Open) -> None:
    page = open_page(html.job_page(companies.job(), "zh"))
    assert page.locator("a.ref").count() == 4
    page.locator("a.ref").first.click()
    assert page.url.endswith("#note-1")
    assert "权限表中没有对应权限" in page.inner_text("#note-1")


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1440])
def test_job_pages_fit(open_page: Open, width: int) -> None:
    for text in (html.job_page(companies.job(), "en"), html.jobs_index(companies.jobs(), "zh")):
        assert open_page(text, width=width).evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.browser
def test_the_list_can_be_searched(open_page: Open) -> None:
    page = open_page(html.jobs_index(companies.jobs(), "zh"))
    assert page.locator(".jobs tbody tr:visible").count() == 6
    page.fill("#search", "财务")
    assert page.locator(".jobs tbody tr:visible").count() == 2
    assert page.locator(".department:visible").count() == 1
    page.fill("#search", "没有这个")
    assert page.locator("#nothing").is_visible()


def test_an_empty_job_is_all_gaps() -> None:
    bare = {
        **companies.job(),
        "duties": [],
        "rights": [],
        "indicators": [],
        "qualifications": [],
        "purpose": None,
        "superior": [],
        "open_findings": [],
        "gaps": ["duties", "something_new"],
    }
    bare["relations"] = {"inside": [], "outside": []}
    page = html.job_page(bare, "zh")
    assert page.count('<p class="gap">') == 9
    assert "something_new" in page


def test_the_data_of_a_job_is_escaped() -> None:
    page = html.job_page(
        {**companies.job(), "title": '"><script>alert(1)</script>', "purpose": "<img src=x onerror=alert(1)>"}, "en"
    )
    assert "<script>alert" not in page
    assert "<img" not in page


def leaves(entry: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a catalogue with its key."""
    if isinstance(entry, dict):
        for key, below in entry.items():
            yield from leaves(below, f"{path}.{key}")
    else:
        yield path, entry


@pytest.mark.parametrize("name", ["report", "jobs"])
def test_both_catalogues_hold_the_same_keys_and_placeholders(name: str) -> None:
    def catalogue(lang: str) -> dict[str, str]:
        return dict(
            leaves(tomllib.loads(resources.files("orgaudit.texts").joinpath(lang, f"{name}.toml").read_text("utf-8")))
        )

    def names(text: str) -> set[str]:
        return {field for _, field, _, _ in string.Formatter().parse(text) if field}

    english, chinese = catalogue("en"), catalogue("zh")
    assert english.keys() == chinese.keys()
    for key, text in english.items():
        assert names(text) == names(chinese[key]), key
    assert not [text for text in chinese.values() if any(word in text for word in ("违法", "笑话", "歧视"))]
