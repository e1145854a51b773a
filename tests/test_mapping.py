"""mapping.toml: what `inspect` saves, what `--mapping` obeys, and what is said of mistakes in it."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import DATA

ROSTER = DATA / "exports" / "bamboohr.csv"
ODD = [
    ["Kennung", "Wer", "Bereich", "Antwortet an", "Paten"],
    ["1", "Ada Holt", "Leitung", "", "3"],
    ["2", "Ben Berg", "Verkauf", "1", "1"],
    ["3", "Cleo Sand", "Verkauf", "2", "1"],
]
MAPPING = """
[[sheets]]
table = "posts"
[sheets.columns]
employee_id = "Kennung"
name = "Wer"
department = "Bereich"
superior = "Antwortet an"
"""


def test_what_inspect_saves_reads_the_next_export_the_same(orgaudit: Callable[..., Any], tmp_path: Path) -> None:
    saved = tmp_path / "mapping.toml"
    told = orgaudit("inspect", ROSTER, "--save-mapping", saved, "--lang", "en")
    assert told.code == 0
    entry = tomllib.loads(saved.read_text("utf-8"))["sheets"][0]
    assert entry["table"] == "posts"
    assert entry["columns"]["superior"] == "Reporting to"
    moved = tmp_path / "next.csv"
    moved.write_text("Export of today\n\n" + ROSTER.read_text("utf-8"), "utf-8")
    plain, mapped = orgaudit("audit", ROSTER), orgaudit("audit", moved, "--mapping", saved, out=tmp_path / "mapped")
    assert mapped.code == 0
    assert mapped.audit["organization"] == plain.audit["organization"]
    assert {field["how"] for field in mapped.audit["inputs"][0]["fields"]} == {"mapped"}


def test_headers_that_nobody_knows(orgaudit: Callable[..., Any], workbook: Callable[..., Path], tmp_path: Path) -> None:
    path, mapping = workbook({"Tabelle1": ODD}), tmp_path / "m.toml"
    mapping.write_text(MAPPING, "utf-8")
    assert orgaudit("audit", path, "--format", "json").code == 2
    run = orgaudit("audit", path, "--mapping", mapping, "--format", "json")
    assert run.code == 0, run.stderr
    assert run.audit["organization"]["seats"] == 3
    assert run.audit["organization"]["layers"] == 3
    assert run.audit["inputs"][0]["ignored_columns"] == ["Paten"]


def test_marks_and_sheets_that_a_mapping_overrides(
    orgaudit: Callable[..., Any], workbook: Callable[..., Path], tmp_path: Path
) -> None:
    matrix = [["Activity", "Sales", "Finance", "Legal"], ["Sign contracts", "●", "○", "▲"], ["Collect debts", "▲", "●", "○"],
              ["Check credit", "○", "▲", "●"]]  # fmt: skip
    path, mapping = workbook({"RACI": matrix, "Old": ODD}), tmp_path / "m.toml"
    mapping.write_text(
        '[[sheets]]\ntable = "duties"\nlayout = "matrix"\nsheet = "RACI"\n[sheets.marks]\n"●" = "A"\n"○" = "R"\n"▲" = "I"\n'
        '[[sheets]]\ntable = "none"\nsheet = "Old"\n',
        "utf-8",
    )
    run = orgaudit("audit", path, "--mapping", mapping, "--format", "json")
    assert run.code == 0, run.stderr
    ledger = {entry["sheet"]: entry for entry in run.audit["inputs"]}
    assert ledger["RACI"]["legend"] == {"●": "A", "○": "R", "▲": "I"}
    assert ledger["Old"]["set_aside"] == {"mapped_away": 4}
    assert not [f for f in run.audit["findings"] if f["code"] in ("DUT-07", "DUT-08")]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[sheets]\n", "TOML"),
        ('[[sheets]]\ntable = "post"\n', "post (posts?)"),
        ('[[sheets]]\ntable = "posts"\n[sheets.columns]\nsuperiors = "X"\n', "superiors (superior?)"),
        ('[[sheets]]\ntable = "posts"\ncolums = 1\n', "colums (columns?)"),
        ('[[sheets]]\ntable = "duties"\nlayout = "matrx"\n', "matrx (matrix?)"),
        ("", "[[sheets]]"),
    ],
)
def test_mistakes_are_named_with_the_nearest_word(
    orgaudit: Callable[..., Any], tmp_path: Path, text: str, says: str
) -> None:
    mapping = tmp_path / "m.toml"
    mapping.write_text(text, "utf-8")
    run = orgaudit("audit", ROSTER, "--mapping", mapping, "--lang", "en")
    assert run.code == 2
    assert says in run.stderr
    assert len(run.stderr.strip().splitlines()) == 2


def test_an_entry_that_fits_no_sheet_is_said(orgaudit: Callable[..., Any], tmp_path: Path) -> None:
    mapping = tmp_path / "m.toml"
    mapping.write_text(MAPPING, "utf-8")
    run = orgaudit("inspect", ROSTER, "--mapping", mapping, "--lang", "en")
    assert "fitted no sheet: 1" in run.stdout


def test_inspect_says_why_and_how_references_end(orgaudit: Callable[..., Any]) -> None:
    told = orgaudit("inspect", DATA / "exports" / "hand_roster.xlsx", "--lang", "en").stdout
    assert "80 % of its values stand in Name" in told
    assert "1 hidden row is read all the same: 17" in told
    assert "1 formula has no stored value: F22" in told
    assert "17 found · 1 match nothing in the file" in told
    left = orgaudit("inspect", DATA / "exports" / "successfactors_udf.csv", "--lang", "en").stdout
    assert "1 name somebody marked inactive" in left


def test_six_ends_of_a_reference_have_six_sentences(
    orgaudit: Callable[..., Any], workbook: Callable[..., Path]
) -> None:
    rows = [["Employee ID", "Name", "Position", "Department", "Superior", "Status"],
            ["1", "Ada Holt", "Chief", "Office", "Board of Directors", "active"],
            ["2", "Ben Berg", "Clerk", "Office", "Gus Gone", "active"],
            ["3", "Cleo Sand", "Clerk", "Sales", "Ida Idle", "active"],
            ["4", "Dan Novak", "Clerk", "Sales", "Sales Lead", "active"],
            ["5", "Eva Silva", "Clerk", "Sales", "Nobody Known", "active"],
            ["6", "Finn Weber", "Clerk", "Sales", "Kim Twin", "active"],
            ["7", "Gus Gone", "Clerk", "Sales", "1", "terminated"],
            ["8", "Ida Idle", "Clerk", "Sales", "1", "suspended"],
            ["", "vacant", "Sales Lead", "Sales", "1", "vacant"],
            ["9", "Kim Twin", "Buyer", "Office", "1", "active"],
            ["10", "Kim Twin", "Planner", "Office", "1", "active"]]  # fmt: skip
    path = workbook({"Posts": rows})
    told = orgaudit("inspect", path, "--lang", "en").stdout
    for outcome in ("match nothing in the file", "could mean several", "name a body outside the file",
                    "name somebody who has left", "name somebody marked inactive",
                    "name a post that nobody holds"):  # fmt: skip
        assert f"1 {outcome}" in told
    run = orgaudit("audit", path, "--format", "json")
    said = {f["message"]["en"] for f in run.audit["findings"] if f["code"] in ("DAT-01", "DAT-02", "DAT-05", "SUP-09")}
    assert len(said) >= 5
    assert any("has left" in text for text in said)
    assert any("marked inactive" in text for text in said)
