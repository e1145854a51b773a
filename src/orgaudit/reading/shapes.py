"""What the cell reader does not tell: merged ranges, hidden rows, cells whose value is an error or was never stored.

Each kind of workbook says it in a place of its own; what cannot be found out is left empty, never guessed. Sheets that
are very large once unpacked are passed over: exports of that size merge and hide nothing.
"""

from __future__ import annotations

import re
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

MIB = 1 << 20
_LIMIT = 256 * MIB  # of one sheet, unpacked
_BINARY_LIMIT = 32 * MIB
ERROR, UNSTORED = "error", "formula"


@dataclass
class Shape:
    """Of one sheet, 0-based: ``merges`` (first row, last row, first column, last column), ``hidden`` rows, and ``lost``
    cells (row, column, ``error`` or ``formula``)."""

    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    hidden: set[int] = field(default_factory=set)
    lost: list[tuple[int, int, str]] = field(default_factory=list)


def shapes(path: Path, kind: str) -> dict[str, Shape]:
    """Shape by sheet name; a workbook whose parts cannot be followed yields nothing."""
    try:
        return {"xlsx": _xlsx, "xlsb": _xlsb, "ods": _ods, "xls": _xls}[kind](path)
    except Exception:  # shapes are help, never a reason to refuse a file that the cell reader can read
        return {}


# ---- xlsx -------------------------------------------------------------------------------------------------------

