"""Generated pages are fresh, README tells the truth, and every sample company has exactly the findings its README names."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from . import generated


def test_the_page_of_checks_is_fresh() -> None:
    assert generated.CHECKS_PAGE.read_text("utf-8") == generated.checks_page(), "run `make docs`"


def test_the_page_of_file_formats_is_fresh() -> None:
    text = generated.FORMATS.read_text("utf-8")
    assert generated.formats(text) == text, "run `make docs`"


def test_readme_shows_what_the_commands_print() -> None:
    text = generated.README.read_text("utf-8")
    assert generated.readme(text) == text, "run `make docs`"


def test_readme_shows_every_command() -> None:
    from orgaudit.cli import main

    text = generated.README.read_text("utf-8")
    for name in main.commands:
        assert f"<!-- run: orgaudit {name}" in text


@pytest.mark.parametrize("company", generated.companies(), ids=lambda path: path.name)
def test_sample_company(company: Path) -> None:
    golden = json.loads((generated.GOLDEN / f"{company.name}.json").read_text("utf-8"))
    assert generated.golden(company) == golden
    severe = {finding["code"] for finding in golden if finding["severity"] in ("blocker", "high", "medium")}
    if company.name.startswith("healthy"):
        assert not severe
    else:
        text = (company / "README.md").read_text("utf-8")
        told = set(re.findall(r"\b[A-Z]{3}-\d\d\b", text))
        assert severe <= told, "the README of the company does not name these"
