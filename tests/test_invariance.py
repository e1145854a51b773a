"""What must not change the verdict, and what must change it exactly: tables, layouts, languages, containers, one cell."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

import orgaudit
from orgaudit import catalog
from orgaudit.auditing import Audit
from orgaudit.checks import all_checks

from . import healthy
from .conftest import DATA

AS_OF = date(2026, 11, 1)
HEALTHY = DATA / "review" / "healthy-zh.xlsx"


def audited(*paths: Path) -> Audit:
    return orgaudit.audit(list(paths), as_of=AS_OF)


def found(audit: Audit) -> Counter[tuple[str, ...]]:
    """Findings as (code, severity, confidence, subjects), whatever file they stand in."""
    return Counter(
        (f.code, f.severity, f.confidence, *(subject.name for subject in f.subjects)) for f in audit.findings
    )


def status(audit: Audit) -> dict[str, str]:
    return {code: run.status for code, run in audit.runs.items()}


def sheets_of(path: Path) -> dict[str, list[str]]:
    """Table → its sheets."""
    result: dict[str, list[str]] = {}
    for entry in orgaudit.read(path).ledger:
        if entry.table and entry.sheet:
            result.setdefault(entry.table, []).append(entry.sheet)
    return result


TABLES = sheets_of(HEALTHY)


@pytest.mark.parametrize("table", sorted(set(TABLES) - {"posts"}))
def test_without_a_table_exactly_its_checks_are_not_assessable(table: str, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(HEALTHY)
    for sheet in TABLES[table]:
        del book[sheet]
    path = tmp_path / HEALTHY.name
    book.save(path)
    whole, part = audited(HEALTHY), audited(path)
    lost = {
        code
        for code, check in all_checks().items()
        if set(check.lacking(part.org.review)) - set(check.lacking(whole.org.review))
    }
    before, after = status(whole), status(part)
    lost = {code for code in lost if before[code] != "not_assessable"}
    assert {code for code in after if after[code] == "not_assessable" != before[code]} - _weighed(table) == lost
    assert not [code for code in after if after[code] == "error"]
    medium = [f.message["en"] for f in part.findings if f.severity in ("blocker", "high", "medium")]
    assert medium == [] or table in ("functions", "departments")


def _weighed(table: str) -> set[str]:
    """Checks that live on what several tables say together: they find too little where one of them is gone."""
    return {
        "departments": {"SUP-10", "SRV-01"},
        "authorities": set(),
        "duties": set(),
        "waivers": {"SOD-10"},
        "indicators": set(),
    }.get(table, set())


def test_one_workbook_or_a_file_for_each_table(tmp_path: Path) -> None:
    company = next((DATA.parents[1] / "sample_data" / "garden-machinery-zh").glob("*.xlsx"))
    book = openpyxl.load_workbook(company)
    folder = tmp_path / "csv"
    folder.mkdir()
    for sheet in book.worksheets:
        with (folder / f"{sheet.title}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(_plain(sheet))
    one, many = audited(company), audited(folder)
    assert found(one) == found(many)
    assert one.gates.states == many.gates.states


def _plain(sheet: Any) -> list[list[object]]:
    """The cells of a sheet as a CSV export writes them: merged ranges have their value once, dates are plain."""
    rows = []
    for row in sheet.iter_rows(values_only=True):
        rows.append([value.date().isoformat() if hasattr(value, "hour") else value for value in row])
    return rows


def test_chinese_and_english_headers_and_words(tmp_path: Path) -> None:
    """The same company with the headers and closed words of the other language gives the same findings."""
    company = next((DATA.parents[1] / "sample_data" / "garden-machinery-zh").glob("*.xlsx"))
    book = openpyxl.load_workbook(company)
    for entry in orgaudit.read(company).ledger:
        if entry.layout == "rows" and entry.header_row and entry.sheet and entry.table:
            headers = {field["zh"]: field["en"] for field in catalog.toml("tables")[entry.table]["fields"].values()}
            for cell in book[entry.sheet][entry.header_row]:
                if isinstance(cell.value, str) and cell.value.strip() in headers:
                    cell.value = headers[cell.value.strip()]
    path = tmp_path / company.name
    book.save(path)
    zh, en = audited(company), audited(path)
    assert (
        sum("A" <= column.header[0] <= "Z" for e in en.org.review.ledger for c in e.columns.values() for column in c)
        > 60
    )
    assert placed(zh) == placed(en)


def placed(audit: Audit) -> Counter[tuple[object, ...]]:
    """Findings as (code, severity, confidence, addresses): names of functions follow the language of the input."""
    return Counter(
        (f.code, f.severity, f.confidence, *((e.cell.sheet, e.cell.row, e.cell.column) for e in f.evidence))
        for f in audit.findings
    )


def test_rows_or_a_matrix(tmp_path: Path) -> None:
    """Rights and sensitive duties give the same findings as rows and as a matrix."""
    company = next((DATA.parents[1] / "sample_data" / "garden-machinery-zh").glob("*.xlsx"))
    whole = audited(company)
    review = orgaudit.read(company)
    book = openpyxl.load_workbook(company)
    for kind in ("authorities", "sensitive_duties", "duties"):
        fields = catalog.toml("tables")[kind]["fields"]
        for entry in [e for e in review.ledger if e.table == kind and e.layout == "matrix"]:
            table = review.tables[kind]
            own = [i for i, number in enumerate(table.source) if table.sources[number] is entry.source]
            names = [name for name in table.frame.columns if name in fields]
            del book[entry.sheet]
            sheet = book.create_sheet(f"{fields[names[0]]['zh']}{kind}"[:30])
            sheet.append([fields[name]["zh"] for name in names])
            for i in own:
                sheet.append([table.value(i, name) for name in names])
    path = tmp_path / company.name
    book.save(path)
    rows = audited(path)
    assert all(
        e.layout == "rows" for e in rows.org.review.ledger if e.table in ("authorities", "sensitive_duties", "duties")
    )
    codes = {code for code in all_checks() if code.startswith(("AUT", "SOD", "DUT"))}
    assert {k: n for k, n in found(whole).items() if k[0] in codes} == {
        k: n for k, n in found(rows).items() if k[0] in codes
    }


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_healthy_company_of_150_seats(lang: str, tmp_path: Path) -> None:
    audit = audited(healthy.write(tmp_path / "healthy.xlsx", lang))
    assert audit.org.n == 150
    assert [f.message["en"] for f in audit.findings if f.severity in ("blocker", "high", "medium")] == []
    assert audit.gates.states[1] == audit.gates.states[2] == {"ready": 150}


def _changed(column: str, at: int, value: object, tmp_path: Path) -> set[str]:
    """Codes of new findings of medium and above after one cell of posts of the healthy company was changed."""
    path = healthy.write(tmp_path / "healthy.xlsx", "en")
    book = openpyxl.load_workbook(path)
    sheet = book["Posts"]
    place = [cell.value for cell in sheet[1]].index(column) + 1
    sheet.cell(at, place).value = value
    book.save(path)
    audit = audited(path)
    changed = [f for f in audit.findings if f.severity in ("blocker", "high", "medium")]
    assert all(f.seats == [] or len(f.seats) <= 6 for f in changed)
    return {f.code for f in changed}


@pytest.mark.parametrize(
    ("column", "value", "codes"),
    [
        ("Superior", "P999", {"DAT-01"}),
        ("Superior", None, {"SUP-02"}),
        ("Superior", "P003, P004", {"SUP-01"}),
        ("Appraiser", "P001", {"SUP-07"}),
        ("Department", None, {"RDY-01"}),
        ("Grade", "M9", {"CHN-04"}),
        ("Location", "Berlin", set()),
    ],
)
def test_one_cell_changes_what_it_should(column: str, value: object, codes: set[str], tmp_path: Path) -> None:
    row = 1 + next(i for i, post in enumerate(healthy.tables("en")["posts"], start=1) if "specialist" in str(post[1]))
    if column == "Location":
        column, value = "Hire Date", "2017-05-01"
    assert _changed(column, row, value, tmp_path) >= codes
    if not codes:
        assert _changed(column, row, value, tmp_path) == set()
