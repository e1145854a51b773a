"""What a file really is, and whether it is safe to open: decided from its bytes, before any parser sees it."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

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


ARCHIVES = ("xlsx", "xlsb", "ods")


def kind_of(path: Path) -> str:
    """``xlsx`` (also .xlsm), ``xlsb``, ``ods``, ``xls``, ``spreadsheetml``, ``html`` or ``text``: from the bytes alone.

    Raises:
        OrgauditError: the file is empty, unreadable, encrypted, over a limit, or a kind that is not read.
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
        return _archive_kind(path)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _compound_kind(path)
    markup = head.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").replace(b"\0", b"").lower()
    if b"urn:schemas-microsoft-com:office:spreadsheet" in markup and markup.startswith(b"<?xml"):
        return "spreadsheetml"
    tags = (b"html", b"table", b"meta", b"head", b"style", b"body", b"div", b"!doctype html")
    if markup.startswith(tuple(b"<" + tag for tag in tags)):
        return "html"
    if markup.startswith((b"<?xml", b"<!doctype")):
        if b"<html" in markup or b"<table" in markup:
            return "html"
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


def _compound_kind(path: Path) -> str:
    """An OLE file: an old workbook, or the shell of an encrypted new one."""
    data = path.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise OrgauditError("encrypted", file=path.name)
    if "Workbook".encode("utf-16-le") in data or "Book".encode("utf-16-le") in data:
        return "xls"
    raise OrgauditError("not_a_spreadsheet", file=path.name)


def _archive_kind(path: Path) -> str:
    """Which workbook an archive is; refused if damaged, encrypted, hostile in size, or if it declares a document type.

    Raises:
        OrgauditError: with the limit and the value that broke it.
    """
    name = path.name
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            _check_sizes(members, name)
            for member in members:
                if member.filename.endswith((".xml", ".rels")) and _has_doctype(archive, member):
                    raise OrgauditError("document_type", file=name)
            names = {member.filename for member in members}
            manifest = "META-INF/manifest.xml"
            if manifest in names and b"encryption-data" in archive.read(manifest):
                raise OrgauditError("encrypted", file=name)
            mimetype = archive.read("mimetype")[:80] if "mimetype" in names else b""
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError):
        raise OrgauditError("damaged", file=name) from None
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "xl/workbook.bin" in names:
        return "xlsb"
    if "content.xml" in names and (b"spreadsheet" in mimetype or not mimetype):
        return "ods"
    office = "[Content_Types].xml" in names or "content.xml" in names or not names
    raise OrgauditError("not_a_spreadsheet" if office else "other_archive", file=name)


def _check_sizes(members: list[zipfile.ZipInfo], name: str) -> None:
    if len(members) > Limits.members:
        raise OrgauditError(
            "too_many_members", exit_code=LIMIT_HIT, file=name, value=len(members), limit=Limits.members
        )
    if len({member.filename for member in members}) != len(members):
        raise OrgauditError("damaged", file=name)
    total = 0
    for member in members:
        if member.flag_bits & 0x1:
            raise OrgauditError("encrypted", file=name)
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise OrgauditError("damaged", file=name)
        total += member.file_size
        ratio = member.file_size // max(1, member.compress_size)
        if member.file_size > MIB and ratio > Limits.ratio:
            raise OrgauditError("compression_ratio", exit_code=LIMIT_HIT, file=name, value=ratio, limit=Limits.ratio)
        if member.file_size > Limits.member_mib * MIB or total > Limits.inflated_mib * MIB:
            raise OrgauditError(
                "inflated_size", exit_code=LIMIT_HIT, file=name, value=total // MIB, limit=Limits.inflated_mib
            )


def _has_doctype(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bool:
    with archive.open(member) as stream:
        prolog = stream.read(2048).replace(b"\0", b"")
    return b"<!DOCTYPE" in prolog or b"<!ENTITY" in prolog
