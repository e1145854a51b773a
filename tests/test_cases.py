"""The table of cases: every check is seen to fire and to stay silent, through the real reader."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

import orgaudit
from orgaudit.checks import all_checks

CASES = Path(__file__).parent / "cases"
AS_OF = date(2026, 11, 1)
_WORDS = {"name", "findings", "severity", "confidence", "subject", "says", "config", "cause", "as_of"}


def _cases() -> list[Any]:
    found = []
    for path in sorted(CASES.glob("*.toml")):
        for case in tomllib.loads(path.read_text("utf-8"))["case"]:
            found.append(pytest.param(path.stem, case, id=f"{path.stem}: {case['name']}"))
    return found


def _workbook(case: dict[str, Any], path: Path) -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for table, text in case.items():
        if table in _WORDS:
            continue
        sheet = book.create_sheet(table)
        for line in text.strip("\n").splitlines():
            sheet.append([cell.strip().replace("\\n", "\n") or None for cell in line.split("|")])
    book.save(path)


@pytest.mark.parametrize(("code", "case"), _cases())
def test_case(code: str, case: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "review.xlsx"
    _workbook(case, path)
    if "config" in case:
        (tmp_path / "orgaudit.toml").write_text(case["config"], "utf-8")
    audit = orgaudit.audit(path, as_of=date.fromisoformat(case.get("as_of", AS_OF.isoformat())))
    assert not [other.trace for other in audit.runs.values() if other.status == "error"]
    run = audit.runs[code]
    if case["findings"] == -1:
        assert run.status == "not_assessable"
        assert run.reason
        return
    assert run.status != "not_assessable", run.reason
    found = [finding for finding in run.findings if finding.status == "open"]
    assert len(found) == case["findings"], [finding.message["en"] for finding in found]
    if found:
        for name in ("severity", "confidence"):
            if name in case:
                assert getattr(found[0], name) == case[name]
        if "subject" in case:
            assert case["subject"] in {word for subject in found[0].subjects for word in (subject.id, subject.name)}
        if "says" in case:
            assert case["says"] in found[0].message["en"] + found[0].message["zh"]
        if "cause" in case:
            assert (found[0].cause or "").startswith(case["cause"])
        assert all(finding.evidence for finding in found) or code in ("DUT-03", "OBE-06", "SOD-10")


def test_every_check_fires_and_stays_silent() -> None:
    seen: dict[str, set[str]] = {code: set() for code in all_checks()}
    for param in _cases():
        code, case = param.values
        seen[code].add("fires" if case["findings"] > 0 else "silent" if case["findings"] == 0 else "unjudged")
    missing = {code: {"fires", "silent"} - kinds for code, kinds in seen.items() if {"fires", "silent"} - kinds}
    assert not missing
