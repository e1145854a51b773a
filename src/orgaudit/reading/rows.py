"""A grid and its layout → a table: rows told apart (data, titles, totals, notes), merged cells filled, empties cleared."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

import numpy as np
import pandas as pd

from orgaudit import catalog
from orgaudit.reading import values
from orgaudit.reading.files import Grid
from orgaudit.reading.headers import Layout
from orgaudit.table import SheetEntry, Source, Table


def build(grid: Grid, layout: Layout) -> tuple[Table, SheetEntry]:
    """The table of a grid and its ledger line.

    Every row of the sheet is used, set aside with a reason, or rejected with a reason.
    """
    fill_merges(grid, layout.last + 1)
    body = grid.cells.iloc[layout.last + 1 :]
    entry = SheetEntry(
        grid.file, grid.sheet, layout.table, layout.first + 1, layout.layout, layout.columns, layout.ignored
    )
    entry.rows = grid.height
    before = grid.cells.iloc[: layout.first]
    blank_before = int(before.isna().all(axis=1).sum()) if len(before) else 0
    entry.set_aside += Counter({"blank": blank_before, "title": len(before) - blank_before})
    entry.set_aside["header"] += layout.last - layout.first + 1
    kept = triage(body, entry, layout)
    frame = _frame(body.loc[kept], layout)
    row = body.index.to_numpy()[kept] + 1
    keys = [name for name in catalog.toml("tables")[layout.table]["key"] if name in frame.columns]
    identified = frame[keys].notna().any(axis=1).to_numpy() if keys else np.zeros(len(frame), dtype=bool)
    entry.rejected += [(int(number), "no_key") for number in row[~identified]]
    frame, row = frame.loc[identified].reset_index(drop=True), row[identified]
    entry.used = len(frame)
    entry.set_aside = +entry.set_aside
    source = Source(grid.file, grid.sheet, layout.first + 1, layout.columns, layout.layout)
    entry.source = source
    n = len(frame)
    table = Table(layout.table, frame, np.zeros(n, np.int32), row.astype(np.int32), np.full(n, -1, np.int32), [source])
    return table, entry


def fill_merges(grid: Grid, top: int) -> None:
    """Give every cell of a vertically merged range below ``top`` the value of its first cell."""
    for first, last, left, _ in grid.merges:
        if last > first >= top and last < grid.height and left < grid.width:
            value = grid.cells.iat[first, left]
            if isinstance(value, str):
                grid.cells.iloc[first : last + 1, left] = value


NUMBERED_SECTION = re.compile(
    r"^\s*(?:[一二三四五六七八九十]+、|【.*】\s*$|\[.*\]\s*$|第[一二三四五六七八九十]+[章部分类])"
)


def triage(body: pd.DataFrame, entry: SheetEntry, layout: Layout) -> np.ndarray:
    """Boolean per row: it is data. The others are counted in the ledger by reason."""
    if not len(body):
        return np.zeros(0, dtype=bool)
    filled = np.column_stack([not_blank(body[column]) for column in body.columns])
    count = filled.sum(axis=1)
    reason = np.full(len(body), "", dtype=object)
    reason[count == 0] = "blank"
    wide = max(3, sum(len(columns) for columns in layout.columns.values()))
    # Only sparse rows, or rows whose first cells hold a telling word, are looked at one by one.
    first = np.where(filled.any(axis=1), filled.argmax(axis=1), 0)
    sparse = (count > 0) & (count <= max(1, wide // 3))
    telling = np.zeros(len(body), dtype=bool)
    sectioned = layout.layout == "matrix" and layout.table != "sensitive_duties"
    for column in list(body.columns)[:4]:
        telling |= body[column].str.contains(_TELLING, regex=True, na=False).to_numpy()
    header = tuple(str(columns[0].header) for columns in layout.columns.values())
    position = [columns[0].index for columns in layout.columns.values()]
    repeated = np.ones(len(body), dtype=bool)
    for text, column in zip(header, position, strict=True):
        repeated &= body[column].str.strip().eq(text).to_numpy()
    reason[repeated & (count > 1)] = "header"
    for i in np.flatnonzero((sparse | telling) & (reason == "")):
        cells = [str(text).strip() for text in body.iloc[i][filled[i]]]
        reason[i] = _reason(cells, str(body.iat[i, int(first[i])]).strip(), int(count[i]), wide, sectioned)
    entry.set_aside += Counter(reason[reason != ""].tolist())
    return np.asarray(reason == "")


_TELLING = (
    r"^\s*(?:合\s*计|总\s*计|小\s*计|共\s*计|(?i:sub)?(?i:total)|(?i:grand)|(?i:sum)\b|(?i:count)\b"
    r"|注|备注|说明|填|制表|审核|批准|复核|编制|图例|符号|示例|例[:：]|样例|(?i:notes?\b)|(?i:example)|(?i:e\.g\.)|(?i:legend)|(?i:generated)|(?i:exported)|(?i:page\b))"
)


def not_blank(column: pd.Series) -> np.ndarray:
    """Boolean per row: the cell holds something to see."""
    return np.asarray((column.notna() & column.str.strip().ne("")).to_numpy())


def _reason(cells: list[str], first: str, count: int, wide: int, sectioned: bool) -> str:
    """Why a sparse or telling row is not data; empty where it is."""
    leading = values.key(cells[0]).replace(" ", "")
    totals = values.words("total_rows")
    counted = [re.split(r"[:：=\d(（]", values.key(text).replace(" ", ""), maxsplit=1)[0] for text in cells[:3]]
    if any(text in totals for text in counted) and count <= max(4, wide // 2):
        return "total"
    named = re.split(r"[:：=]", leading, maxsplit=1)[0].strip("*.")
    marked = bool(re.search(r"[:：]", cells[0])) or count == 1
    if named in values.words("note_rows") and marked and count <= max(3, wide // 2):
        return "note"
    if count <= 2 and leading.startswith(tuple(phrase.replace(" ", "") for phrase in values.words("note_phrases"))):
        return "note"
    if any(values.key(text).replace(" ", "").strip(":：()（）") in values.words("example_rows") for text in cells[:2]):
        return "example"
    if count == 1 and (NUMBERED_SECTION.match(first) or sectioned):
        return "section"
    if count == 1 and len(first) > 24 and wide > 4:
        return "note"
    return ""


def _frame(body: pd.DataFrame, layout: Layout) -> pd.DataFrame:
    fields = catalog.toml("tables")[layout.table]["fields"]
    columns: dict[str, pd.Series] = {}
    for name, found in layout.columns.items():
        if name == "department_level":
            columns["department_level"] = _levels([clean(body[column.index]) for column in found])
        else:
            columns[name] = clean(body[found[0].index], literal=bool(fields[name].get("literal")))
    frame = pd.DataFrame(columns).reset_index(drop=True)
    if layout.table == "posts":
        _names(frame)
    return frame


@cache
def _hollow_words() -> frozenset[str]:
    """Words for nothing, in their half-width and full-width spellings."""
    listed = values.words("empty")
    return listed | {word.replace("-", "－").replace("/", "／") for word in listed} | {"ｎ／ａ", "Ｎ／Ａ", "－－"}


def clean(column: pd.Series, *, literal: bool = False) -> pd.Series:
    """Trimmed text; blank and, unless ``literal``, words for nothing (``-``, ``无``, ``N/A``) become missing."""
    text = column.str.strip()
    text = text.where(text.ne(""))
    if not literal:
        hollow = text.str.lower().str.replace(" ", "", regex=False).isin(_hollow_words())
        if hollow.any():
            text = text.mask(hollow)
    return text


LEVEL_MARK = "\x1f"


def _levels(levels: list[pd.Series]) -> pd.Series:
    """Level columns → one path, its parts joined by LEVEL_MARK.

    Where a row's first level is blank the row continues the unit above: blank levels take the value above as long as
    nothing higher changed; a blank below a level that the row itself names is really blank.
    """
    frame = pd.concat(levels, axis=1, ignore_index=True)
    named = frame.notna()
    continues = ~named[0]
    result = []
    higher = pd.Series(False, index=frame.index)  # a higher level is named on this very row
    for column in frame.columns:
        block = (higher | named[column]).cumsum()
        carried = frame[column].where(named[column]).groupby(block).ffill() if continues.any() else frame[column]
        result.append(frame[column].where(~(continues & ~higher), carried) if continues.any() else frame[column])
        higher = higher | named[column]
    path = result[0].fillna("")
    for part in result[1:]:
        path = path.where(part.isna() | part.eq(path), path + LEVEL_MARK + part.fillna(""))
    return path.where(path.ne(""))


def _names(frame: pd.DataFrame) -> None:
    """A full name from first and last name, where there is no name column."""
    if "name" in frame.columns or not {"first_name", "last_name"} & set(frame.columns):
        return
    parts = [frame[name].fillna("") for name in ("first_name", "last_name") if name in frame.columns]
    joined = parts[0] if len(parts) == 1 else (parts[0] + " " + parts[1]).str.strip()
    frame["name"] = joined.where(joined.ne(""))