_MERGE = re.compile(rb'<mergeCell ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
_HIDDEN_ROW = re.compile(rb'<row\b[^>]*?\br="(\d+)"[^>]*?\bhidden="(?:1|true)"')
_ERROR_CELL = re.compile(rb'<c\b(?=[^>]*\bt="e")[^>]*?\br="([A-Z]{1,3})(\d{1,7})"')
_BARE_FORMULA = re.compile(
    rb'<c\b[^>]*?\br="([A-Z]{1,3})(\d{1,7})"[^>]*>\s*<f\b[^>]*(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v></v>)?\s*</c>'
)


def _xlsx(path: Path) -> dict[str, Shape]:
    found: dict[str, Shape] = {}
    with zipfile.ZipFile(path) as archive:
        for name, member in _sheet_members(archive, "xml"):
            shape = found[name] = Shape()
            if member.file_size > _LIMIT:
                continue
            tail = b""
            with archive.open(member) as stream:
                while chunk := stream.read(8 * MIB):
                    text = tail + chunk
                    cut = text.rfind(b"</c>") if len(chunk) == 8 * MIB else len(text)
                    done, tail = text[:cut], text[cut:]
                    _scan(done, shape)
    return found


def _scan(text: bytes, shape: Shape) -> None:
    for first, top, last, bottom in _MERGE.findall(text):
        shape.merges.append((int(top) - 1, int(bottom) - 1, column_number(first), column_number(last)))
    if b"hidden=" in text:
        shape.hidden |= {int(row) - 1 for row in _HIDDEN_ROW.findall(text)}
    if b't="e"' in text:
        shape.lost += [(int(row) - 1, column_number(letters), ERROR) for letters, row in _ERROR_CELL.findall(text)]
    if b"<f" in text:
        known = {(row, column) for row, column, _ in shape.lost}
        bare = [(int(row) - 1, column_number(letters)) for letters, row in _BARE_FORMULA.findall(text)]
        shape.lost += [(row, column, UNSTORED) for row, column in bare if (row, column) not in known]


def _sheet_members(archive: zipfile.ZipFile, suffix: str) -> Iterator[tuple[str, zipfile.ZipInfo]]:
    """(sheet name, member) in workbook order."""
    relation = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
    relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    targets = {item.get("Id"): item.get("Target", "") for item in relations}
    for sheet in book.iter("{http://schemas.openxmlformats.org/spreadsheetml/2006/main}sheet"):
        target = targets.get(sheet.get(relation), "")
        member = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        if member in archive.namelist():
            yield sheet.get("name", ""), archive.getinfo(member)


def column_number(letters: bytes) -> int:
    """0-based column of ``A``, ``AB``."""
    index = 0
    for code in letters:
        index = index * 26 + code - 64
    return index - 1


# ---- xlsb: records of (type, length, data), numbers little-endian -------------------------------------------------

_ROW, _MERGED, _SHEET = 0, 176, 156


def _xlsb(path: Path) -> dict[str, Shape]:
    found: dict[str, Shape] = {}
    with zipfile.ZipFile(path) as archive:
        relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.bin.rels"))
        targets = {item.get("Id"): item.get("Target", "") for item in relations}
        for kind, data in _records(archive.read("xl/workbook.bin")):
            if kind != _SHEET:
                continue
            identity, end = _wide_string(data, 8)
            name, _ = _wide_string(data, end)
            member = archive.getinfo("xl/" + targets[identity].lstrip("/").removeprefix("xl/"))
            shape = found[name] = Shape()
            if member.file_size > _BINARY_LIMIT:
                continue
            for record, content in _records(archive.read(member)):
                if record == _MERGED and len(content) >= 16:
                    top, bottom, left, right = (int.from_bytes(content[i : i + 4], "little") for i in (0, 4, 8, 12))
                    shape.merges.append((top, bottom, left, right))
                elif record == _ROW and len(content) >= 12 and content[11] & 0x10:
                    shape.hidden.add(int.from_bytes(content[:4], "little"))
    return found


def _records(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        kind = data[at]
        at += 1
        if kind & 0x80:
            kind = (kind & 0x7F) | (data[at] & 0x7F) << 7
            at += 1
        length = 0
        for shift in range(0, 28, 7):
            part = data[at]
            at += 1
            length |= (part & 0x7F) << shift
            if not part & 0x80:
                break
        yield kind, data[at : at + length]
        at += length


def _wide_string(data: bytes, at: int) -> tuple[str, int]:
    length = int.from_bytes(data[at : at + 4], "little")
    end = at + 4 + 2 * length
    return data[at + 4 : end].decode("utf-16-le"), end


# ---- ods --------------------------------------------------------------------------------------------------------

_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"


def _ods(path: Path) -> dict[str, Shape]:
    found: dict[str, Shape] = {}
    with zipfile.ZipFile(path) as archive:
        if archive.getinfo("content.xml").file_size > _LIMIT:
            return found
        with archive.open("content.xml") as stream:
            shape, row, column = Shape(), 0, 0
            for event, item in ElementTree.iterparse(stream, ("start", "end")):
                tag = item.tag
                if event == "start":
                    if tag == _TABLE + "table":
                        shape = found[item.get(_TABLE + "name", "")] = Shape()
                        row = 0
                    elif tag == _TABLE + "table-row":
                        column = 0
                        if item.get(_TABLE + "visibility", "visible") != "visible":
                            shape.hidden |= set(range(row, row + min(_repeat(item, "rows"), 1 << 16)))
                    elif tag in (_TABLE + "table-cell", _TABLE + "covered-table-cell"):
                        down, right = int(_spans(item, "rows")), int(_spans(item, "columns"))
                        if down > 1 or right > 1:
                            shape.merges.append((row, row + down - 1, column, column + right - 1))
                        column += _repeat(item, "columns")
                elif tag == _TABLE + "table-row":
                    row += _repeat(item, "rows")
                    item.clear()
    return found


def _repeat(item: Any, what: str) -> int:
    return int(item.get(f"{_TABLE}number-{what}-repeated", "1"))


def _spans(item: Any, what: str) -> str:
    return str(item.get(f"{_TABLE}number-{what}-spanned", "1"))


# ---- xls --------------------------------------------------------------------------------------------------------


def _xls(path: Path) -> dict[str, Shape]:
    import io

    import xlrd

    found: dict[str, Shape] = defaultdict(Shape)
    book = xlrd.open_workbook(str(path), formatting_info=True, logfile=io.StringIO())
    for sheet in book.sheets():
        shape = found[sheet.name]
        shape.merges = [(top, bottom - 1, left, right - 1) for top, bottom, left, right in sheet.merged_cells]
        shape.hidden = {row for row, info in sheet.rowinfo_map.items() if info.hidden}
        shape.lost = [
            (row, column, ERROR)
            for row in range(sheet.nrows)
            for column, kind in enumerate(sheet.row_types(row))
            if kind == xlrd.XL_CELL_ERROR
        ]
    return dict(found)
