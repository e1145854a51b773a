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
from orgaudit.table import SheetEntry, Source, Table, letter


def build(grid: Grid, layout: Layout) -> tuple[Table, SheetEntry]:
    """The table of a grid and its ledger line.

    Every row of the sheet is used, set aside with a reason, or rejected with a reason.
    """
    fill_merges(grid, layout.last + 1)
    body = grid.cells.loc[layout.last + 1 :]
    entry = start(grid, layout)
    kept = triage(body, entry, layout)
    frame, places = _frame(body.loc[kept], layout)
    unit = amount_unit(grid, layout.last) if layout.table == "authorities" else None
    if unit:
        frame["amount_unit"] = unit
    row = body.index.to_numpy()[kept] + 1
    keys = [name for name in catalog.toml("tables")[layout.table]["key"] if name in frame.columns]
    identified = frame[keys].notna().any(axis=1).to_numpy() if keys else np.zeros(len(frame), dtype=bool)
    also = catalog.toml("tables")[layout.table].get("also_key", ())
    if also and all(name in frame.columns for name in also):
        identified = identified | frame[list(also)].notna().all(axis=1).to_numpy()
    entry.rejected += [(int(number), "no_key") for number in row[~identified]]
    entry.used = int(identified.sum())
    entry.set_aside = +entry.set_aside
    source = Source(grid.file, grid.sheet, entry.header_row, layout.columns, layout.layout)
    entry.source = source
    n = len(frame)
    table = Table(
        layout.table, frame, np.zeros(n, np.int32), row.astype(np.int32), np.full(n, -1, np.int32), [source], places
    )
    return table.take(identified), entry


def start(grid: Grid, layout: Layout) -> SheetEntry:
    """The ledger line of a block with what stands above its data already set aside."""
    header = layout.first + 1 if layout.last >= layout.first else None
    entry = SheetEntry(grid.file, grid.sheet, layout.table, header, layout.layout, layout.columns, layout.ignored)
    entry.rows = grid.height
    before = grid.cells.loc[: layout.first - 1] if layout.first else grid.cells.iloc[:0]
    blank = int((~_filled(before).any(axis=1)).sum()) if len(before) else 0
    entry.set_aside += Counter({"blank": blank, "title": len(before) - blank})
    entry.set_aside["header"] += layout.last - layout.first + 1
    inside = range(layout.last + 1, int(grid.cells.index[-1]) + 1) if grid.height else range(0)
    entry.hidden_rows = sorted(row + 1 for row in grid.shape.hidden if row in inside)
    entry.lost = [
        (f"{letter(column)}{row + 1}", what) for row, column, what in sorted(grid.shape.lost) if row in inside
    ]
    return entry


def _filled(body: pd.DataFrame) -> np.ndarray:
    if not body.shape[1]:
        return np.zeros((len(body), 1), dtype=bool)
    return np.column_stack([not_blank(body[column]) for column in body.columns])


def fill_merges(grid: Grid, top: int) -> None:
    """Give every cell of a vertically merged range below row ``top`` the value of its first cell."""
    offset = int(grid.cells.index[0]) if grid.height else 0
    for first, last, left, _ in grid.merges:
        if last > first >= top and last < offset + grid.height and left in grid.cells.columns:
            value = grid.cells.at[first, left]
            if isinstance(value, str):
                grid.cells.loc[first:last, left] = value


_UNIT = re.compile(
    r"(?:单位|金额)\s*[:：（(]\s*(?:人民币)?\s*(万元|千元|百万元|亿元)"
    r"|[（(](万元|千元|百万元|亿元)[)）]|\bin (thousands|millions)\b",
    re.IGNORECASE,
)


def amount_unit(grid: Grid, last: int) -> str | None:
    """The unit of all amounts, where the title or header names one larger than the currency itself (``单位：万元``)."""
    for text in grid.cells.loc[:last].to_numpy().ravel():
        found = _UNIT.search(text) if isinstance(text, str) else None
        if found:
            return next(unit for unit in found.groups() if unit)
    return None


NUMBERED_SECTION = re.compile(
    r"^\s*(?:[一二三四五六七八九十]+、|【.*】\s*$|\[.*\]\s*$|第[一二三四五六七八九十]+[章部分类])"
)


