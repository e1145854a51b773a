"""Tables of web pages and SpreadsheetML 2003, both often named .xls → grids, merged cells kept as such."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from orgaudit.errors import OrgauditError
from orgaudit.reading import delimited
from orgaudit.reading.shapes import ERROR, UNSTORED, Shape

_ROWS, _COLUMNS = 1_048_576, 16_384
Sheet = tuple[str, pd.DataFrame, Shape, bool]  # name, cells, shape, hidden


def html(path: Path) -> Iterator[Sheet]:
    """Every outermost table of a page.

    Raises:
        OrgauditError: the page holds no table.
    """
    from lxml import html as parser

    data = path.read_bytes()
    declared = re.search(rb"charset\s*=\s*[\"']?\s*([A-Za-z0-9_-]+)", data[:4096])
    text: str | None = None
    if declared and not data.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        name = declared.group(1).decode("ascii").lower()
        try:
            text = data.decode("gb18030" if name in ("gbk", "gb2312", "gb18030") else name)
        except (LookupError, UnicodeDecodeError):
            text = None
    text = text if text is not None else delimited.decode(data)[0]
    if text is None:
        raise OrgauditError("undecodable", file=path.name)
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text)
    page = parser.document_fromstring(text) if text.strip() else None
    tables = [] if page is None else [t for t in page.iter("table") if next(t.iterancestors("table"), None) is None]
    if not tables:
        raise OrgauditError("markup", file=path.name)
    for number, table in enumerate(tables, start=1):
        board = _Board()
        for row, line in enumerate(r for r in table.iter("tr") if next(r.iterancestors("table")) is table):
            if "display:none" in (line.get("style") or "").replace(" ", "").lower():
                board.shape.hidden.add(row)
            for cell in line:
                if cell.tag in ("td", "th"):
                    content = list(_lines(cell))
                    board.put(row, None, "".join(content), _number(cell.get("rowspan")), _number(cell.get("colspan")))
            board.rows = row + 1
        yield f"#{number}" if len(tables) > 1 else "", board.frame(), board.shape, False


def _lines(cell: Any) -> Iterator[str]:
    """Texts of a cell in order; a line break element breaks the line."""
    if isinstance(cell.tag, str) and cell.tag not in ("script", "style"):
        yield re.sub(r"\s+", " ", cell.text or "")
        for child in cell:
            if child.tag in ("br", "p", "div"):
                yield "\n"
            yield from _lines(child)
            yield re.sub(r"\s+", " ", child.tail or "")


_SS = "{urn:schemas-microsoft-com:office:spreadsheet}"


def spreadsheetml(path: Path) -> Iterator[Sheet]:
    """Every worksheet of a SpreadsheetML 2003 file.

    Raises:
        OrgauditError: it declares a document type, or is no XML.
    """
    from lxml import etree

    data = path.read_bytes()
    if b"<!DOCTYPE" in data[:4096].replace(b"\0", b"") or b"<!ENTITY" in data[:4096].replace(b"\0", b""):
        raise OrgauditError("document_type", file=path.name)
    try:
        book = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    except etree.XMLSyntaxError:
        raise OrgauditError("damaged", file=path.name) from None
    for sheet in book.iter(_SS + "Worksheet"):
        board, row = _Board(), 0
        for line in sheet.iter(_SS + "Row"):
            row = _number(line.get(_SS + "Index"), row + 1) - 1
            if line.get(_SS + "Hidden") == "1":
                board.shape.hidden.add(row)
            column = 0
            for cell in line.iter(_SS + "Cell"):
                column = _number(cell.get(_SS + "Index"), column + 1) - 1
                content = cell.find(_SS + "Data")
                text = "" if content is None else "".join(content.itertext())
                kind = "" if content is None else content.get(_SS + "Type", "")
                if kind == "Error":
                    board.shape.lost.append((row, column, ERROR))
                    text = ""
                elif kind == "DateTime":
                    text = text.replace("T", " ").removesuffix(".000")
                elif content is None and cell.get(_SS + "Formula"):
                    board.shape.lost.append((row, column, UNSTORED))
                down, right = _number(cell.get(_SS + "MergeDown"), 0), _number(cell.get(_SS + "MergeAcross"), 0)
                board.put(row, column, text, down + 1, right + 1)
                column += right + 1
            row += 1
            board.rows = max(board.rows, row)
        hidden = any((item.text or "") != "SheetVisible" for item in sheet.iter("{*}Visible"))
        yield sheet.get(_SS + "Name", ""), board.frame(), board.shape, hidden


def _number(text: str | None, default: int = 1) -> int:
    try:
        return max(0, min(int(text or ""), _ROWS))
    except ValueError:
        return default


class _Board:
    """Cells put down one after the other, each in the first free place of its row where it names none."""

    def __init__(self) -> None:
        self.cells: dict[int, dict[int, str]] = {}
        self.taken: dict[int, set[int]] = {}
        self.shape = Shape()
        self.rows = 0
        self.width = 0

    def put(self, row: int, column: int | None, text: str, down: int, right: int) -> None:
        down, right = max(1, down), min(max(1, right), _COLUMNS)
        if column is None:
            column = 0
            while column in self.taken.get(row, ()):
                column += 1
        if row >= _ROWS or column >= _COLUMNS:
            return
        if text.strip():
            self.cells.setdefault(column, {})[row] = text.strip()
        self.width = max(self.width, column + 1)
        if down > 1 or right > 1:
            self.shape.merges.append((row, row + down - 1, column, column + right - 1))
            for below in range(row, row + min(down, 10_000)):
                self.taken.setdefault(below, set()).update(range(column, column + right))
        else:
            self.taken.setdefault(row, set()).add(column)

    def frame(self) -> pd.DataFrame:
        columns = {
            c: pd.Series([self.cells.get(c, {}).get(r) for r in range(self.rows)], dtype="str")
            for c in range(self.width)
        }
        return pd.DataFrame(columns, index=range(self.rows))
