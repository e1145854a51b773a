"""mapping.toml: how the sheets of one system are to be read, saved by ``inspect`` and obeyed on the next export.

An entry is applied to every sheet in which all headers that it names stand in one row (or two rows read together),
wherever that row is; ``file`` and ``sheet`` may narrow it to names that fit a pattern. For a sheet without any header
(``header = false``, with ``file`` or ``sheet``) the columns are named by their letters.
"""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from orgaudit import catalog
from orgaudit.errors import OrgauditError
from orgaudit.reading import headers, values
from orgaudit.reading.files import Grid
from orgaudit.reading.shapes import column_number
from orgaudit.table import Column, SheetEntry, letter

IGNORE = "none"
_LAYOUTS = ("rows", "matrix")
_KEYS = ("table", "file", "sheet", "layout", "columns", "marks", "header")


@dataclass
class Entry:
    """How one kind of sheet is to be read: its table (``none`` = not at all), field → headers, meanings of marks."""

    table: str
    columns: dict[str, list[str]] = field(default_factory=dict)
    file: str | None = None
    sheet: str | None = None
    marks: dict[str, str] = field(default_factory=dict)
    layout: str = "rows"
    header: bool = True
    applied: int = 0

    def named(self, grid: Grid) -> bool:
        """Whether file and sheet of a grid fit the patterns of the entry."""
        return all(
            pattern is None or fnmatchcase((name or "").casefold(), pattern.casefold())
            for pattern, name in ((self.file, grid.file), (self.sheet, grid.sheet))
        )


@dataclass
class Mapping:
    """The entries of a mapping file; the empty instance maps nothing."""

    entries: list[Entry] = field(default_factory=list)
    source: str | None = None

    def ignores(self, grid: Grid) -> bool:
        """Whether a sheet is named as one that is not to be read."""
        for entry in self.entries:
            if entry.table == IGNORE and (entry.file or entry.sheet) and entry.named(grid):
                entry.applied += 1
                return True
        return False

    def layout(self, grid: Grid, rows_searched: int = 60) -> headers.Layout | None:
        """The layout that an entry gives a grid, or None."""
        for entry in self.entries:
            if entry.table != IGNORE and entry.columns and entry.layout == "rows" and entry.named(grid):
                layout = _apply(entry, grid, rows_searched) if entry.header else _by_letters(entry, grid)
                if layout is not None:
                    entry.applied += 1
                    return layout
        return None

    def marks(self, grid: Grid) -> Entry | None:
        """The entry that says what the marks of a matrix mean, or None."""
        for entry in self.entries:
            if entry.layout == "matrix" and entry.named(grid):
                entry.applied += 1
                return entry
        return None

    @property
    def unused(self) -> list[int]:
        """Numbers (from 1) of the entries that fitted no sheet."""
        return [number for number, entry in enumerate(self.entries, start=1) if not entry.applied]


def _apply(entry: Entry, grid: Grid, rows_searched: int) -> headers.Layout | None:
    wanted = {values.header_key(text) for texts in entry.columns.values() for text in texts}
    above: dict[int, str] = {}
    for label in grid.cells.index[:rows_searched]:
        texts = headers.row_texts(grid, label)
        options = [(label, texts)] + (
            [(label - 1, headers.paired(grid, label - 1, above, texts))] if above and texts else []
        )
        for first, spoken in options:
            at: dict[str, int] = {}
            for column, text in spoken.items():
                at.setdefault(values.header_key(text), column)
            if wanted <= set(at):
                columns = {
                    name: [Column(at[values.header_key(t)], t, "mapped") for t in texts_]
                    for name, texts_ in entry.columns.items()
                }
                used = {column.index for found in columns.values() for column in found}
                ignored = [text.strip() for column, text in spoken.items() if column not in used]
                return headers.Layout(entry.table, int(first), int(label), columns, ignored, texts=spoken)
        above = texts
    return None


def _by_letters(entry: Entry, grid: Grid) -> headers.Layout | None:
    at = {name: [column_number(text.upper().encode()) for text in texts] for name, texts in entry.columns.items()}
    if any(column not in grid.cells.columns for columns in at.values() for column in columns):
        return None
    columns = {name: [Column(c, letter(c), "mapped") for c in places] for name, places in at.items()}
    return headers.Layout(entry.table, 0, -1, columns)


