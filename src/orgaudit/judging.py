"""Scores and gates: what the findings of all checks say of each principle, and of each (seat, person) pair."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from orgaudit.check import Check
from orgaudit.checks import PRINCIPLES
from orgaudit.checks.readiness import measured_seats, modes_unstated
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
    gate1: dict[int, str]  # state of each judged seat


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
    judged = np.flatnonzero(org.judged)
    assessable = {1: _assessable(runs, ("SUP-02", "RDY-02", "RDY-03")), 2: _assessable(runs, ("RDY-04",))}
    blockers: dict[int, dict[int, list[Finding]]] = {1: defaultdict(list), 2: defaultdict(list)}
    highs: dict[int, dict[int, list[Finding]]] = {1: defaultdict(list), 2: defaultdict(list)}
    for finding in findings:
        if finding.status == "open" and finding.gate and finding.severity in ("blocker", "high"):
            book = blockers if finding.severity == "blocker" else highs
            for seat in finding.seats:
                book[finding.gate][seat].append(finding)
    conditional = _conditional(org)
    mend = _repairs_of(findings)
    unmeasured = ~measured_seats(org) if modes_unstated(org) else np.zeros(org.n, dtype=bool)
    states: dict[int, Counter[str]] = {1: Counter(), 2: Counter()}
    gate1: dict[int, str] = {}
    held_up: list[dict[str, Any]] = []
    released: Counter[str] = Counter()
    for seat in judged.tolist():
        own = {1: _state(blockers[1][seat], highs[1][seat] or conditional.get(seat), assessable[1])}
        own[2] = (
            own[1]
            if own[1] == "not_ready"
            else _state(
                blockers[2][seat], highs[2][seat] or own[1] == "conditional", assessable[2] and not unmeasured[seat]
            )
        )
        if own[1] == "not_assessable":
            own[2] = "not_assessable" if not blockers[2][seat] else "not_ready"
        gate1[seat] = own[1]
        for gate in (1, 2):
            states[gate][own[gate]] += 1
        gate = 1 if own[1] in ("not_ready", "conditional") else 2
        if own[gate] in ("not_ready", "conditional"):
            # A seat with indicators pending and no other trouble is held up at the second gate only.
            if gate == 1 and own[1] == "conditional" and own[2] == "not_ready":
                gate = 2
            holding = (blockers if own[gate] == "not_ready" else highs)[gate][seat] or highs[1][seat]
            held_up.append({"seat": seat, "gate": gate, "state": own[gate], "findings": holding})
            causes = {mend[f.cause or f.id] for f in holding}
            if own[gate] == "not_ready" and len(causes) == 1:
                released[causes.pop()] += 1
    touched: Counter[str] = Counter()
    for item in held_up:
        for root in {mend[f.cause or f.id] for f in item["findings"]}:
            touched[root] += item["state"] == "not_ready"
    order = sorted(set(touched) | set(released), key=lambda f: (-released[f], -touched[f], f))
    repairs = [{"finding": f, "releases": released[f], "touches": touched[f]} for f in order if touched[f]]
    return Gates(states, held_up, repairs, gate1)


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


def _state(blocking: list[Finding], condition: object, assessable: bool) -> str:
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
