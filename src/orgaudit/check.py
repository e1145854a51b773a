"""What a check is, and how one is filed under its principle."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace

from orgaudit import texts
from orgaudit.finding import CERTAIN, INFERRED, Result
from orgaudit.organization import Organization
from orgaudit.table import Review

Function = Callable[[Organization, SimpleNamespace], Result]


class NotAssessable(Exception):  # noqa: N818 (a verdict, not an error)
    """Raised by a check that finds too little to judge; ``reason`` is a text key below ``checks.reasons``."""

    def __init__(self, reason: str, **params: object) -> None:
        super().__init__(reason)
        self.reason = reason
        self.params = params


@dataclass(frozen=True)
class Check:
    """One check: its contract (code, severity, confidence) and what it needs.

    ``needs`` names tables (``duties``) and columns (``posts.superior``) that must hold values; ``a|b`` accepts either, and of
    ``waivers.owner?`` the column need only be there: empty cells are what the check looks for.
    ``thresholds`` are the configurable numbers; their sources stand in the texts.
    """

    code: str
    function: Function
    severity: str
    confidence: str
    subject: str
    needs: tuple[str, ...]
    core: bool = True
    scored: bool = True
    thresholds: Mapping[str, float] = field(default_factory=dict)

    @property
    def principle(self) -> str:
        """The key of its principle (SUP …)."""
        return self.code[:3]

    @property
    def gate(self) -> int | None:
        """The gate it holds up (domain.md D)."""
        if self.code in ("RDY-01", "RDY-02", "RDY-03") or self.principle in ("SUP", "CHN", "DUT", "AUT", "SOD"):
            return 1
        if self.code in ("RDY-04", "RDY-05", "RDY-06") or self.principle in ("OBE", "SRV"):
            return 2
        return None

    @property
    def tables(self) -> list[str]:
        """The tables it can use, the first alternative of each need first."""
        return list(dict.fromkeys(option.split(".")[0] for need in self.needs for option in need.split("|")))

    @property
    def name(self) -> dict[str, str]:
        """Its name in both languages."""
        return texts.both(f"checks.{self.code}.name")

    def lacking(self, review: Review) -> list[str]:
        """The needs that the input does not meet, as ``duties`` or ``posts.grade``; empty where all are met."""
        lost = []
        for need in self.needs:
            options = [option.partition(".")[::2] for option in need.split("|")]
            if not any(_given(review, table, column) for table, column in options):
                table, column = options[0]
                lost.append(table if not review.has(table) or not column else f"{table}.{column.rstrip('?')}")
        return lost


def _given(review: Review, table: str, column: str) -> bool:
    if column.endswith("?"):
        return review.has(table) and review.tables[table].has(column.rstrip("?"))
    return review.has(table, column or None)


class Chapter:
    """The checks of one principle, in order."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.checks: list[Check] = []

    def check(
        self,
        number: int,
        severity: str,
        *,
        subject: str,
        needs: Sequence[str],
        confidence: str = CERTAIN,
        core: bool = True,
        scored: bool = True,
        **thresholds: float,
    ) -> Callable[[Function], Function]:
        """File a function as check ``number`` of this chapter."""

        def file(function: Function) -> Function:
            code = f"{self.key}-{number:02d}"
            self.checks.append(
                Check(code, function, severity, confidence, subject, tuple(needs), core, scored, thresholds)
            )
            return function

        return file


def capped(severity: str, confidence: str) -> str:
    """An inferred finding is at most medium until somebody confirms it (domain.md A)."""
    return "medium" if confidence == INFERRED and severity in ("blocker", "high") else severity
