"""Matrix layouts → rows: responsibility (RACI), authority and sensitive-duty matrices, with their legends.

The first columns say what (activity, matter, position), every further column is a department, a position or a duty,
and the cells hold letters, words or marks. One marked cell becomes one row that still knows its own column.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pandas as pd

from orgaudit import catalog
from orgaudit.reading import headers, marks, rows, values
from orgaudit.reading.files import Grid
from orgaudit.table import WRITTEN, Column, SheetEntry, Source, Table

_LARGEST = 20_000  # rows; a larger sheet is no matrix that people fill in


UNKNOWN_LETTERS = "?"  # before a mark whose scheme is not RACI


@dataclass
class Matrix:
    """Where a matrix stands: header rows, columns that describe, columns that hold marks."""

    table: str
    first: int
    last: int
    described: list[int]
    marked: list[int]
    labels: dict[int, str]
    legend: dict[str, str] = field(default_factory=dict)


def detect(grid: Grid) -> Matrix | None:
    """The matrix of a grid, or None."""
    if not 2 <= grid.height <= _LARGEST or grid.width < 3 or (grid.height == 2 and not names_duties(grid)):
        return None
    tokens = np.column_stack([_mask(grid.cells[column], marks.is_token) for column in grid.cells.columns])
    filled = np.column_stack([rows.not_blank(grid.cells[column]) for column in grid.cells.columns])
    amounts = np.column_stack([_mask(grid.cells[column], marks.is_amount) for column in grid.cells.columns])
    if int((amounts.sum(axis=0) > 1).sum()) >= 3:  # limits stand in the cells; one or two columns of amounts are bands
        tokens |= amounts
    for top in range(min(12, grid.height - 1)):
        below = tokens[top + 1 :]
        share = below.sum(axis=0) / np.maximum(1, filled[top + 1 :].sum(axis=0))
        columns = [
            c
            for c in range(grid.width)
            if below[:, c].any() and share[c] >= 0.6 and filled[top, c] and not tokens[top, c]
        ]
        duties = [c for c in range(grid.width) if values.key(str(grid.cells.iat[top, c])) in _sensitive_duties()]
        if len(duties) > 1 and columns:  # however few are ticked
            columns = sorted({*columns, *duties})
        if len(columns) < (2 if _by_letters(grid, top, columns, below) else 3):
            continue
        first = min(columns)
        while first > 1 and filled[top, first - 1] and not filled[top + 1 :, first - 1].any():
            first -= 1  # a column without a single mark is a column all the same
        span = [
            c
            for c in range(first, grid.width)
            if filled[top, c]
            and (
                not filled[top + 1 :, c].any()
                or share[c] >= 0.6
                or values.key(str(grid.cells.iat[top, c])) in _sensitive_duties()
            )
        ]
        last = _two_rows(grid, top, span, tokens)
        labels = _labels(grid, top, last, span)
        if len(labels) < min(3, len(columns)):
            continue
        described = [c for c in range(first) if filled[last + 1 :, c].any()]
        if not described:
            return None
        table = _table_of(grid, top, labels)
        matrix = Matrix(table, top, last, described, sorted(labels), labels)
        matrix.legend = marks.read_legend(grid, table)
        return matrix
    return None


def _by_letters(grid: Grid, top: int, columns: list[int], tokens: np.ndarray) -> bool:
    """Whether two columns are enough: known duties, or columns that hold nothing but marks under headers of no table."""
    if len(columns) != 2:
        return False
    texts = [str(grid.cells.iat[top, c]) for c in columns]
    if all(values.key(text) in _sensitive_duties() for text in texts):
        return True
    body = grid.cells.iloc[top + 1 :]
    only = all(tokens[:, c].sum() == body[body.columns[c]].notna().sum() >= 2 for c in columns)
    return only and not any(headers.meanings(text) for text in texts)


def names_duties(grid: Grid) -> bool:
    """Whether one of the first rows names sensitive duties as columns, whatever else its headers look like."""
    known = _sensitive_duties()
    first = grid.cells.head(12).to_numpy()
    return any(sum(isinstance(text, str) and values.key(text) in known for text in row) >= 2 for row in first)


@cache
def _sensitive_duties() -> frozenset[str]:
    pairs = catalog.table("sod_pairs")
    return frozenset(
        values.key(pair[f"duty_{side}_{lang}"]) for pair in pairs for side in "ab" for lang in ("en", "zh")
    )


def _mask(column: pd.Series, test: Callable[[str], bool]) -> np.ndarray:
    return np.asarray(values.distinct_map(column, test).eq(True).to_numpy())


def _two_rows(grid: Grid, top: int, span: list[int], tokens: np.ndarray) -> int:
    """The last header row: the row below ``top`` too where merged cells or missing labels say the header has two rows."""
    following = top + 1
    if following >= grid.height - 1 or tokens[following].any():
        return top
    tall = any(first == top and last == following for first, last, _, _ in grid.merges)
    lower = [c for c in range(grid.width) if isinstance(grid.cells.iat[following, c], str)]
    wide = any(first == last == top and right > left for first, last, left, right in grid.merges)
    return following if tall and wide and lower else top


def _labels(grid: Grid, top: int, last: int, span: list[int]) -> dict[int, str]:
    """Column → label; in two-row headers ``upper/lower``."""
    if last == top:
        return {c: str(grid.cells.iat[top, c]).strip() for c in span}
    upper = {c: grid.cells.iat[top, c] for c in range(grid.width)}
    for first, bottom, left, right in grid.merges:
        if first == top and bottom == top:
            for c in range(left, min(right + 1, grid.width)):
                upper[c] = grid.cells.iat[top, left]
    labels = {}
    for c in range(min(span), grid.width):
        parts = [
            str(part).strip() for part in (upper[c], grid.cells.iat[last, c]) if isinstance(part, str) and part.strip()
        ]
        if len(parts) > 1 and values.key(parts[0]).replace(" ", "") in values.words("matrix_groups"):
            parts = parts[1:]  # a heading over all columns of a kind is no unit
        if parts:
            labels[c] = "/".join(dict.fromkeys(parts))
    return labels


def _table_of(grid: Grid, top: int, labels: dict[int, str]) -> str:
    if sum(values.key(label) in _sensitive_duties() for label in labels.values()) >= 2:
        return "sensitive_duties"
    said = " ".join(
        [
            grid.sheet or "",
            grid.file,
            *(str(t) for t in grid.cells.iloc[: top + 1].to_numpy().ravel() if isinstance(t, str)),
        ]
    )
    spelled = values.key(said)
    if any(word in spelled for word in ("raci", "职责矩阵", "责任矩阵", "职责分配")):
        return "duties"
    if any(
        word in spelled for word in ("权限", "核决", "审批权", "权责", "事权", "授权", "authority", "delegation", "doa")
    ):
        return "authorities"
    cells = {
        marks.ORDER.sub("", str(t).strip())
        for t in grid.cells.iloc[top + 1 :].to_numpy().ravel()
        if isinstance(t, str) and marks.is_token(t)
    }
    powers = sum(
        cell in values.vocabulary("power") and cell not in values.vocabulary("role") for cell in map(values.key, cells)
    )
    powers += sum(cell in ("◎", "－") for cell in cells)
    return "authorities" if powers >= 2 else "duties"


def build(grid: Grid, matrix: Matrix) -> tuple[Table, SheetEntry]:
    """The melted table of a matrix and its ledger line (whose rows are the sheet's, not the table's)."""
    rows.fill_merges(grid, matrix.last + 1)
    columns = _describe(grid, matrix)
    party = {"sensitive_duties": "duty", "authorities": "position", "duties": "bearer"}[matrix.table]
    mark = {"sensitive_duties": None, "authorities": "power", "duties": "role"}[matrix.table]
    layout = headers.Layout(matrix.table, matrix.first, matrix.last, columns, layout="matrix")
    body = grid.cells.iloc[matrix.last + 1 :]
    layout.ignored = _unused(grid, matrix, columns)
    entry = rows.start(grid, layout)
    entry.legend = matrix.legend
    kept = rows.triage(body, entry, layout)
    kept &= _not_section(body, matrix, entry, kept)
    body = body.loc[kept]
    subject = (
        "position" if matrix.table == "sensitive_duties" else "matter" if matrix.table == "authorities" else "statement"
    )
    fixed = pd.DataFrame({name: rows.clean(body[found[0].index]) for name, found in columns.items()})
    if matrix.table == "authorities":
        fixed[subject] = rows.filled_down(fixed[subject])
        if "limit_to" not in fixed:
            _bands_in_text(fixed, subject)
            fixed[subject] = rows.filled_down(fixed[subject])
        unit = rows.amount_unit(grid, matrix.last)
        if unit:
            fixed["amount_unit"] = unit
    if "function" in fixed:
        fixed["function"] = rows.filled_down(fixed["function"])
    identified = fixed[subject].notna().to_numpy()
    entry.rejected += [(int(number) + 1, "no_key") for number in body.index.to_numpy()[~identified]]
    body, fixed = body.loc[identified], fixed.loc[identified]
    entry.used = len(body)
    entry.set_aside = +entry.set_aside
    foreign = matrix.table == "duties" and _foreign_letters(body, matrix)
    frames, places, cells = [], [], []
    marked_rows = np.zeros(len(body), dtype=bool)
    for column in matrix.marked:
        texts = body[column].str.strip()
        hit = rows.not_blank(body[column]).copy()
        if matrix.table != "authorities":  # there a dash may be a mark of the legend
            hit &= ~values.is_any(texts.fillna("-"), "empty")
        if mark is None:
            hit &= values.yes(texts)
        elif "－" not in matrix.legend and "-" not in matrix.legend:
            hit &= ~texts.isin(["-", "—", "－"]).to_numpy()
        marked_rows |= hit
        part = fixed.loc[hit].copy()
        part[party] = matrix.labels[column]
        if mark:
            sign = UNKNOWN_LETTERS if foreign else ""
            part[mark] = [sign + marks.translate(text, matrix.table, matrix.legend) for text in texts[hit]]
        if matrix.table == "authorities":
            limits = texts[hit].map(marks.is_amount).to_numpy(dtype=bool)
            if limits.any():  # the cell says up to what amount its column may approve
                part["limit_to"] = np.where(limits, texts[hit], part.get("limit_to"))
                part.loc[limits, "power"] = "approve"
        part[WRITTEN] = texts[hit]
        frames.append(part)
        places.append(part.index.to_numpy())
        cells.append(np.full(len(part), column))
    if mark:  # an activity without a single mark is still an activity
        part = fixed.loc[~marked_rows].copy()
        frames.append(part)
        places.append(part.index.to_numpy())
        cells.append(np.full(len(part), -1))
    frame = pd.concat(frames, ignore_index=True).astype("str")
    place, cell = np.concatenate(places), np.concatenate(cells)
    order = np.lexsort((cell, place))
    columns = dict(columns)
    columns[party] = columns[mark or party] = [Column(c, matrix.labels[c]) for c in matrix.marked]
    source = Source(grid.file, grid.sheet, matrix.first + 1, columns, "matrix")
    entry.columns, entry.source = columns, source
    table = Table(
        matrix.table,
        frame.iloc[order].reset_index(drop=True),
        np.zeros(len(frame), np.int32),
        (place[order] + 1).astype(np.int32),
        cell[order].astype(np.int32),
        [source],
    )
    return table, entry


def _bands_in_text(fixed: pd.DataFrame, subject: str) -> None:
    """Amounts written behind the matter (``差旅费①1,000元以下``) become its limit."""
    found = fixed[subject].str.extract(rf"^(.*?)[（(]?\s*[①-⑳]?\s*({marks.BAND})\s*[)）]?$", flags=re.IGNORECASE)
    told = found[1].notna()
    if (told & found[0].fillna("").str.strip().ne("")).any():
        fixed["limit_to"] = found[1].where(told)
        fixed[subject] = found[0].str.strip().where(told, fixed[subject])
        fixed[subject] = fixed[subject].where(
            fixed[subject].fillna("").ne("")
        )  # a band alone goes on with the matter above


def _not_section(body: pd.DataFrame, matrix: Matrix, entry: SheetEntry, kept: np.ndarray) -> np.ndarray:
    """Rows that only name a section: one cell filled, none of them a mark."""
    if matrix.table == "sensitive_duties" or not len(body):
        return np.ones(len(body), dtype=bool)
    described = body[matrix.described].notna().sum(axis=1).to_numpy()
    marks_ = body[matrix.marked].notna().sum(axis=1).to_numpy()
    numbers = body[matrix.described[0]].fillna("").str.strip()
    shorter = numbers.map(
        lambda number: bool(number) and numbers.str.fullmatch(rf"{re.escape(number)}[.．\-]?\d+").any()
    )
    only = body[matrix.described].bfill(axis=1).iloc[:, 0].fillna("")
    section = (marks_ == 0) & (described == 1) & (len(matrix.described) > 1) | (marks_ == 0) & only.str.match(
        rows.NUMBERED_SECTION
    ).to_numpy()
    if len(matrix.described) > 1:  # ``1 Sourcing`` above ``1.1``, ``A Contracts`` above ``A1``
        section |= (marks_ == 0) & (described == 2) & shorter.to_numpy(dtype=bool)
    entry.set_aside["section"] += int((section & kept).sum())
    return np.asarray(~section)


def _describe(grid: Grid, matrix: Matrix) -> dict[str, list[Column]]:
    """Fields of the describing columns: by header, else the column with the longest texts is what the row is about."""
    subject = (
        "position" if matrix.table == "sensitive_duties" else "matter" if matrix.table == "authorities" else "statement"
    )
    found: dict[str, list[Column]] = {}
    wanted = {"duties": {"statement", "function", "process", "duty_id", "object", "scope"},
              "authorities": {"matter", "function", "limit_from", "limit_to", "currency", "condition"},
              "sensitive_duties": {"position", "department"}}[matrix.table]  # fmt: skip
    for column in matrix.described:
        text = " ".join(
            str(grid.cells.iat[r, column])
            for r in (matrix.first, matrix.last)
            if isinstance(grid.cells.iat[r, column], str)
        )
        header = str(grid.cells.iat[matrix.first, column] or grid.cells.iat[matrix.last, column] or "").strip()
        for meaning in headers.meanings(header) or headers.meanings(text):
            if meaning.table == matrix.table and meaning.field in wanted and meaning.field not in found:
                found[meaning.field] = [Column(column, header)]
                break
    body = grid.cells.iloc[matrix.last + 1 :]
    if matrix.table == "authorities" and "matter" in found and "function" not in found:
        at = found["matter"][0].index + 1  # 项目 beside 内容: the narrower column is the matter
        header = str(grid.cells.iat[matrix.first, at]).strip() if at in matrix.described else ""
        if values.header_key(header) in _NARROWER:
            found["function"], found["matter"] = found["matter"], [Column(at, header)]
    if matrix.table == "authorities" and "limit_to" not in found:
        for column in matrix.described:
            cells = body[column].dropna()
            if len(cells) and cells.map(marks.is_amount).mean() > 0.6:
                header = str(grid.cells.at[matrix.last, column] or "").strip()
                found = {name: c for name, c in found.items() if c[0].index != column}
                found["limit_to"] = [Column(column, header if header != "nan" else "", "values")]
                break
    if subject not in found:
        used = {columns[0].index for columns in found.values()}
        free = [c for c in matrix.described if c not in used] or matrix.described
        longest = max(free, key=lambda c: body[c].str.len().mean())
        found = {name: columns for name, columns in found.items() if columns[0].index != longest}
        found[subject] = [Column(longest, str(grid.cells.iat[matrix.first, longest]).strip(), "values")]
    return found


_NARROWER = {
    "内容",
    "具体内容",
    "事项内容",
    "业务内容",
    "审批内容",
    "权限内容",
    "明细",
    "细项",
    "子项",
    "具体事项",
    "业务事项",
    "detail",
    "details",
    "description",
    "item",
}


def _foreign_letters(body: pd.DataFrame, matrix: Matrix) -> bool:
    """Whether letters of DACI or RAPID stand in the cells: there A and R have other meanings."""
    cells = {values.key(text) for column in matrix.marked for text in body[column].dropna().unique()}
    return "d" in {letter for text in cells for letter in marks.SPLIT.split(text)}


def _unused(grid: Grid, matrix: Matrix, columns: dict[str, list[Column]]) -> list[str]:
    """Headers of describing columns that serve no field."""
    used = {column.index for found in columns.values() for column in found}
    headers_ = (grid.cells.iat[matrix.first, c] for c in range(min(matrix.marked)) if c not in used)
    return [text.strip() for text in headers_ if isinstance(text, str) and text.strip()]