def load(path: Path) -> Mapping:
    """Read a mapping file.

    Raises:
        OrgauditError: it cannot be read, is no TOML, or holds mistakes (all are listed, each with the nearest name).
    """
    try:
        data = tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise OrgauditError("unreadable", file=path.name, cause=error.strerror or "") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise OrgauditError("mapping_syntax", file=path.name, cause=str(error)) from None
    mistakes: list[str] = []
    sheets = data.get("sheets", [])
    for key in data:
        if key not in ("sheets", "version"):
            mistakes.append(_mistake(key, ["sheets"]))
    entries = []
    for number, item in enumerate(sheets if isinstance(sheets, list) else [], start=1):
        entry = _entry(item, f"sheets[{number}]", mistakes)
        if entry:
            entries.append(entry)
    if not entries and not mistakes:
        mistakes.append("[[sheets]]")
    if mistakes:
        raise OrgauditError("mapping_mistakes", file=path.name, n=len(mistakes), listed="; ".join(mistakes))
    return Mapping(entries, path.name)


def _entry(item: Any, place: str, mistakes: list[str]) -> Entry | None:
    if not isinstance(item, dict):
        mistakes.append(place)
        return None
    tables = catalog.toml("tables")
    for key in item:
        if key not in _KEYS:
            mistakes.append(f"{place}.{_mistake(key, list(_KEYS))}")
    table = item.get("table")
    if table not in (*tables, IGNORE):
        mistakes.append(f"{place}.table = {_mistake(str(table), [*tables, IGNORE])}")
        return None
    columns: dict[str, list[str]] = {}
    for name, texts in item.get("columns", {}).items():
        if table == IGNORE or name not in tables[table]["fields"]:
            mistakes.append(f"{place}.columns.{_mistake(name, list(tables.get(table, {}).get('fields', ())))}")
            continue
        columns[name] = [str(text) for text in (texts if isinstance(texts, list) else [texts])]
    marks = {str(mark): str(meaning) for mark, meaning in item.get("marks", {}).items()}
    if item.get("layout", "rows") not in _LAYOUTS:
        mistakes.append(f"{place}.layout = {_mistake(str(item['layout']), list(_LAYOUTS))}")
    header = item.get("header", True) is not False
    wrong = [
        text for texts in columns.values() for text in texts if not header and not re.fullmatch("[A-Za-z]{1,3}", text)
    ]
    mistakes += [f"{place}.columns = {text} (A, B, …)" for text in wrong]
    if not header and not (item.get("file") or item.get("sheet")):
        mistakes.append(f"{place}.file")
    return Entry(table, columns, item.get("file"), item.get("sheet"), marks, item.get("layout", "rows"), header)


def _mistake(word: str, known: list[str]) -> str:
    near = difflib.get_close_matches(word, known, 1, 0.4)
    return f"{word} ({near[0]}?)" if near else word


def dumps(ledger: Sequence[SheetEntry], explain: Sequence[str]) -> str:
    """The mapping that reads these sheets as they were read; ``explain`` are comment lines for its head."""
    lines = [f"# {text}" for text in explain] + ["", "version = 1"]
    for entry in ledger:
        if entry.table is None:
            if entry.note in ("not_recognized", "mapped_away"):
                lines += ["", "[[sheets]]", f"table = {_quoted(IGNORE)}", f"file = {_quoted(entry.file)}"]
                lines += [f"sheet = {_quoted(entry.sheet)}"] if entry.sheet else []
            continue
        if entry.layout not in ("rows", "matrix"):
            continue
        lines += [
            "",
            "[[sheets]]",
            f"# {entry.file}" + (f" · {entry.sheet}" if entry.sheet else ""),
            f"table = {_quoted(entry.table)}",
        ]
        if entry.layout == "matrix":
            lines += ['layout = "matrix"', f"file = {_quoted(entry.file)}"]
            lines += [f"sheet = {_quoted(entry.sheet)}"] if entry.sheet else []
            lines += ["[sheets.marks]"] if entry.legend else []
            lines += [f"{_quoted(mark)} = {_quoted(meaning)}" for mark, meaning in sorted(entry.legend.items())]
            continue
        lines += (
            [f"# not used: {json.dumps(entry.ignored_columns, ensure_ascii=False)}"] if entry.ignored_columns else []
        )
        lines.append("[sheets.columns]")
        for name, columns in entry.columns.items():
            texts = [column.header for column in columns if column.header and column.confidence != "derived"]
            if texts:
                lines.append(
                    f"{name} = {_quoted(texts[0]) if len(texts) == 1 else '[' + ', '.join(map(_quoted, texts)) + ']'}"
                )
    return "\n".join(lines) + "\n"


def _quoted(text: str | None) -> str:
    return json.dumps(text or "", ensure_ascii=False)
