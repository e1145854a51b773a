"""Files and folders → grids: every sheet as plain text cells at their own row and column."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from orgaudit.errors import OrgauditError
from orgaudit.reading import container

SUFFIXES = {".xlsx", ".xlsm", ".csv", ".tsv", ".txt"}


@dataclass
class Grid:
    """One sheet: ``cells`` is a frame of strings whose positions are the sheet's own rows and columns (0-based)."""

    file: str
    sheet: str | None
    cells: pd.DataFrame
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    hidden: bool = False

    @property
    def height(self) -> int:
        return len(self.cells)

    @property
    def width(self) -> int:
        return int(self.cells.shape[1])


def find(inputs: Sequence[str | Path]) -> tuple[list[Path], list[Path]]:
    """Spreadsheets named or found in folders, and what was passed over there.

    A file that is named is always tried, whatever it is called. In folders, hidden files, lock files and other
    suffixes are passed over.

    Raises:
        OrgauditError: an input does not exist.
    """
    chosen: list[Path] = []
    passed: list[Path] = []
    for item in map(Path, inputs):
        if item.is_dir():
            for path in sorted(item.rglob("*")):
                if not path.is_file() or any(part.startswith(".") for part in path.relative_to(item).parts):
                    continue
                if path.suffix.lower() in SUFFIXES - {".txt"} and not path.name.startswith("~$"):
                    chosen.append(path)
                else:
                    passed.append(path)
        elif item.exists():
            chosen.append(item)
        else:
            raise OrgauditError("missing_input", file=str(item))
    return list(dict.fromkeys(chosen)), passed


def grids(path: Path) -> Iterator[Grid]:
    """Every sheet of a file.

    Raises:
        OrgauditError: the file is not a spreadsheet, damaged, encrypted or over a limit.
    """
    if container.kind_of(path) == "xlsx":
        yield from _workbook(path)
    else:
        yield _delimited(path)


def _workbook(path: Path) -> Iterator[Grid]:
    container.check_workbook(path)
    import fastexcel

    try:
        book = fastexcel.read_excel(path)
        names = book.sheet_names
    except Exception as error:  # the reader raises its own types, some undocumented
        raise OrgauditError("damaged", file=path.name) from error
    shapes = container.shapes(path)
    for name in names[: container.Limits.sheets]:
        try:
            sheet = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
            cells = sheet.to_arrow()
        except Exception as error:
            if "empty" in str(error).lower() or "no data" in str(error).lower():
                yield Grid(path.name, name, pd.DataFrame())
                continue
            raise OrgauditError("damaged", file=path.name, sheet=name) from error
        columns = {
            column.absolute_index: cells.column(i).to_pandas() for i, column in enumerate(sheet.selected_columns)
        }
        width = max(columns, default=-1) + 1
        blank = pd.Series(pd.array([None] * cells.num_rows, dtype="str")) if len(columns) < width else None
        frame = pd.DataFrame({i: columns.get(i, blank) for i in range(width)})
        shape = shapes.get(name)
        yield Grid(path.name, name, frame.astype("str"), shape.merges if shape else [], sheet.visible != "visible")


def _delimited(path: Path) -> Grid:
    text, _ = decode(path.read_bytes())
    if text is None:
        raise OrgauditError("undecodable", file=path.name)
    if "\0" in text:
        text = text.replace("\0", "")
    delimiter = sniff_delimiter(text)
    sample = list(csv.reader(io.StringIO(text[:200_000]), delimiter=delimiter))
    width = max((len(record) for record in sample), default=0)
    options = {
        "header": None,
        "dtype": "str",
        "sep": delimiter,
        "keep_default_na": False,
        "skip_blank_lines": False,
        "engine": "c",
    }
    try:
        frame = pd.read_csv(io.StringIO(text), names=range(width), index_col=False, **options)
    except (pd.errors.ParserError, ValueError):
        frame = _ragged(text, delimiter, path.name)
    return Grid(path.name, None, frame.astype("str"))


def _ragged(text: str, delimiter: str, name: str) -> pd.DataFrame:
    """Records of unequal length that the fast parser refuses."""
    limit = csv.field_size_limit(1 << 20)
    try:
        records = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    except csv.Error:
        raise OrgauditError("damaged", file=name) from None
    finally:
        csv.field_size_limit(limit)
    width = max(map(len, records), default=0)
    return pd.DataFrame(
        [record + [None] * (width - len(record)) for record in records], columns=range(width), dtype="str"
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
