"""Readiness: before a review starts, each (seat, person) has an appraiser, duties and a complete set of indicators.

Most of what fails here follows from a cause elsewhere and is folded under it. Who is not appraised at all is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from orgaudit import texts
from orgaudit.check import Chapter, NotAssessable
from orgaudit.checks.single_superior import appraisers
from orgaudit.finding import Offenders, Result, listing
from orgaudit.organization import Organization, Status

CHAPTER = Chapter("RDY")


@CHAPTER.check(2, "blocker", subject="seat", needs=["posts.superior|posts.appraiser"])
def appraiser_unknown(org: Organization, limits: SimpleNamespace) -> Result:
    """No unique active person can be derived as appraiser of an occupied, appraised seat."""
    named = _named_appraiser(org)
    lines = org.solid[(org.solid["status"] == Status.FOUND).to_numpy() & (org.solid["position"] >= 0).to_numpy()]
    pairs = lines.drop_duplicates(["seat", "position"])
    superiors = np.bincount(pairs["seat"], minlength=org.n) if len(pairs) else np.zeros(org.n, np.int64)
    staffed = (
        np.bincount(pairs["seat"], weights=(org.incumbents[pairs["position"].to_numpy()] > 0), minlength=org.n)
        if len(pairs)
        else np.zeros(org.n)
    )
    people = (
        np.bincount(pairs["seat"], weights=org.incumbents[pairs["position"].to_numpy()], minlength=org.n)
        if len(pairs)
        else np.zeros(org.n)
    )
    by_person = np.zeros(org.n, dtype=bool)
    said = org.link("posts", "superior").found()
    by_person[org.row_seat[said.row[said.kind >= 2]]] = True
    derived = (superiors == 1) & ((people == 1) | (by_person & (staffed == 1))) & ~org.in_loop
    open_ = org.judged & ~named & ~derived & ~org.main_root
    shared = open_ & (superiors == 1) & (people > 1) & ~by_person & ~org.in_loop
    alone = np.flatnonzero(open_ & ~shared)
    position = np.full(org.n, -1, dtype=np.int64)
    position[pairs["seat"].to_numpy()[::-1]] = pairs["position"].to_numpy()[::-1]
    groups = [(int(p), np.flatnonzero(shared & (position == p))) for p in np.unique(position[shared])]
    firsts = [int(seats[0]) for _, seats in groups]
    offenders = Offenders(
        "seat",
        [*alone.tolist(), *firsts],
        variant=["plain"] * len(alone) + ["shared"] * len(groups),
        severity="blocker",
        seat=[*org.seat_names(alone), *["" for _ in groups]],
        superior=["" for _ in alone] + [org.position_name(p) for p, _ in groups],
        n=[1] * len(alone) + [len(seats) for _, seats in groups],
    ).holding([[int(s)] for s in alone] + [seats.tolist() for _, seats in groups])
    row = org.seats["row"].to_numpy()
    column = "appraiser" if org.review.has("posts", "appraiser") else "superior"
    offenders.seen("posts", column, row[alone], np.arange(len(alone)))
    for i, (p, seats) in enumerate(groups, start=len(alone)):
        offenders.also("position", [p], [i]).also("seat", seats[1:], [i] * (len(seats) - 1))
        offenders.seen("posts", "superior", row[seats[:50]], [i] * len(seats[:50]))
    _causes(org, offenders, np.array([*alone, *firsts], dtype=np.int64), superiors)
    return Result(offenders, max(1, int(org.judged.sum())))


def _named_appraiser(org: Organization) -> np.ndarray:
    """Boolean per seat: exactly one active person is named as appraiser in posts."""
    said = appraisers(org)
    said = said[(said["table"] == "posts").to_numpy()]
    active = said[org.occupied[said["target"].to_numpy(dtype=np.int64)]] if len(said) else said
    result = np.zeros(org.n, dtype=bool)
    if len(active):
        holder = np.where(active["person"] >= 0, active["person"], -1 - active["target"].to_numpy(dtype=np.int64))
        count = active.assign(holder=holder).groupby("seat")["holder"].nunique()
        result[count.index[count == 1].to_numpy(dtype=np.int64)] = True
    return result


def _causes(org: Organization, offenders: Offenders, seats: np.ndarray, superiors: np.ndarray) -> None:
    n = len(offenders)
    if not n:
        return
    status = np.zeros((org.n, len(Status.NAMES)), dtype=bool)
    status[org.solid["seat"].to_numpy(), org.solid["status"].to_numpy(dtype=np.int64)] = True
    for code, state in (
        ("DAT-01", Status.UNKNOWN),
        ("DAT-02", Status.AMBIGUOUS),
        ("DAT-05", Status.LEFT),
        ("DAT-05", Status.INACTIVE),
    ):
        offenders.because(code, "seat", seats, status[seats, state] & (superiors[seats] == 0))
    offenders.because("SUP-01", "seat", seats, superiors[seats] > 1)
    offenders.because("SUP-03", "seat", seats, org.in_loop[seats])
    offenders.because("SUP-02", "seat", seats, org.blank_superior[seats] & ~org.roots[seats])
    offenders.because("SUP-09", "seat", seats, superiors[seats] == 1)
    offenders.because("SUP-09", "seat", seats, status[seats, Status.VACANT])
    unresolved = np.zeros(org.n, dtype=bool)
    links = org.link("posts", "appraiser")
    unresolved[org.row_seat[links.row[links.status == Status.UNKNOWN]]] = True
    offenders.because("DAT-01", "seat", seats, unresolved[seats])


@CHAPTER.check(3, "blocker", subject="position", confidence="declared", needs=["duties.position|duties.bearer"])
def no_duties(org: Organization, limits: SimpleNamespace) -> Result:
    """An occupied, appraised position without any duty of its own, catch-all duties aside."""
    duties = org.work.duties
    own = duties[((duties["position"] >= 0) & ~duties["catch_all"]).to_numpy(dtype=bool)]
    if not len(own):
        raise NotAssessable("no_position_duties")
    has = np.zeros(len(org.positions), dtype=bool)
    has[own["position"].unique()] = True
    has |= _family(org, has)
    judged = np.zeros(len(org.positions), dtype=bool)
    judged[org.seats["position"].to_numpy()[org.judged]] = True
    positions = np.flatnonzero(judged & ~has)
    boilerplate = set(
        duties.loc[duties["catch_all"].to_numpy(dtype=bool) & (duties["position"] >= 0).to_numpy(), "position"]
    )
    offenders = Offenders(
        "position",
        positions,
        variant=["catch_all" if p in boilerplate else "plain" for p in positions.tolist()],
        position=[org.position_name(int(p)) for p in positions],
    ).seen("posts", "title", org.positions["row"].to_numpy()[positions])
    return Result(offenders, max(1, int(judged.sum())))


def _family(org: Organization, has: np.ndarray) -> np.ndarray:
    """Positions whose namesakes in the same department have duties: one family shares one description."""
    frame = pd.DataFrame({"title": org.positions["title"], "department": org.positions["department"], "has": has})
    with_title = frame["title"].notna()
    shared = frame[with_title].groupby(["title", "department"])["has"].transform("any")
    result = np.zeros(len(frame), dtype=bool)
    result[np.flatnonzero(with_title)] = shared.to_numpy(dtype=bool)
    return result


@CHAPTER.check(4, "blocker", subject="position", confidence="declared", needs=["indicators"],
               sum_tolerance=0.5, fewest=3, most=10, smallest_weight=5, largest_weight=50)  # fmt: skip
def indicators_incomplete(org: Organization, limits: SimpleNamespace) -> Result:
    """No indicators, weights that do not add up to 100, or gaps in target, formula, source, number and size."""
    frame = org.work.indicators
    measured = org.work.indicator_seats()
    position = org.seats["position"].to_numpy()
    has = np.zeros(len(org.positions), dtype=bool)
    has[position[measured.index]] = True
    seat_has = np.zeros(org.n, dtype=bool)
    seat_has[measured.index] = True
    has_person = has[position] if org.n else np.zeros(0, bool)
    judged = org.judged & ~org.seats["mode"].isin(["team", "piece_rate"]).to_numpy()
    covered = has_person | _family(org, has)[position] if org.n else np.zeros(0, bool)
    mute = modes_unstated(org)
    bare = np.zeros(0, dtype=np.int64) if mute else np.unique(position[judged & ~covered])
    problems = [
        found
        for _, group in frame[frame["bearer"].notna()].groupby("bearer", sort=False)
        if (found := _set_problems(org, group, limits))
    ]
    if mute and not problems:
        raise NotAssessable("modes_unstated")
    offenders = Offenders(
        "bearer",
        [*[("position", int(p)) for p in bare], *[found.subject for found in problems]],
        severity=["blocker"] * len(bare) + ["blocker" if "sum" in found.problems else "medium" for found in problems],
        variant=["none"] * len(bare) + ["gaps"] * len(problems),
        bearer=[*[org.position_name(int(p)) for p in bare], *[found.name for found in problems]],
        problems=[""] * len(bare) + [_sentence(found.problems) for found in problems],
    )
    held: dict[int, list[int]] = {}
    for row, seat in zip(measured.row, measured.index, strict=True):
        held.setdefault(int(row), []).append(int(seat))
    offenders.holding(
        [np.flatnonzero(judged & (position == p)).tolist() for p in bare]
        + [sorted({s for r in found.rows for s in held.get(r, ()) if judged[s]}) for found in problems]
    )
    offenders.seen("posts", "title", org.positions["row"].to_numpy()[bare], np.arange(len(bare)))
    for i, found in enumerate(problems, start=len(bare)):
        for column, rows in found.cells:
            offenders.seen("indicators", column, rows, [i] * len(rows))
    return Result(
        offenders, max(1, int(pd.Series(position[judged]).nunique()) if judged.any() else frame["bearer"].nunique())
    )


def modes_unstated(org: Organization) -> bool:
    """Whether most seats have no indicator and no mode is given: then they are not judged, and one sentence says so."""
    if "indicators" not in org.review or org.review.has("posts", "appraisal_mode") or not org.judged.any():
        return False
    return bool(measured_seats(org)[org.judged].mean() < 0.5)


def measured_seats(org: Organization) -> np.ndarray:
    """Boolean per seat: its position, or a namesake in its department, has indicators."""
    has = np.zeros(len(org.positions), dtype=bool)
    position = org.seats["position"].to_numpy()
    has[position[org.work.indicator_seats().index]] = True
    return np.asarray((has | _family(org, has))[position])


@dataclass
class IndicatorSet:
    """What is incomplete in one bearer's set: problem key → value for its phrase, and the cells that show it."""

    subject: tuple[str, Any]
    name: Any
    rows: list[int]
    problems: dict[str, Any]
    cells: list[tuple[str, list[int]]]


