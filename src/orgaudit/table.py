"""Recognized rows that still know their file, sheet, row and column, and the ledger of where every row went."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from orgaudit.errors import OrgauditError


@dataclass(frozen=True)
class Cell:
    """One cell as the spreadsheet program shows it: row from 1, column as a letter, value as written."""

    file: str
    sheet: str | None
    row: int | None
    column: str | None
    value: str | None


def letter(index: int) -> str:
    """The letters of a 0-based column: 0 is A, 26 is AA."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


@dataclass(frozen=True)
class Column:
    """One column of a sheet that feeds a field."""

    index: int
    header: str
    confidence: str = "known"  # template, known, values, mapped or form: how it was recognized
    rate: float | None = None  # of a reference: share of its values that stand in another column of the table
    against: str | None = None  # and that column's field


@dataclass
class Source:
    """One sheet, or a delimited file, that gave rows to a table."""

    file: str
    sheet: str | None
    header_row: int | None
    columns: dict[str, list[Column]]
    layout: str = "rows"


@dataclass
class Table:
    """The rows of one kind.

    ``frame`` has a string column per field of the catalogue that some source filled (missing = empty cell) and a plain
    range index; ``source``, ``row`` (1-based) and, for matrix layouts, ``column`` (0-based, -1 = from the field) say
    where each row stood.
    """

    kind: str
    frame: pd.DataFrame
    source: np.ndarray
    row: np.ndarray
    column: np.ndarray
    sources: list[Source]
    places: dict[str, np.ndarray] = field(
        default_factory=dict
    )  # field → column of each row's value, where columns share it

    def __len__(self) -> int:
        return len(self.frame)

    def has(self, name: str) -> bool:
        """Whether any source had a column for the field."""
        return name in self.frame.columns

    def filled(self, name: str) -> np.ndarray:
        """Boolean per row: the field has a value."""
        if name not in self.frame.columns:
            return np.zeros(len(self.frame), dtype=bool)
        return np.asarray(self.frame[name].notna().to_numpy())

    def text(self, name: str) -> pd.Series:
        """The field's column; all missing where no source had it."""
        if name in self.frame.columns:
            return self.frame[name]
        return pd.Series(pd.array([None] * len(self.frame), dtype="str"), index=self.frame.index)

    def value(self, i: int, name: str) -> str | None:
        """One value, or None where empty."""
        if name not in self.frame.columns:
            return None
        value = self.frame[name].iat[i]
        return None if pd.isna(value) else str(value)

    def cell(self, i: int, name: str | None) -> Cell:
        """The address and value of one field of one row; without a field, the row."""
        source = self.sources[self.source[i]]
        columns = source.columns.get(name, []) if name else []
        if name == "department" and not columns:  # written in levels: the narrowest column stands for it
            columns = source.columns.get("department_level", [])
        index = int(self.column[i]) if self.column[i] >= 0 and name in _MATRIX_FIELDS else -1
        if index >= 0:
            return Cell(source.file, source.sheet, int(self.row[i]), letter(index), self.value(i, WRITTEN))
        if columns:
            index = columns[-1].index if len(columns) == 1 or columns[0].confidence != "values" else columns[0].index
        if name in self.places and self.places[name][i] >= 0:
            index = int(self.places[name][i])
        return Cell(
            source.file,
            source.sheet,
            int(self.row[i]),
            letter(index) if index >= 0 else None,
            self.value(i, name) if name else None,
        )

    def row_cells(self, i: int) -> list[tuple[str, str, str]]:
        """The whole row for a reader: (field, header, value) of every filled field."""
        source = self.sources[self.source[i]]
        marked = next((name for name in _MARKED if self.column[i] >= 0 and name in self.frame.columns), None)
        cells = []
        for name in self.frame.columns:
            value = self.value(i, name)
            columns = source.columns.get(name)
            if name == marked and columns:  # of a matrix the cell under its own header, as it was marked
                header = next((column.header for column in columns if column.index == self.column[i]), name)
                cells.append((name, header, self.value(i, WRITTEN) or value or ""))
            elif (
                value is not None
                and name != WRITTEN
                and not (marked and name in _MATRIX_FIELDS and columns and len(columns) > 1)
            ):
                cells.append((name, columns[-1].header if columns else name, value))
        return cells

    def take(self, keep: np.ndarray) -> Table:
        """The rows of a boolean mask or index array, in order."""
        return Table(
            self.kind,
            self.frame.loc[keep].reset_index(drop=True)
            if keep.dtype == bool
            else self.frame.iloc[keep].reset_index(drop=True),
            self.source[keep],
            self.row[keep],
            self.column[keep],
            self.sources,
            {name: at[keep] for name, at in self.places.items()},
        )

    @staticmethod
    def concat(tables: Sequence[Table]) -> Table:
        """Tables of one kind, one after the other."""
        first = tables[0]
        if len(tables) == 1:
            return first
        sources: list[Source] = []
        shifted = []
        for table in tables:
            shifted.append(table.source + len(sources))
            sources += table.sources
        return Table(
            first.kind,
            pd.concat([table.frame for table in tables], ignore_index=True),
            np.concatenate(shifted),
            np.concatenate([table.row for table in tables]),
            np.concatenate([table.column for table in tables]),
            sources,
            {
                name: np.concatenate([t.places.get(name, np.full(len(t), -1, np.int32)) for t in tables])
                for name in {name for table in tables for name in table.places}
            },
        )


