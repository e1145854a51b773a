"""Delimited text → grids (mostly one): its encoding, its separator and its quotation mark are found out, not assumed."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from orgaudit.errors import OrgauditError
from orgaudit.reading import bulk_load, container

FIELD_LIMIT = 1 << 20  # characters of one field


def sheets(path: Path) -> Iterator[tuple[str | None, pd.DataFrame, bool]]:
    """Name (mostly none), cells as strings, and whether the rows only completed others; row i is record i + 1.

    Raises:
        OrgauditError: the encoding cannot be recognized, or the records cannot be told apart.
    """
    text, _ = decode(path.read_bytes())
    if text is None:
        raise OrgauditError("undecodable", file=path.name)
    text = text.replace("\0", "")
    if bulk_load.recognizes(text):
        blocks = bulk_load.sheets(text)
        for name, cells in blocks:
            yield name, cells, name is None and len(blocks) > 1
    else:
        yield None, _read(text, path.name), False


def _read(text: str, file: str) -> pd.DataFrame:
    """The cells of one table."""
    if text[:40].lower().startswith("sep=") and "\n" in text[:60]:  # a hint that Excel reads and never shows
        text = "\n" + text.split("\n", 1)[1]
    delimiter = sniff_delimiter(text)
    quote = _quotation_mark(text, delimiter)
    sample = list(csv.reader(io.StringIO(text[:200_000]), delimiter=delimiter, quotechar=quote))
    width = max((len(record) for record in sample), default=0)
    try:
        frame = pd.read_csv(
            io.StringIO(text), names=range(width), index_col=False, header=None, dtype="str", sep=delimiter,
            quotechar=quote, keep_default_na=False, na_values=[""], skip_blank_lines=False, engine="c",
        )  # fmt: skip
    except (pd.errors.ParserError, ValueError):
        frame = _ragged(text, delimiter, quote, file)
    return frame.astype("str")


def _ragged(text: str, delimiter: str, quote: str, name: str) -> pd.DataFrame:
    """Records of unequal length that the fast parser refuses."""
    limit = csv.field_size_limit(FIELD_LIMIT)
    try:
        records = list(csv.reader(io.StringIO(text), delimiter=delimiter, quotechar=quote))
    except csv.Error:
        raise OrgauditError("damaged", file=name) from None
    finally:
        csv.field_size_limit(limit)
    width = max(map(len, records), default=0)
    return pd.DataFrame(
        [[cell or None for cell in record] + [None] * (width - len(record)) for record in records],
        columns=range(width),
        dtype="str",
    )


def decode(data: bytes) -> tuple[str | None, str]:
    """Text and encoding: byte-order mark, UTF-8, UTF-16 without mark, then GB18030 against cp1252 by plausibility."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, errors="replace"), encoding
    encoding_16 = container.utf16_without_mark(data[:4096])
    if encoding_16:
        return data.decode(encoding_16, errors="replace"), encoding_16
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        pass
    try:
        chinese = data.decode("gb18030")
    except UnicodeDecodeError:
        chinese = None
    if chinese is not None and _plausible_chinese(chinese):
        return chinese, "gb18030"
    try:
        return data.decode("cp1252"), "cp1252"
    except UnicodeDecodeError:
        return (chinese, "gb18030") if chinese is not None else (data.decode("latin-1"), "latin-1")


def _plausible_chinese(text: str) -> bool:
    """Western accents read as GB18030 give rare characters singly among Latin letters; Chinese comes in runs of common ones."""
    wide = np.array([ord(character) for character in text[:200_000] if ord(character) > 127])
    if not len(wide):
        return True
    common = (
        ((wide >= 0x4E00) & (wide <= 0x9FA5))
        | ((wide >= 0x3000) & (wide <= 0x303F))
        | ((wide >= 0xFF00) & (wide <= 0xFFEF))
    )
    pairs = sum("\u4e00" <= a <= "\u9fff" and "\u4e00" <= b <= "\u9fff" for a, b in pairwise(text[:20_000]))
    return bool(common.mean() > 0.8 and pairs > 2)


def sniff_delimiter(text: str) -> str:
    """The separator that splits the first lines into the most columns most evenly."""
    lines = [line for line in text[:100_000].splitlines()[:60] if line.strip()]
    best, best_score = ",", 0.0
    for delimiter in (",", "\t", ";", "|"):
        counts = [len(record) - 1 for record in csv.reader(lines, delimiter=delimiter)]
        split = [count for count in counts if count]
        if not split:
            continue
        most = max(set(split), key=split.count)
        score = most * split.count(most) / len(counts)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _quotation_mark(text: str, delimiter: str) -> str:
    """The double quote, unless most fields of the first lines stand between single ones."""
    lines = [line for line in text[:20_000].splitlines()[:30] if line.strip()]
    fields = [field.strip() for line in lines for field in line.split(delimiter)]
    single = sum(len(field) > 1 and field.startswith("'") and field.endswith("'") for field in fields)
    return "'" if fields and single * 2 > len(fields) else '"'