def _set_problems(org: Organization, group: pd.DataFrame, limits: SimpleNamespace) -> IndicatorSet | None:
    """The gaps of one bearer's set; None where it is complete or its bearer is not appraised."""
    table = org.table("indicators")
    subject, name, seats = _bearer(org, group)
    if len(seats) and not org.judged[seats].any() and org.occupied[seats].any():
        return None
    rows = group["row"].tolist()
    found = IndicatorSet(subject, name, rows, {}, [])

    def note(problem: str, value: object, column: str, where: list[int]) -> None:
        found.problems[problem] = value
        found.cells.append((column, where))

    counted = group[group["counted"].to_numpy(dtype=bool)]
    weight = counted["weight"].to_numpy(dtype=float)
    if table.filled("weight").any() and len(counted) and abs(float(np.nansum(weight)) - 100) > limits.sum_tolerance:
        note("sum", round(float(np.nansum(weight)), 1), "weight", counted["row"].tolist())
    for column in ("target", "formula", "data_provider"):
        empty = [r for r in rows if table.has(column) and table.value(r, column) is None]
        if empty:
            note(column, listing(table.value(r, "indicator") or "" for r in empty), column, empty)
    if len(group) > limits.most or len(group) < limits.fewest:
        note("many" if len(group) > limits.most else "few", len(group), "indicator", rows)
    odd = counted[(weight < limits.smallest_weight) | (weight > limits.largest_weight)]
    if len(odd):
        sizes = listing(
            f"{table.value(int(r), 'indicator')} {w:g}" for r, w in zip(odd["row"], odd["weight"], strict=True)
        )
        note("weight", sizes, "weight", odd["row"].tolist())
    return found if found.problems else None


def _bearer(org: Organization, group: pd.DataFrame) -> tuple[tuple[str, Any], Any, np.ndarray]:
    """(subject, name, seats) of a set's bearer; a person is spoken of by the title held."""
    text = org.table("indicators").value(int(group["row"].iloc[0]), "bearer") or ""
    kind, index = int(group["kind"].iloc[0]), int(group["index"].iloc[0])
    if kind == 0:
        return ("department", index), str(org.departments["name"].iat[index]), np.zeros(0, np.int64)
    if kind == 1:
        return ("position", index), org.position_name(index), org.position_seats(index)
    seats = org.person_seats(index) if kind == 2 else np.array([index]) if kind == 3 else np.zeros(0, np.int64)
    if len(seats):
        return ("seat", int(seats[0])), org.seat_names(seats[:1])[0], seats
    return ("reference", text), {"person": text}, seats


def _sentence(problems: dict[str, Any]) -> dict[str, str]:
    """The problems of a set as one phrase per language."""
    phrases = [texts.both(f"checks.RDY-04.problem.{key}", value=value) for key, value in problems.items()]
    return {"en": "; ".join(p["en"] for p in phrases), "zh": "；".join(p["zh"] for p in phrases)}
