"""Files and folders → grids: every sheet as plain text cells at their own row and column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from orgaudit.errors import OrgauditError
from orgaudit.reading import container, delimited, markup
from orgaudit.reading.shapes import Shape, shapes

SUFFIXES = {".xlsx", ".xlsm", ".xls", ".et", ".xlsb", ".ods", ".csv", ".tsv", ".dat", ".txt", ".html", ".htm", ".xml"}
_ONLY_NAMED = {".txt", ".dat", ".html", ".htm", ".xml"}  # in folders these are mostly something else
_OWN_SUFFIX = {"xlsx": (".xlsx", ".xlsm"), "xlsb": (".xlsb",), "ods": (".ods",), "xls": (".xls",)}


@dataclass
class Grid:
    """One sheet, or a block of it: ``cells`` is a frame of strings whose labels are the sheet's own rows and columns
    (0-based), ``shape`` what its cells do not tell."""

    file: str
    sheet: str | None
    cells: pd.DataFrame
    shape: Shape = field(default_factory=Shape)
    hidden: bool = False
    joined: bool = False  # its rows completed those of other sheets

    @property
    def merges(self) -> list[tuple[int, int, int, int]]:
        return self.shape.merges

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
                if path.suffix.lower() in SUFFIXES - _ONLY_NAMED and not path.name.startswith("~$"):
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
    kind = container.kind_of(path)
    if kind == "text":
        for name, cells, only_joined in delimited.sheets(path):
            yield Grid(path.name, name, cells, joined=only_joined)
    elif kind in ("html", "spreadsheetml"):
        for name, cells, shape, hidden in getattr(markup, kind)(path):
            yield Grid(path.name, name or None, cells, shape, hidden)
    else:
        yield from _workbook(path, kind)


def _workbook(path: Path, kind: str) -> Iterator[Grid]:
    import fastexcel

    try:
        # The reader goes by the name; where that lies, it is given the bytes.
        book = fastexcel.read_excel(path if path.suffix.lower() in _OWN_SUFFIX[kind] else path.read_bytes())
        names = book.sheet_names
    except Exception as error:  # the reader raises its own types, some undocumented
        raise OrgauditError("encrypted" if "password" in str(error).lower() else "damaged", file=path.name) from error
    told = shapes(path, kind)
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
        yield Grid(path.name, name, frame.astype("str"), told.get(name, Shape()), sheet.visible != "visible")
