"""Matrix layouts → rows: responsibility (RACI), authority and sensitive-duty matrices, with their legends.

The first columns say what (activity, matter, position), every further column is a department, a position or a duty,
and the cells hold letters, words or marks. One marked cell becomes one row that still knows its own column.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pandas as pd

from orgaudit import catalog
from orgaudit.reading import headers, rows, values
from orgaudit.reading.files import Grid
from orgaudit.table import WRITTEN, Column, SheetEntry, Source, Table

_LARGEST = 20_000  # rows; a larger sheet is no matrix that people fill in
_SPLIT = re.compile(r"\s*[/／,，、&＆+;；\s]\s*")
_LETTERS = re.compile(r"[racis]{1,3}|[praeidcx]{1,3}", re.I)
_ORDER = re.compile(r"[①-⑳]+$|(?<=[\u4e00-\u9fff])\d$")
_LEGEND = re.compile(
    r"([A-Za-z]{1,2}(?![A-Za-z])|[△○◎●▲★☆－◇□■√])\s*[=＝:：\-–]?\s*([\u4e00-\u9fff]{1,6}|[A-Za-z]{3,14})"
)


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
    if not 3 <= grid.height <= _LARGEST or grid.width < 3:
        return None
    tokens = np.column_stack([_token_mask(grid.cells[column]) for column in grid.cells.columns])
    filled = np.column_stack([rows.not_blank(grid.cells[column]) for column in grid.cells.columns])
    for top in range(min(12, grid.height - 1)):
        below = tokens[top + 1 :]
        share = below.sum(axis=0) / np.maximum(1, filled[top + 1 :].sum(axis=0))
        columns = [
            c
            for c in range(grid.width)
            if below[:, c].any() and share[c] >= 0.6 and filled[top, c] and not tokens[top, c]
        ]
        if len(columns) < 3:
            continue
        first = min(columns)
        span = [
            c
            for c in range(first, grid.width)
            if filled[top, c] and (not filled[top + 1 :, c].any() or share[c] >= 0.6)
        ]
        last = _two_rows(grid, top, span, tokens)
        labels = _labels(grid, top, last, span)
        if len(labels) < 3:
            continue
        described = [c for c in range(first) if filled[last + 1 :, c].any()]
        if not described:
            return None
        table = _table_of(grid, top, labels)
        matrix = Matrix(table, top, last, described, sorted(labels), labels)
        matrix.legend = _legend(grid, table, top, span)
        return matrix
    return None


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


def _token_mask(column: pd.Series) -> np.ndarray:
    return np.asarray(values.distinct_map(column, is_token).eq(True).to_numpy())


def is_token(text: str) -> bool:
    """Whether a cell is nothing but marks of a matrix."""
    text = text.strip()
    if not text or len(text) > 12 or text.isdecimal():
        return False
    known = values.vocabulary("role") | values.vocabulary("power")
    for part in _SPLIT.split(text):
        part = _ORDER.sub("", part)
        spelled = values.key(part)
        if not part or _power_symbol(part) or spelled in ("√", "✓", "✔", "■", "×"):
            continue
        if spelled not in known and not _LETTERS.fullmatch(spelled):
            return False
    return True


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
    if any(word in spelled for word in ("权限", "核决", "审批权", "权责", "authority", "delegation", "doa")):
        return "authorities"
    cells = {
        _ORDER.sub("", str(t).strip())
        for t in grid.cells.iloc[top + 1 :].to_numpy().ravel()
        if isinstance(t, str) and is_token(t)
    }
    powers = sum(
        cell in values.vocabulary("power") and cell not in values.vocabulary("role") for cell in map(values.key, cells)
    )
    powers += sum(cell in ("◎", "－") for cell in cells)
    return "authorities" if powers >= 2 else "duties"


def _legend(grid: Grid, table: str, top: int, span: list[int]) -> dict[str, str]:
    """Mark → role or power, as the title, header or foot of the sheet explains them."""
    vocabulary = values.vocabulary("power" if table == "authorities" else "role")
    legend: dict[str, str] = {}
    texts = [t for t in grid.cells.to_numpy().ravel() if isinstance(t, str) and len(t) > 5 and not is_token(t)]
    for text in texts:
        pairs = _LEGEND.findall(text)
        if len(pairs) < 2:
            continue
        for mark, word in pairs:
            meaning = _meaning(word, vocabulary)
            if meaning and not (table == "duties" and mark.isalpha()):  # R, A, C, I, S mean themselves
                legend.setdefault(mark.lower(), meaning)
    return legend


def _meaning(word: str, vocabulary: dict[str, str]) -> str | None:
    spelled = values.key(word)
    if spelled in vocabulary:
        return vocabulary[spelled]
    for end in range(len(spelled), 1, -1):
        if spelled[:end] in vocabulary:
            return vocabulary[spelled[:end]]
    return None


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
    kept = rows.triage(body, entry, layout)
    kept &= _not_section(body, matrix, entry, kept)
    body = body.loc[kept]
    subject = (
        "position" if matrix.table == "sensitive_duties" else "matter" if matrix.table == "authorities" else "statement"
    )
    fixed = pd.DataFrame({name: rows.clean(body[found[0].index]) for name, found in columns.items()})
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
            part[mark] = [sign + _translate(text, matrix) for text in texts[hit]]
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


def _not_section(body: pd.DataFrame, matrix: Matrix, entry: SheetEntry, kept: np.ndarray) -> np.ndarray:
    """Rows that only name a section: one cell filled, none of them a mark."""
    if matrix.table == "sensitive_duties" or not len(body):
        return np.ones(len(body), dtype=bool)
    described = body[matrix.described].notna().sum(axis=1).to_numpy()
    marks = body[matrix.marked].notna().sum(axis=1).to_numpy()
    only = body[matrix.described].bfill(axis=1).iloc[:, 0].fillna("")
    section = (marks == 0) & (described == 1) & (len(matrix.described) > 1) | (marks == 0) & only.str.match(
        rows.NUMBERED_SECTION
    ).to_numpy()
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
    if subject not in found:
        body = grid.cells.iloc[matrix.last + 1 :]
        used = {columns[0].index for columns in found.values()}
        free = [c for c in matrix.described if c not in used] or matrix.described
        longest = max(free, key=lambda c: body[c].str.len().mean())
        found = {name: columns for name, columns in found.items() if columns[0].index != longest}
        found[subject] = [Column(longest, str(grid.cells.iat[matrix.first, longest]).strip(), "values")]
    return found


def _foreign_letters(body: pd.DataFrame, matrix: Matrix) -> bool:
    """Whether letters of DACI or RAPID stand in the cells: there A and R have other meanings."""
    cells = {values.key(text) for column in matrix.marked for text in body[column].dropna().unique()}
    return "d" in {letter for text in cells for letter in _SPLIT.split(text)}


def _unused(grid: Grid, matrix: Matrix, columns: dict[str, list[Column]]) -> list[str]:
    """Headers of describing columns that serve no field."""
    used = {column.index for found in columns.values() for column in found}
    headers_ = (grid.cells.iat[matrix.first, c] for c in range(min(matrix.marked)) if c not in used)
    return [text.strip() for text in headers_ if isinstance(text, str) and text.strip()]


def _translate(text: str, matrix: Matrix) -> str:
    """A cell's marks in the words of the vocabulary: legend first, then what the mark usually means; else as written."""
    kind = "power" if matrix.table == "authorities" else "role"
    vocabulary = values.vocabulary(kind)
    parts = []
    for part in _SPLIT.split(text.strip()):
        bare = _ORDER.sub("", part)
        spelled = values.key(bare)
        meaning = matrix.legend.get(bare.lower()) or matrix.legend.get(spelled) or vocabulary.get(spelled)
        if meaning == "AR" and bare.lower() not in matrix.legend:
            meaning = bare  # 负责 may be A or R: read later, as inferred
        if meaning is None and kind == "power":
            meaning = _power_symbol(bare)
        if meaning is None and kind == "role" and len(spelled) <= 3 and set(spelled) <= set("racis"):
            meaning = "/".join(dict.fromkeys(spelled.upper()))
        if bare:
            parts.append("/".join(meaning) if kind == "role" and meaning == "AR" else meaning or bare)
    return "/".join(dict.fromkeys(parts))


def _power_symbol(mark: str) -> str | None:
    symbols: dict[str, str] = catalog.toml("words")["power_symbols"]
    return symbols.get(mark)
