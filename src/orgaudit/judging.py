"""Scores and gates: what the findings of all checks say of each principle, and of each (seat, person) pair."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from orgaudit.check import Check
from orgaudit.checks import PRINCIPLES
from orgaudit.checks.indicator_sets import measured_seats, modes_unstated
from orgaudit.finding import SEVERITIES, WEIGHTS, Finding
from orgaudit.organization import Organization
from orgaudit.reading import values

FAIL, PASS, NOT_ASSESSABLE, DISABLED, ERROR = "fail", "pass", "not_assessable", "disabled", "error"


@dataclass
class CheckRun:
    """How one check ended. ``reason`` is a pair of sentences for not assessable and error."""

    check: Check
    status: str
    reason: dict[str, str] | None = None
    missing: str | None = None
    findings: list[Finding] = field(default_factory=list)
    assessed: int = 0
    trace: str | None = None


@dataclass(frozen=True)
class PrincipleScore:
    """A principle's score (None under half coverage) and what it rests on."""

    key: str
    score: float | None
    coverage: float
    assessed: int
    total: int


@dataclass
class Gates:
    """States of every judged (seat, person) at both gates, who is held up by what, and what would release most."""

    states: dict[int, Counter[str]]
    held_up: list[dict[str, Any]]
    repairs: list[dict[str, Any]]


def scores(org: Organization, runs: dict[str, CheckRun]) -> list[PrincipleScore]:
    """Per principle 100 − Σ penalty, floor 0, at most 59 with an open blocker (domain.md A, C20)."""
    result = []
    for key in PRINCIPLES:
        own = [
            r
            for r in runs.values()
            if r.check.principle == key and r.check.core and r.check.scored and r.status != DISABLED
        ]
        assessed = [r for r in own if r.status in (FAIL, PASS)]
        coverage = len(assessed) / len(own) if own else 0.0
        scored = [r for r in runs.values() if r.check.principle == key and r.check.scored and r.status in (FAIL, PASS)]
        penalty, blocked = 0.0, False
        for run_ in scored:
            counted = [f for f in run_.findings if f.status == "open" and f.cause is None]
            if not counted:
                continue
            worst = min(counted, key=lambda f: SEVERITIES.index(f.severity)).severity
            blocked |= worst == "blocker"
            penalty += WEIGHTS[worst] * max(0.1, min(1.0, _affected(counted) / max(1, run_.assessed)))
        score = max(0.0, 100.0 - penalty)
        if blocked:
            score = min(score, 59.0)
        result.append(
            PrincipleScore(
                key, round(score, 1) if coverage >= 0.5 else None, round(coverage, 4), len(assessed), len(own)
            )
        )
    return result


def _affected(findings: list[Finding]) -> int:
    """Distinct objects of the primary subject's kind; a loop counts all its members."""
    objects: set[object] = set()
    for finding in findings:
        primary = finding.subjects[0]
        if primary.kind == "seat" and len(finding.seats) > 1:
            objects.update(finding.seats)
        else:
            objects.add((primary.kind, primary.id))
    return len(objects)


def gates(org: Organization, runs: dict[str, CheckRun], findings: list[Finding]) -> Gates:
    """Both gates for every judged seat (domain.md D), the held-up pairs and the repairs by seats released."""
    first, second = _assessable(runs, ("SUP-02", "RDY-02", "RDY-03")), _assessable(runs, ("RDY-04",))
    measured = measured_seats(org) if modes_unstated(org) else np.ones(org.n, dtype=bool)
    books: dict[tuple[str, int], dict[int, list[Finding]]] = defaultdict(lambda: defaultdict(list))
    for finding in findings:
        if finding.status == "open" and finding.gate and finding.severity in ("blocker", "high"):
            for seat in finding.seats:
                books[finding.severity, finding.gate][seat].append(finding)
    conditional = _conditional(org)
    troubled = np.zeros(org.n, dtype=bool)
    touched = [seat for book in books.values() for seat in book]
    troubled[[*touched, *conditional]] = True
    troubled &= org.judged
    states = _untroubled(org.judged & ~troubled, first, second, measured)
    held_up: list[dict[str, Any]] = []
    for seat in np.flatnonzero(troubled).tolist():
        found = {key: book.get(seat, []) for key, book in books.items()}
        own = _seat_states(found, seat in conditional, first, second and bool(measured[seat]))
        for gate in (1, 2):
            states[gate][own[gate]] += 1
        # A seat with conditions at the first gate and blockers at the second is held up at the second.
        gate = 1 if own[1] == "not_ready" or (own[1] == "conditional" and own[2] != "not_ready") else 2
        if own[gate] in ("not_ready", "conditional"):
            severity = "blocker" if own[gate] == "not_ready" else "high"
            holding = found.get((severity, gate), []) or found.get(("high", 1), [])
            held_up.append({"seat": seat, "gate": gate, "state": own[gate], "findings": holding})
    return Gates(states, held_up, _repairs(held_up, _repairs_of(findings)))


