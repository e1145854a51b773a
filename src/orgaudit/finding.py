"""What a check reports: offenders in columns; a finding is one of them, seen by a reader."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from orgaudit import texts
from orgaudit.table import Cell

SEVERITIES = ("blocker", "high", "medium", "low", "info")
WEIGHTS = {"blocker": 40, "high": 20, "medium": 8, "low": 3, "info": 0}
CERTAIN, DECLARED, INFERRED = "certain", "declared", "inferred"
ORGANIZATION = "organization"


def listing(items: Iterable[object], most: int = 6) -> dict[str, str]:
    """Names in a row, as each language punctuates them; what exceeds ``most`` is counted."""
    names = [str(item) for item in items]
    rest = len(names) - most
    shown = names[:most]
    return {
        "en": ", ".join(shown) + (f" and {rest} more" if rest > 0 else ""),
        "zh": "、".join(shown) + (f"等{len(names)}项" if rest > 0 else ""),
    }


def phrases(key: str, problems: Mapping[str, object]) -> dict[str, str]:
    """Several problems of one offender as a phrase per language; their texts stand below ``key``."""
    said = [texts.both(f"{key}.{name}", value=value) for name, value in problems.items()]
    return {"en": "; ".join(one["en"] for one in said), "zh": "；".join(one["zh"] for one in said)}


class Offenders:
    """The offenders of one check: one primary subject each, with related subjects, cells, and values for its sentence.

    A subject of kind seat, position, person or department is an index of the organization's frame; of any other kind it is
    a label. Everything that belongs to offender number i carries ``owner`` i; where no owner is given, the columns are
    aligned with the offenders.
    """

    def __init__(
        self,
        kind: str,
        subjects: Sequence[Any] | np.ndarray,
        *,
        severity: str | Sequence[str] | None = None,
        confidence: str | Sequence[str] | None = None,
        variant: str | Sequence[str] | None = None,
        **params: Any,
    ) -> None:
        """``params`` are values for the message: one for all, or a list with one per offender."""
        self.kind = kind
        self.subjects = list(subjects)
        n = len(self.subjects)
        self.severity = _column(severity, n)
        self.confidence = _column(confidence, n)
        self.variant = _column(variant, n)
        self.params = {name: _column(value, n) for name, value in params.items()}
        self.related: list[list[tuple[str, Any]]] = [[] for _ in range(n)]
        self.cells: list[list[tuple[str, str | None, int]]] = [[] for _ in range(n)]
        self.causes: list[tuple[str, str, Any] | None] = [None] * n
        self.seats: list[list[int]] | None = None
        self.keys: list[str] = [""] * n

    def __len__(self) -> int:
        return len(self.subjects)

    def also(
        self, kind: str, subjects: Sequence[Any] | np.ndarray, owner: Sequence[int] | np.ndarray | None = None
    ) -> Offenders:
        """Related subjects; a negative index is skipped."""
        for i, subject in zip(range(len(self)) if owner is None else owner, subjects, strict=True):
            if not (isinstance(subject, int | np.integer) and subject < 0):
                self.related[int(i)].append((kind, subject))
        return self

    def seen(
        self,
        table: str,
        name: str | None,
        rows: Sequence[int] | np.ndarray,
        owner: Sequence[int] | np.ndarray | None = None,
    ) -> Offenders:
        """Evidence: cells (or whole rows) of a table; a negative row is skipped."""
        for i, row in zip(range(len(self)) if owner is None else owner, rows, strict=True):
            if row >= 0:
                self.cells[int(i)].append((table, name, int(row)))
        return self

    def because(
        self, code: str, kind: str, subjects: Sequence[Any] | np.ndarray, where: np.ndarray | None = None
    ) -> Offenders:
        """The finding each offender follows from, by its code and a subject; earlier causes stay."""
        for i, subject in enumerate(subjects):
            if self.causes[i] is None and (where is None or where[i]):
                self.causes[i] = (code, kind, subject)
        return self

    def holding(self, seats: Sequence[Sequence[int]]) -> Offenders:
        """The seats that each offender holds up, where these are not its primary subject's."""
        self.seats = [list(map(int, held)) for held in seats]
        return self

    def apart(self, keys: Sequence[object]) -> Offenders:
        """What tells offenders of one subject apart, for their fingerprints."""
        self.keys = [str(key) for key in keys]
        return self


def _column(value: Any, n: int) -> list[Any]:
    if isinstance(value, list | np.ndarray):
        if len(value) != n:
            raise ValueError(f"{len(value)} values for {n} offenders")
        return list(value)
    return [value] * n


@dataclass(frozen=True)
class Result:
    """What a check found: offenders, and how many objects of its primary subject it could assess."""

    offenders: Offenders
    assessed: int


@dataclass(frozen=True)
class Subject:
    """A subject as readers see it."""

    kind: str
    id: str
    name: str
    person: bool = False  # id and name are a person's


@dataclass(frozen=True)
class Evidence:
    """A cell with the whole row around it: (field, header, value, is it the cell) of the row's filled cells."""

    cell: Cell
    table: str
    field: str | None
    row: int


@dataclass
class Finding:
    """One finding, complete; sentences are pairs {"en", "zh"}."""

    id: str
    code: str
    principle: str
    severity: str
    confidence: str
    gate: int | None
    subjects: list[Subject]
    evidence: list[Evidence]
    message: dict[str, str]
    status: str = "open"
    cause: str | None = None
    seats: list[int] = field(default_factory=list)
    waiver: int | None = None  # number among the waivers: those of the table, then those of orgaudit.toml
    decider: int = -1  # department that can settle it
    follows: tuple[str, str, Any] | None = None  # (code, kind, subject) of the finding that it follows from
    voices: list[Evidence] = field(default_factory=list)  # concerns and observations on the same matter
    about: list[tuple[str, Any]] = field(default_factory=list)  # subjects as the check gave them, the primary first
