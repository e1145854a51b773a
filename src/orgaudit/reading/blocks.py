"""Several tables in one sheet → blocks, each of which is read as a sheet of its own.

Tables stand below one another, told apart by a second header row, or side by side with an empty column between them.
Sheets of more than 20,000 rows are one table.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from orgaudit.reading import headers, rows
from orgaudit.reading.files import Grid

_LARGEST = 20_000


def split(grid: Grid) -> list[Grid]:
    """The blocks of a sheet from top to bottom, left to right; the sheet itself where it is one table."""
    if not 4 <= grid.height <= _LARGEST or grid.width < 2:
        return [grid]
    filled = np.column_stack([rows.not_blank(grid.cells[column]) for column in grid.cells.columns])
    beside = _side_by_side(grid, filled)
    if beside:
        return beside
    starts = _starts(grid, filled)
    if len(starts) < 2:
        return [grid]
    edges = [0, *starts[1:], grid.height]
    return [_part(grid, grid.cells.iloc[top:bottom]) for top, bottom in itertools.pairwise(edges)]


def _part(grid: Grid, cells: pd.DataFrame) -> Grid:
    return replace(grid, cells=cells)


def _side_by_side(grid: Grid, filled: np.ndarray) -> list[Grid]:
    """Groups of columns between empty ones, where at least two are tables of their own that do not complete each other."""
    empty: np.ndarray = np.logical_not(filled.any(axis=0))
    if not empty[1:-1].any():
        return []
    groups = [list(group) for group in _runs(np.flatnonzero(~empty)) if len(group) > 1]
    if len(groups) < 2 or sum(map(len, groups)) < int((~empty).sum()):
        return []
    parts = [_part(grid, grid.cells.iloc[:, group]) for group in groups]
    found = [headers.find(part) for part in parts]
    if any(layout is None for layout in found):
        return []
    kinds = [layout.table for layout in found if layout is not None]
    fields = [
        {m.field for text in layout.texts.values() for m in headers.meanings(text) if m.table == layout.table}
        for layout in found
        if layout is not None
    ]
    apart = len(set(kinds)) == len(kinds) or all(len(a & b) >= 2 for a, b in itertools.pairwise(fields))
    return parts if apart else []


def _runs(numbers: np.ndarray) -> Iterator[np.ndarray]:
    yield from np.split(numbers, np.flatnonzero(np.diff(numbers) > 1) + 1)


def _starts(grid: Grid, filled: np.ndarray) -> list[int]:
    """Positions at which a block begins: those of the header rows, or of the titles right above them."""
    known = np.column_stack([_known(grid, column) for column in grid.cells.columns])
    count, hits = filled.sum(axis=1), (known & filled).sum(axis=1)
    likely = np.flatnonzero((hits >= 2) & (hits * 5 >= count * 3))
    starts: list[int] = []
    seen: list[tuple[str, ...]] = []
    last = -2
    for at in likely.tolist():
        texts = headers.row_texts(grid, grid.cells.index[at])
        spelled = tuple(text.strip() for text in texts.values())
        if at == last + 1 or spelled in seen:  # the second row of a header, or the header once more on a new page
            last = at
            continue
        alone = at == 0 or count[at - 1] <= 1
        if not headers.scores(texts) or (starts and not alone and (hits[at] < count[at] or hits[at] < 3)):
            continue
        top = at
        while top > 0 and count[top - 1] <= 1:
            top -= 1
        if starts:  # empty rows belong to the block above, titles to their own
            while top < at and count[top] == 0:
                top += 1
        starts.append(top)
        seen.append(spelled)
        last = at
    return starts


def _known(grid: Grid, column: int) -> np.ndarray:
    from orgaudit.reading import values

    return np.asarray(
        values.distinct_map(grid.cells[column], lambda text: bool(headers.meanings(text.strip()))).eq(True).to_numpy()
    )