def triage(body: pd.DataFrame, entry: SheetEntry, layout: Layout) -> np.ndarray:
    """Boolean per row: it is data. The others are counted in the ledger by reason."""
    if not len(body):
        return np.zeros(0, dtype=bool)
    filled = _filled(body)
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
    matching = np.zeros(len(body), dtype=np.int64)
    for columns in layout.columns.values():
        matching += body[columns[0].index].str.strip().eq(columns[0].header).to_numpy()
    reason[(matching >= max(2, len(layout.columns) * 2 // 3)) & (count > 1)] = "header"
    for i in range(min(6, len(body))):  # hints stand right below the header
        if reason[i] == "" and _is_hint([str(text) for text in body.iloc[i][filled[i]]]):
            reason[i] = "hint"
    for i in np.flatnonzero((sparse | telling) & (reason == "")).tolist():
        cells = [str(text).strip() for text in body.iloc[i][filled[i]]]
        reason[i] = _reason(cells, str(body.iat[i, int(first[i])]).strip(), int(count[i]), wide, sectioned)
    entry.set_aside += Counter(reason[reason != ""].tolist())
    return np.asarray(reason == "")


_TELLING = (
    r"^\s*(?:合\s*计|总\s*计|小\s*计|共\s*计|(?i:sub)?(?i:total)|(?i:grand)|(?i:sum)\b|(?i:count)\b"
    r"|注|备注|说明|填|共|制表|审核|批准|复核|编制|图例|符号|[^，。]{0,10}签[字名章][:：]|示例|例[:：]|样例|(?i:notes?\b)|(?i:example)|(?i:e\.g\.)|(?i:legend)|(?i:generated)|(?i:exported)|(?i:page\b))|[(（\[【]\s*(?:示例|样例|例|示范|(?i:example)|(?i:sample))\s*[)）\]】]"
)


def _is_hint(cells: list[str]) -> bool:
    """Whether a row tells people what to fill in: half of its cells are instructions, or it is named as such."""
    if not cells:
        return False
    named = values.key(cells[0]).replace(" ", "").rstrip(":：")
    if named in values.words("hint_rows"):
        return True
    hints = sum(bool(re.search(catalog.toml("words")["hint_words"], text, re.IGNORECASE)) for text in cells)
    return hints * 2 >= len(cells) and (len(cells) > 1 or len(cells[0]) > 12)


_EXAMPLE = re.compile(
    r"[(（\[【]\s*(?:示例|样例|例|示范|example|sample)\s*[)）\]】]|^(?:示例|样例|例如?)[:：]|^(?:e\.g\.|example:)",
    re.IGNORECASE,
)


def not_blank(column: pd.Series) -> np.ndarray:
    """Boolean per row: the cell holds something to see."""
    return np.asarray((column.notna() & column.str.strip().ne("")).to_numpy())


_COUNTED = re.compile(r"共计?[:：]?\d+[人名条行个]|合计[:：]?\d+[人名条行个]?")
_SIGNED = re.compile(
    r"\s*(?:填表|填报|制表|审核|批准|复核|编制|审批|签字|盖章)人?(?:签字|日期)?\s*[:：]"
    r"|\s*(?:prepared|approved|reviewed|signed) by\b|\s*(?:signature|approved|date)\s*:",
    re.IGNORECASE,
)
_TOTALS = ("subtotal", "grandtotal", "total", "小计", "合计", "总计", "共计")


def _reason(cells: list[str], first: str, count: int, wide: int, sectioned: bool) -> str:
    """Why a sparse or telling row is not data; empty where it is."""
    leading = values.key(cells[0]).replace(" ", "")
    totals = values.words("total_rows")
    counted = [re.split(r"[:：=\d(（]", values.key(text).replace(" ", ""), maxsplit=1)[0] for text in cells[:3]]
    if any(text in totals for text in counted) and count <= max(4, wide // 2):
        return "total"
    if count <= 3 and (leading.startswith(_TOTALS) or any(_COUNTED.fullmatch(text.replace(" ", "")) for text in cells)):
        return "total"
    if sum(bool(_SIGNED.match(text)) for text in cells) * 2 > count:
        return "note"
    named = re.split(r"[:：=]", leading, maxsplit=1)[0].strip("*.")
    marked = bool(re.search(r"[:：]", cells[0])) or count == 1
    if named in values.words("note_rows") and marked and count <= max(3, wide // 2):
        return "note"
    if count <= 2 and leading.startswith(tuple(phrase.replace(" ", "") for phrase in values.words("note_phrases"))):
        return "note"
    if any(
        values.key(text).replace(" ", "").strip(":：()（）") in values.words("example_rows") for text in cells[:2]
    ) or any(_EXAMPLE.search(text) for text in cells[:4]):
        return "example"
    if count == 1 and (NUMBERED_SECTION.match(first) or sectioned):
        return "section"
    if count == 1 and len(first) > 24 and wide > 4:
        return "note"
    return ""


def _frame(body: pd.DataFrame, layout: Layout) -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
    """The fields of the data rows; where several columns share a field, also the column that each row's value is from."""
    fields = catalog.toml("tables")[layout.table]["fields"]
    columns: dict[str, pd.Series] = {}
    places: dict[str, np.ndarray] = {}
    for name, found in layout.columns.items():
        literal = bool(fields[name].get("literal"))
        if name == "department_level":
            columns[name] = _levels([clean(body[column.index]) for column in found])
            continue
        columns[name] = clean(body[found[0].index], literal=literal)
        for further in found[1:]:  # fills what the surer column leaves blank
            if name not in places:
                places[name] = np.full(len(body), found[0].index, dtype=np.int32)
            other = clean(body[further.index], literal=literal)
            take = (columns[name].isna() & other.notna()).to_numpy()
            places[name][take] = further.index
            columns[name] = columns[name].where(~take, other)
    frame = pd.DataFrame(columns).reset_index(drop=True)
    if layout.table == "posts":
        _names(frame)
    for name in fields:
        if name in frame.columns and fields[name].get("fills"):
            frame[name] = filled_down(frame[name])
    return frame, places


def filled_down(column: pd.Series) -> pd.Series:
    """A column written once per block, its blanks filled from above; one that repeats its values stays as it is."""
    given = column.dropna()
    if column.notna().all() or given.empty or not column.notna().iat[0] or given.eq(given.shift()).any():
        return column
    return column.ffill()


@cache
def _hollow_words() -> frozenset[str]:
    """Words for nothing, in their half-width and full-width spellings."""
    listed = values.words("empty")
    return listed | {word.replace("-", "－").replace("/", "／") for word in listed} | {"ｎ／ａ", "Ｎ／Ａ", "－－"}


def clean(column: pd.Series, *, literal: bool = False) -> pd.Series:
    """Trimmed text; blank and, unless ``literal``, words for nothing (``-``, ``无``, ``N/A``) become missing."""
    text = column.str.strip()
    quoted = text.str.startswith('="', na=False).to_numpy(dtype=bool)
    if quoted.any():  # an id written as a formula, so that spreadsheets keep its zeros
        text = text.mask(quoted, text.str.replace(r'^="(.*)"$', r"\1", regex=True).str.strip())
    wrapped = text.str.fullmatch('"[^"]*"').fillna(False).to_numpy(dtype=bool)
    if wrapped.any():  # quotation marks that an export template puts into the cell itself
        text = text.mask(wrapped, text.str.strip('"').str.strip())
    midnight = text.str.endswith(" 00:00:00", na=False).to_numpy(dtype=bool)
    if midnight.any():  # a date cell, as the reader hands it over
        text = text.mask(midnight, text.str.replace(r"^(\d{4}-\d{2}-\d{2}) 00:00:00$", r"\1", regex=True))
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
    if not {"first_name", "last_name"} & set(frame.columns):
        return
    if "name" in frame.columns and (
        frame["name"].notna().mean() > 0.9 or not {"first_name", "last_name"} <= set(frame.columns)
    ):
        return  # otherwise it is a preferred name that only some have
    parts = [frame[name].fillna("") for name in ("first_name", "last_name") if name in frame.columns]
    joined = parts[0] if len(parts) == 1 else (parts[0] + " " + parts[1]).str.strip()
    frame["name"] = joined.where(joined.ne(""))