WRITTEN = "_written"  # of a matrix cell: its marks as they stand in the sheet
_MARKED = ("role", "power", "duty")  # fields that hold the marks of a matrix
_MATRIX_FIELDS = {"role", "power", "bearer", "duty", "position"}


@dataclass
class SheetEntry:
    """The ledger's line for one sheet: rows = used + set aside + rejected, always."""

    file: str
    sheet: str | None
    table: str | None = None
    header_row: int | None = None
    layout: str = "rows"
    columns: dict[str, list[Column]] = field(default_factory=dict)
    ignored_columns: list[str] = field(default_factory=list)
    rows: int = 0
    used: int = 0
    set_aside: Counter[str] = field(default_factory=Counter)
    rejected: list[tuple[int, str]] = field(default_factory=list)
    legend: dict[str, str] = field(default_factory=dict)  # of a matrix: mark → role or power
    hidden_rows: list[int] = field(default_factory=list)  # rows that the sheet hides; they are data all the same
    lost: list[tuple[str, str]] = field(
        default_factory=list
    )  # (cell, `error` or `formula`): values that the file lacks
    note: str | None = None
    source: Source | None = None

    def move(self, reason: str, n: int) -> None:
        """Take ``n`` rows from used to set aside (leavers, closed and repeated rows are known only after linking)."""
        self.used -= n
        self.set_aside[reason] += n


@dataclass
class Review:
    """All that was read: tables by kind, the ledger of sheets, and what could not be read."""

    tables: dict[str, Table]
    ledger: list[SheetEntry]
    problems: list[OrgauditError]
    inputs: list[str]
    unused_mappings: list[int] = field(default_factory=list)  # entries of the mapping file that fitted no sheet

    def __contains__(self, kind: str) -> bool:
        return kind in self.tables and len(self.tables[kind]) > 0

    def has(self, kind: str, name: str | None = None) -> bool:
        """Whether the table was given with at least one row, and the column with at least one value."""
        if kind not in self:
            return False
        return name is None or bool(self.tables[kind].filled(name).any())

    @cached_property
    def language(self) -> str:
        """``zh`` or ``en``: the language of most header cells of recognized sheets."""
        headers = "".join(
            column.header for entry in self.ledger for columns in entry.columns.values() for column in columns
        )
        chinese = sum("\u4e00" <= character <= "\u9fff" for character in headers)
        latin = sum(character.isascii() and character.isalpha() for character in headers)
        return "zh" if chinese * 3 > latin else "en"
