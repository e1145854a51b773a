"""What cells point at: one line per meaning, in columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

# What a link or a subject can be; the first four index frames of the organization.
KINDS = ("department", "position", "person", "seat")


class Status:
    """How a reference ended; what is not FOUND is six different things with six different sentences."""

    FOUND, UNKNOWN, AMBIGUOUS, EXTERNAL, LEFT, VACANT, INACTIVE = range(7)
    NAMES = ("found", "unknown", "ambiguous", "external", "left", "vacant", "inactive")
    GONE = (LEFT, INACTIVE)  # known, and not there


@dataclass
class Links:
    """Meanings of one column: ``row`` of the table, ``status``, ``kind`` and ``index`` of the target, its own ``text``.

    A row may have several meanings (several values in a cell) or none (empty, root marker).
    """

    row: np.ndarray
    status: np.ndarray
    kind: np.ndarray
    index: np.ndarray
    dotted: np.ndarray
    text: np.ndarray

    @staticmethod
    def expand(codes: np.ndarray, meanings: Sequence[Sequence[Any]]) -> Links:
        """Links of every row from the meanings of each distinct text; ``codes`` gives each row's text."""
        width = np.array([len(targets) for targets in meanings], dtype=np.int64)
        flat = [target for targets in meanings for target in targets]
        start = np.concatenate([[0], np.cumsum(width)])
        n = width[codes] if len(codes) else np.zeros(0, dtype=np.int64)
        row = np.repeat(np.arange(len(codes)), n)
        offset = np.arange(len(row)) - np.repeat(np.cumsum(n) - n, n)
        at = start[codes[row]] + offset if len(row) else np.zeros(0, dtype=np.int64)
        text = np.empty(len(flat), dtype=object)
        text[:] = [target.text for target in flat]

        def column(name: str, kind: type) -> np.ndarray:
            return np.asarray(np.array([getattr(target, name) for target in flat], dtype=kind)[at])

        return Links(
            row,
            column("status", np.int8),
            column("kind", np.int8),
            column("index", np.int64),
            column("dotted", bool),
            text[at],
        )

    @staticmethod
    def none() -> Links:
        """No links at all."""
        empty = np.zeros(0, dtype=np.int64)
        return Links(empty, empty, empty, empty, empty.astype(bool), empty.astype(object))

    def joined(self, other: Links) -> Links:
        """These links and others of the same table."""
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return Links(*(np.concatenate([own, more]) for own, more in pairs))

    def take(self, keep: np.ndarray) -> Links:
        """The links of a boolean mask or index array."""
        return Links(
            self.row[keep], self.status[keep], self.kind[keep], self.index[keep], self.dotted[keep], self.text[keep]
        )

    def found(self, kind: str | None = None) -> Links:
        """The links that mean something, of one kind if named."""
        keep = self.status == Status.FOUND
        return self.take(keep & (self.kind == KINDS.index(kind)) if kind else keep)

    def seats(self, frame: pd.DataFrame) -> np.ndarray:
        """A seat per link (-1 none): the first of a position or person; ``frame`` is the organization's seats."""
        result = np.full(len(self.kind), -1, dtype=np.int64)
        for code, column in ((1, "position"), (2, "person")):
            of = frame[column].to_numpy()
            first = np.full(int(max(of.max(initial=-1), self.index.max(initial=-1))) + 1, -1, dtype=np.int64)
            held = np.flatnonzero(of >= 0)
            first[of[held][::-1]] = held[::-1]
            result[self.kind == code] = first[self.index[self.kind == code]]
        result[self.kind == 3] = self.index[self.kind == 3]
        return result

    def first(self, n: int, kind: str) -> np.ndarray:
        """Per row of a table of ``n`` rows, the first target of a kind; -1 where there is none."""
        found = self.found(kind)
        result = np.full(n, -1, dtype=np.int64)
        result[found.row[::-1]] = found.index[::-1]
        return result
