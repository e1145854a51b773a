"""What a file really is, and whether it is safe to open: decided from its bytes, before any parser sees it."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from orgaudit.errors import LIMIT_HIT, OrgauditError

MIB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """What a spreadsheet container may cost; far above every real file seen (docs/architecture.md)."""

    file_mib: int = 300
    inflated_mib: int = 3072
    member_mib: int = 2048
    ratio: int = 200
    members: int = 2000
    sheets: int = 64


@dataclass
class SheetShape:
    """What the cell reader does not tell: merged ranges as (first row, last row, first column, last column), 0-based."""

    merges: list[tuple[int, int, int, int]]


def kind_of(path: Path) -> str:
    """``xlsx`` or ``text`` from the first bytes.

    Raises:
        OrgauditError: the file is empty, unreadable, encrypted, or a kind that is not read.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            head = stream.read(4096)
    except OSError as error:
        raise OrgauditError("unreadable", file=path.name, cause=error.strerror or "") from None
    if not head.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0"):
        raise OrgauditError("empty_file", file=path.name)
    if size > Limits.file_mib * MIB:
        raise OrgauditError("too_large", exit_code=LIMIT_HIT, file=path.name, value=size // MIB, limit=Limits.file_mib)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "xlsx"
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        encrypted = b"E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0" in path.read_bytes()
        raise OrgauditError("encrypted" if encrypted else "legacy_workbook", file=path.name)
    lowered = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if lowered.startswith((b"<!doctype", b"<html", b"<table", b"<?xml", b"<meta")):
        raise OrgauditError("markup", file=path.name)
    signatures = (
        b"%PDF",
        b"\x89PNG",
        b"\xff\xd8\xff",
        b"GIF8",
        b"\x7fELF",
        b"MZ",
        b"Rar!",
        b"7z\xbc\xaf",
        b"\x1f\x8b",
        b"BZh",
        b"{\\rtf",
    )
    if head.startswith(signatures):
        raise OrgauditError("not_a_spreadsheet", file=path.name)
    if not head.startswith((b"\xff\xfe", b"\xfe\xff")) and _is_binary(head):
        raise OrgauditError("not_a_spreadsheet", file=path.name)
    return "text"


def _is_binary(head: bytes) -> bool:
    """Control bytes that no text has; UTF-16 without a mark (zeros on one side of the pairs only) is text."""
    encoding = utf16_without_mark(head)
    if encoding:
        text = head[: len(head) // 2 * 2].decode(encoding, errors="replace")
        return sum(not (c.isprintable() or c in "\r\n\t\ufffd") for c in text) > len(text) * 0.02
    return head.count(0) > 0 or sum(byte < 9 or 13 < byte < 32 for byte in head) > len(head) * 0.02


def utf16_without_mark(head: bytes) -> str | None:
    """``utf-16-le`` or ``utf-16-be`` where zeros stand on one side of the byte pairs and hardly on the other."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    if even + odd < max(2, len(head) // 200):
        return None
    if odd > even * 4:
        return "utf-16-le"
    return "utf-16-be" if even > odd * 4 else None


def check_workbook(path: Path) -> None:
    """Refuse a container that is damaged, encrypted, hostile in size, or declares a document type.

    Raises:
        OrgauditError: with the limit and the value that broke it.
    """
    name = path.name
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) > Limits.members:
                raise OrgauditError(
                    "too_many_members", exit_code=LIMIT_HIT, file=name, value=len(members), limit=Limits.members
                )
            names = [member.filename for member in members]
            if len(set(names)) != len(names):
                raise OrgauditError("damaged", file=name)
            total = 0
            for member in members:
                if member.flag_bits & 0x1:
                    raise OrgauditError("encrypted", file=name)
                if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise OrgauditError("damaged", file=name)
                total += member.file_size
                if member.file_size > MIB and member.file_size > Limits.ratio * max(1, member.compress_size):
                    ratio = member.file_size // max(1, member.compress_size)
                    raise OrgauditError(
                        "compression_ratio", exit_code=LIMIT_HIT, file=name, value=ratio, limit=Limits.ratio
                    )
                if member.file_size > Limits.member_mib * MIB or total > Limits.inflated_mib * MIB:
                    raise OrgauditError(
                        "inflated_size", exit_code=LIMIT_HIT, file=name, value=total // MIB, limit=Limits.inflated_mib
                    )
                if member.filename.endswith((".xml", ".rels")) and _has_doctype(archive, member):
                    raise OrgauditError("document_type", file=name)
            if "xl/workbook.xml" not in names:
                key = "not_a_spreadsheet" if "[Content_Types].xml" in names or not names else "other_archive"
                if "content.xml" in names or "xl/workbook.bin" in names:
                    key = "later_format"
                raise OrgauditError(key, file=name)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError):
        raise OrgauditError("damaged", file=name) from None


def _has_doctype(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bool:
    with archive.open(member) as stream:
        prolog = stream.read(2048).replace(b"\0", b"")
    return b"<!DOCTYPE" in prolog or b"<!ENTITY" in prolog


_MERGE = re.compile(rb'<mergeCell ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
_SHAPE_LIMIT = 256 * MIB


def shapes(path: Path) -> dict[str, SheetShape]:
    """Merged ranges by sheet name; a sheet larger than 256 MiB inflated is passed over (exports of that size merge nothing)."""
    found: dict[str, SheetShape] = {}
    with zipfile.ZipFile(path) as archive:
        for name, member in _sheet_members(archive):
            merges: list[tuple[int, int, int, int]] = []
            if member.file_size <= _SHAPE_LIMIT:
                tail = _after_data(archive, member)
                for first, top, last, bottom in _MERGE.findall(tail):
                    merges.append((int(top) - 1, int(bottom) - 1, _number(first), _number(last)))
            found[name] = SheetShape(merges)
    return found


def _after_data(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """What follows the rows of a sheet: merged ranges stand there."""
    tail = b""
    with archive.open(member) as stream:
        while chunk := stream.read(MIB):
            joined = tail + chunk
            found = joined.find(b"</sheetData>")
            if found >= 0:
                return joined[found:] + stream.read(64 * MIB)
            tail = joined[-16:]
    return b""


def _sheet_members(archive: zipfile.ZipFile) -> Iterator[tuple[str, zipfile.ZipInfo]]:
    """(sheet name, member) in workbook order; a workbook whose relations do not parse yields nothing."""
    relation = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
    try:
        book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
        relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    except (KeyError, ElementTree.ParseError):
        return
    targets = {item.get("Id"): item.get("Target", "") for item in relations}
    for sheet in book.iter("{http://schemas.openxmlformats.org/spreadsheetml/2006/main}sheet"):
        target = targets.get(sheet.get(relation), "")
        member = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        if member in archive.namelist():
            yield sheet.get("name", ""), archive.getinfo(member)


def _number(letters: bytes) -> int:
    index = 0
    for code in letters:
        index = index * 26 + code - 64
    return index - 1
