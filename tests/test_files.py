"""The same table in every encoding, delimiter and container reads to the same organization."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

import orgaudit

from .conftest import DATA

ROWS = [
    ["岗位编号", "岗位名称", "所属部门", "直接上级", "工号", "姓名", "备注"],
    ["G1", "总经理", "公司领导", "", "00101", "欧阳明", '注：含逗号,与引号"号'],
    ["G2", "销售部经理", "销售部", "G1", "00102", "林晓", "两行\n文字"],
    ["G3", "销售员", "销售部", "G2", "00103", "何芳", ""],
    ["G4", "销售员", "销售部", "G2", "00104", "唐磊", ""],
]
WESTERN = [
    ["Employee ID", "Name", "Position", "Department", "Reports To"],
    ["1", "Zoë Brontë", "Chief Executive", "Office", ""],
    ["2", "Søren Ågård", "Head of Sales", "Sales", "1"],
    ["3", "Chloé Dubois", "Account Executive", "Sales", "2"],
    ["4", "François Müller", "Account Executive", "Sales", "2"],
]


def _delimited(rows: list[list[str]], delimiter: str) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return buffer.getvalue()


def _read(path: Path) -> tuple[int, int, list[str], int]:
    org = orgaudit.audit(path, as_of=date(2026, 11, 1)).org
    return org.n, org.layers, sorted(org.persons["name"].dropna()), int(org.parent[3])


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "gb18030"])
def test_chinese_text(tmp_path: Path, encoding: str, delimiter: str) -> None:
    path = tmp_path / "人员.csv"
    path.write_bytes(_delimited(ROWS, delimiter).encode(encoding))
    assert _read(path) == (4, 3, sorted(row[5] for row in ROWS[1:]), 1)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_western_text(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "people.tsv"
    path.write_bytes(_delimited(WESTERN, "\t").encode(encoding))
    assert _read(path) == (4, 3, sorted(row[1] for row in WESTERN[1:]), 1)


@pytest.mark.parametrize("suffix", [".xlsx", ".xlsm"])
def test_workbooks(tmp_path: Path, workbook: Callable[..., Path], suffix: str) -> None:
    path = workbook({"岗位与人员": ROWS}, f"review{suffix}")
    assert _read(path) == (4, 3, sorted(row[5] for row in ROWS[1:]), 1)


def test_a_folder_is_one_review(tmp_path: Path) -> None:
    for name in ("healthy-zh.xlsx", "healthy-en.xlsx"):
        shutil.copy(DATA / "review" / name, tmp_path / name)
    (tmp_path / "notes.md").write_text("not a spreadsheet", "utf-8")
    (tmp_path / "~$healthy-zh.xlsx").write_bytes(b"lock")
    review = orgaudit.read(tmp_path)
    assert {entry.file for entry in review.ledger} == {"healthy-zh.xlsx", "healthy-en.xlsx"}
    assert not review.problems


def test_cells_keep_their_address_past_empty_rows_and_columns(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    sheet["C2"] = "2026 people list"
    for offset, row in enumerate(WESTERN):
        for column, text in enumerate(row):
            sheet.cell(5 + offset, 3 + column, text or None)
    sheet["G8"] = "nobody"
    path = tmp_path / "shifted.xlsx"
    book.save(path)
    finding = next(f for f in orgaudit.audit(path, as_of=date(2026, 11, 1)).findings if f.code == "DAT-01")
    cell = finding.evidence[0].cell
    assert (cell.file, cell.sheet, cell.row, cell.column, cell.value) == ("shifted.xlsx", "Sheet", 8, "G", "nobody")