def _untroubled(seats: np.ndarray, first: bool, second: bool, measured: np.ndarray) -> dict[int, Counter[str]]:
    """States of the seats that no finding and no condition touches."""
    n, both = int(seats.sum()), int((seats & measured).sum()) if first and second else 0
    return {
        1: +Counter({"ready" if first else "not_assessable": n}),
        2: +Counter({"ready": both, "not_assessable": n - both}),
    }


def _seat_states(
    found: dict[tuple[str, int], list[Finding]], conditional: bool, first: bool, second: bool
) -> dict[int, str]:
    """States of one seat at both gates; the second rests on the first."""
    one = _state(found.get(("blocker", 1)), found.get(("high", 1)) or conditional, first)
    two = _state(found.get(("blocker", 2)), found.get(("high", 2)) or one == "conditional", second)
    if one == "not_ready" or (one == "not_assessable" and two != "not_ready"):
        two = one
    return {1: one, 2: two}


def _repairs(held_up: list[dict[str, Any]], mend: dict[str, str]) -> list[dict[str, Any]]:
    """Repairs with the seats that each releases alone, and those it is part of the way for; best first."""
    released: Counter[str] = Counter()
    touched: Counter[str] = Counter()
    for item in held_up:
        if item["state"] == "not_ready":
            roots = {mend[finding.cause or finding.id] for finding in item["findings"]}
            touched.update(roots)
            if len(roots) == 1:
                released.update(roots)
    order = sorted(touched, key=lambda root: (-released[root], -touched[root], root))
    return [{"finding": root, "releases": released[root], "touches": touched[root]} for root in order]


def _repairs_of(findings: list[Finding]) -> dict[str, str]:
    """Finding → the finding whose repair mends it: one vacant post filled, or one leaver replaced, mends all seats below."""
    first: dict[tuple[str, str], str] = {}
    mend = {}
    for finding in findings:
        shared = None
        if finding.code == "SUP-09":
            shared = next((subject.id for subject in finding.subjects if subject.kind == "position"), None)
        elif finding.code == "DAT-05" and finding.seats and finding.evidence:
            shared = finding.evidence[0].cell.value
        mend[finding.id] = first.setdefault((finding.code, shared), finding.id) if shared else finding.id
    return mend


def _assessable(runs: dict[str, CheckRun], codes: Sequence[str]) -> bool:
    return all(runs[code].status in (FAIL, PASS) for code in codes if code in runs)


def _state(blocking: list[Finding] | None, condition: object, assessable: bool) -> str:
    if blocking:
        return "not_ready"
    if not assessable:
        return "not_assessable"
    return "conditional" if condition else "ready"


def _conditional(org: Organization) -> dict[int, str]:
    """Seats that are conditional whatever the findings: long leave, probation, joiners inside the period."""
    reasons = {}
    for seat in np.flatnonzero(org.seats["status"].eq("leave").to_numpy()):
        reasons[int(seat)] = "leave"
    for seat in np.flatnonzero(org.seats["employment"].eq("probation").to_numpy()):
        reasons[int(seat)] = "probation"
    start = org.settings.calendar.get("period_start")
    if start and org.review.has("posts", "hire_date"):
        hired = values.dates(org.table("posts").text("hire_date"))[org.seats["row"].to_numpy()]
        for seat in np.flatnonzero(hired > np.datetime64(start)):
            reasons[int(seat)] = "joiner"
    return reasons
