"""Readiness of indicators: complete sets, traced to duties that nobody disputes."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from orgaudit.check import NotAssessable
from orgaudit.checks.authority import indicator_offenders
from orgaudit.checks.readiness import CHAPTER
from orgaudit.checks.secondary_lines import percent
from orgaudit.finding import Finding, Offenders, Result, listing, phrases
from orgaudit.organization import Organization


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
    covered = has_person | org.family(has)[position] if org.n else np.zeros(0, bool)
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
        problems=[""] * len(bare) + [phrases("checks.RDY-04.problem", found.problems) for found in problems],
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
    return np.asarray((has | org.family(has))[position])


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


@CHAPTER.check(5, "medium", subject="indicator", confidence="declared", needs=["indicators.duty", "duties"], share=20)
def not_traceable(org: Organization, limits: SimpleNamespace) -> Result:
    """An indicator of a position without a duty behind it, and a weighty duty of a measured position without an indicator."""
    frame, behind, duties = org.work.indicators, org.work.indicator_duties, org.work.duties
    table = org.table("indicators")
    of_people = frame["kind"].isin([1, 2, 3]).to_numpy()
    loose = of_people & ~behind["linked"].to_numpy(dtype=bool) & ~table.filled("group") & _judged_rows(org)
    rows = np.flatnonzero(loose)
    first = indicator_offenders(org, rows)
    bare = _unmeasured(org, limits)
    duty_rows = bare["row"].tolist()
    source = org.table("duties")
    offenders = Offenders(
        "bearer",
        [*[("indicator", name) for name in first.subjects],
         *[("duty", (source.value(int(r), "duty_id") or str(t), str(t)))
           for r, t in zip(duty_rows, bare["text"], strict=True)]],
        variant=["indicator"] * len(rows) + ["duty"] * len(bare),
        what=[*first.params["indicator"], *bare["text"].tolist()],
        bearer=[*first.params["bearer"], *[org.position_name(int(p)) for p in bare["position"]]],
    )  # fmt: skip
    offenders.related[: len(rows)] = first.related
    offenders.apart([*first.keys, *[org.position_key(int(p)) for p in bare["position"]]])
    offenders.also("position", [*[-1] * len(rows), *bare["position"].tolist()])
    offenders.seen("indicators", "indicator", rows, range(len(rows)))
    offenders.seen("duties", "statement", duty_rows, range(len(rows), len(rows) + len(bare)))
    assessed = int(of_people.sum()) + int(((duties["position"] >= 0) & duties["lead"]).sum())
    return Result(offenders.holding([[] for _ in range(len(offenders))]), max(1, assessed))


def _judged_rows(org: Organization) -> np.ndarray:
    """Boolean per indicator: somebody who is appraised bears it, or nobody is known to."""
    measured = org.work.indicator_seats()
    n = len(org.work.indicators)
    any_, judged = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
    any_[measured.row] = True
    judged[measured.row[org.judged[measured.index]]] = True
    return judged | ~any_


def _unmeasured(org: Organization, limits: SimpleNamespace) -> pd.DataFrame:
    """Weighty duties – by time share, else lead – of measured positions that no indicator names."""
    duties, behind = org.work.duties, org.work.indicator_duties
    named = behind["line"].to_numpy(dtype=np.int64)
    used = duties.iloc[named[named >= 0]]
    measured = org.work.indicator_seats()
    position = org.seats["position"].to_numpy()
    individual = org.judged & ~org.seats["mode"].isin(["team", "piece_rate"]).to_numpy()
    has = np.zeros(len(org.positions), dtype=bool)
    has[position[measured.index[individual[measured.index]]]] = True
    own = duties[
        ((duties["position"] >= 0) & ~duties["catch_all"].astype(bool) & ~duties["matrix"].astype(bool)).to_numpy()
    ]
    own = own[has[own["position"].to_numpy(dtype=np.int64)]]
    share = percent(org.table("duties").text("share"))[own["row"].to_numpy()]
    shared = (
        own.assign(share=share)
        .groupby("position")["share"]
        .transform(lambda given: given.notna().any())
        .to_numpy(dtype=bool)
    )
    weighty = np.where(shared, share >= limits.share, own["lead"].to_numpy(dtype=bool))
    ids = set(used["duty_id"].dropna())
    words = set(zip(used["position"], used["statement"], strict=True))
    known = own["duty_id"].isin(ids).to_numpy() & own["duty_id"].notna().to_numpy()
    known = known | np.array(
        [pair in words for pair in zip(own["position"], own["statement"], strict=True)], dtype=bool
    )
    return own[weighty.astype(bool) & ~known]


_DISPUTED = ("DUT-07", "DUT-01", "DUT-05", "AUT-01")


@CHAPTER.check(
    6, "high", subject="indicator", confidence="declared", needs=["indicators.duty", "indicators.weight", "duties"]
)
def disputed_duty(org: Organization, limits: SimpleNamespace) -> Result:
    """A weighted indicator on a duty that has an open high finding: two leads, no position, no one accountable, no right."""
    duties, behind = org.work.duties, org.work.indicator_duties
    open_: dict[int, Finding] = {}
    for code in _DISPUTED:
        for finding in limits.found.get(code, ()):
            if finding.severity in ("blocker", "high"):
                for evidence in finding.evidence:
                    if evidence.table == "duties":
                        open_.setdefault(evidence.row, finding)
    by_id: dict[str, Finding] = {}
    for row, finding in open_.items():
        identity = org.table("duties").value(row, "duty_id")
        if identity:
            by_id.setdefault(identity, finding)
    weight = org.work.indicators["weight"].to_numpy(dtype=float)
    found: dict[int, Finding] = {}
    line_rows, line_ids = duties["row"].to_numpy(), duties["duty_id"].to_numpy(dtype=object)
    for row, line in enumerate(behind["line"]):
        if line >= 0 and weight[row] > 0:
            hit = open_.get(int(line_rows[line])) or by_id.get(line_ids[line])
            if hit is not None:
                found[row] = hit
    rows = np.array(list(found), dtype=np.int64)
    measured = org.work.indicator_seats()
    held: dict[int, list[int]] = {row: [] for row in found}
    for row, seat in zip(measured.row.tolist(), measured.index.tolist(), strict=True):
        if row in held and org.judged[seat]:
            held[row].append(seat)
    table = org.table("indicators")
    offenders = indicator_offenders(
        org,
        rows,
        duty=[str(duties["text"].iat[int(behind["line"].iat[row])]) for row in found],
        code=[finding.code for finding in found.values()],
    ).holding([held[row] for row in found])
    offenders.seen("indicators", "duty", rows)
    for i, finding in enumerate(found.values()):
        kind, subject = finding.about[0]
        offenders.causes[i] = (finding.code, kind, subject)
    return Result(offenders, max(1, int((table.filled("duty") & (weight > 0)).sum())))
