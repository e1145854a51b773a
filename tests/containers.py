"""Tables written in every kind of file that orgaudit reads, by hand where no library writes it."""

from __future__ import annotations

import csv
import html
import io
import struct
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import openpyxl
import xlwt

Rows = Sequence[Sequence[str]]


def delimited(path: Path, rows: Rows, *, encoding: str = "utf-8", delimiter: str = ",") -> None:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    path.write_bytes(buffer.getvalue().encode(encoding))


def xlsx(path: Path, rows: Rows) -> None:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append([cell or None for cell in row])
    book.save(path)


def xls(path: Path, rows: Rows) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Sheet1")
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            if cell:
                sheet.write(r, c, cell)
    book.save(str(path))


def ods(path: Path, rows: Rows) -> None:
    lines = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{html.escape(cell)}</text:p></table:table-cell>'
            if cell
            else "<table:table-cell/>"
            for cell in row
        )
        + "</table:table-row>"
        for row in rows
    )
    names = "urn:oasis:names:tc:opendocument:xmlns"
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content xmlns:office="{names}:office:1.0" '
        f'xmlns:table="{names}:table:1.0" xmlns:text="{names}:text:1.0" office:version="1.2"><office:body>'
        f'<office:spreadsheet><table:table table:name="Sheet1">{lines}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        archive.writestr("content.xml", content)
        archive.writestr(
            "META-INF/manifest.xml",
            f'<manifest:manifest xmlns:manifest="{names}:manifest:1.0" manifest:version="1.2"/>',
        )


def _record(kind: int, data: bytes = b"") -> bytes:
    head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    length, size = b"", len(data)
    while True:
        part, size = size & 0x7F, size >> 7
        length += bytes([part | (0x80 if size else 0)])
        if not size:
            return head + length + data


def _wide(text: str) -> bytes:
    data = text.encode("utf-16-le")
    return struct.pack("<I", len(data) // 2) + data


def xlsb(path: Path, rows: Rows, *, hidden: Sequence[int] = ()) -> None:
    width = max(map(len, rows))
    sheet = [_record(129), _record(148, struct.pack("<4I", 0, len(rows) - 1, 0, width - 1)), _record(145)]
    for r, row in enumerate(rows):
        flags = 0x10 if r in hidden else 0
        sheet.append(_record(0, struct.pack("<IIHBBBI", r, 0, 300, 0, flags, 0, 0)))
        sheet += [_record(6, struct.pack("<II", c, 0) + _wide(cell)) for c, cell in enumerate(row) if cell]
    sheet += [_record(146), _record(130)]
    bundle = _record(156, struct.pack("<II", 0, 1) + _wide("rId1") + _wide("Sheet1"))
    package = "http://schemas.openxmlformats.org/package/2006"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{package}/content-types"><Default Extension="bin" ContentType="application/vnd.ms-excel"/></Types>',
        )
        archive.writestr(
            "xl/_rels/workbook.bin.rels",
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" Type="{office}/worksheet" '
            'Target="worksheets/sheet1.bin"/></Relationships>',
        )
        archive.writestr("xl/workbook.bin", b"".join([_record(131), _record(143), bundle, _record(144), _record(132)]))
        archive.writestr("xl/worksheets/sheet1.bin", b"".join(sheet))


def web_page(path: Path, rows: Rows) -> None:
    lines = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell) or '&nbsp;'}</td>" for cell in row) + "</tr>" for row in rows
    )
    path.write_text(f'<html><head><meta charset="utf-8"></head><body><table>{lines}</table></body></html>', "utf-8")


def spreadsheetml(path: Path, rows: Rows) -> None:
    lines = "".join(
        "<Row>"
        + "".join(
            f'<Cell ss:Index="{c + 1}"><Data ss:Type="String">{html.escape(cell)}</Data></Cell>'
            for c, cell in enumerate(row)
            if cell
        )
        + "</Row>"
        for row in rows
    )
    name = "urn:schemas-microsoft-com:office:spreadsheet"
    path.write_text(
        f'<?xml version="1.0"?><Workbook xmlns="{name}" xmlns:ss="{name}"><Worksheet ss:Name="Sheet1"><Table>{lines}'
        "</Table></Worksheet></Workbook>",
        "utf-8",
    )


def _text(encoding: str, delimiter: str) -> Callable[[Path, Rows], None]:
    return lambda path, rows: delimited(path, rows, encoding=encoding, delimiter=delimiter)


CONTAINERS: dict[str, Callable[[Path, Rows], None]] = {
    "people.csv": _text("utf-8", ","),
    "people-bom.csv": _text("utf-8-sig", ";"),
    "people-utf16.csv": _text("utf-16", "\t"),
    "people-gb18030.csv": _text("gb18030", ","),
    "people.tsv": _text("utf-8", "\t"),
    "people-bar.csv": _text("utf-8", "|"),
    "people.xlsx": xlsx,
    "people.xls": xls,
    "people.ods": ods,
    "people.xlsb": xlsb,
    "people-page.xls": web_page,
    "people-2003.xls": spreadsheetml,
}
