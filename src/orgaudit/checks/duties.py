"""Principle 3, in place: every duty of a department has a position, and no position works outside its department's mandate."""

from __future__ import annotations

import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd

from orgaudit import catalog, wording
from orgaudit.check import Chapter, NotAssessable
from orgaudit.finding import Offenders, Result
from orgaudit.organization import Organization

CHAPTER = Chapter("DUT")


@CHAPTER.check(5, "high", subject="duty", confidence="declared", same_object=0.6, same_words=0.7, likely=0.3,
               needs=["duties.department|duties.bearer", "duties.position|duties.bearer"])  # fmt: skip
def duty_without_position(org: Organization, limits: SimpleNamespace) -> Result:
    """A lead duty of a department that no position in it takes; one finding where no position there has duties yet."""
    duties = org.work.duties
    real = duties[~duties["empty"].to_numpy(dtype=bool)]
    own = real[(real["position"] >= 0).to_numpy()]
    if not len(own):
        raise NotAssessable("no_position_duties")
    lead = real[(real["lead"] & (real["position"] < 0) & (real["department"] >= 0)).to_numpy(dtype=bool)]
    lead = lead.drop_duplicates(["row", "department"])
    staffed = {up for d in org.seats["department"].unique() for up in org.department_line(int(d))}
    taken = _taken_by_department(org, own)
    meant = _meant(org, limits.likely)
    open_: list[int] = []
    empty: dict[int, list[int]] = {}
    for at, (department, row) in enumerate(zip(lead["department"], lead["row"], strict=True)):
        department = int(department)
        inside = taken.get(department)
        if inside is None or not len(inside):
            if department in staffed:
                empty.setdefault(department, []).append(int(row))
        elif not _taken(lead.iloc[at], inside, meant, limits):
            open_.append(at)
    loose = lead.iloc[open_]
    departments = org.departments["name"].tolist()
    units = list(empty)
    offenders = Offenders(
        "bearer",
        [
            *[("duty", (org.table("duties").value(int(row), "duty_id") or str(text), str(text)))
              for row, text in zip(loose["row"], loose["text"], strict=True)],
            *[("department", unit) for unit in units],
        ],
        variant=["plain"] * len(loose) + ["department"] * len(units),
        duty=[*loose["text"].tolist(), *[""] * len(units)],
        department=[*[departments[int(d)] for d in loose["department"]], *[departments[u] for u in units]],
        n=[1] * len(loose) + [len(rows) for rows in empty.values()],
    ).apart([*[departments[int(d)] for d in loose["department"]], *[""] * len(units)])  # fmt: skip
    offenders.also("department", [*loose["department"].tolist(), *[-1] * len(units)])
    offenders.seen("duties", "statement", loose["row"].to_numpy(), np.arange(len(loose)))
    for i, (unit, rows) in enumerate(empty.items(), start=len(loose)):
        offenders.seen("duties", "statement", rows[:20], [i] * len(rows[:20]))
        within = [d for d in range(len(departments)) if unit in org.department_line(d)]
        seats = np.flatnonzero(org.judged & np.isin(org.seats["department"].to_numpy(), within))
        offenders.also("seat", seats, [i] * len(seats))
    return Result(offenders.holding([[] for _ in range(len(offenders))]), max(1, len(lead)))


def _taken_by_department(org: Organization, own: pd.DataFrame) -> dict[int, pd.DataFrame]:
    """Duties of positions by every department above their place, and by the departments that the position heads."""
    place = org.positions["department"].to_numpy()[own["position"].to_numpy(dtype=np.int64)]
    frame = own.assign(place=place)
    result: dict[int, list[pd.DataFrame]] = {}
    for unit, part in frame.groupby("place"):
        for up in org.department_line(int(unit)) if unit >= 0 else ():
            result.setdefault(up, []).append(part)
    seat_position = org.seats["position"].to_numpy()
    by_position = dict(list(frame.groupby("position")))
    for unit, head in enumerate(org.departments["head"].to_numpy()):
        part = by_position.get(int(seat_position[head])) if head >= 0 else None
        if part is not None and unit not in org.department_line(int(part["place"].iloc[0])):
            result.setdefault(unit, []).append(part)
    return {unit: pd.concat(parts) for unit, parts in result.items()}


def _meant(org: Organization, least: float) -> dict[int, set[int]]:
    """Statement → statements that mean the same work, whoever leads it."""
    one, two, signals = org.work.pairs
    strong = replace(signals, roles=np.zeros(len(one), dtype=bool)).strength >= least
    result: dict[int, set[int]] = {}
    for a, b in zip(one[strong].tolist(), two[strong].tolist(), strict=True):
        result.setdefault(a, set()).add(b)
        result.setdefault(b, set()).add(a)
    return result


def _taken(duty: pd.Series, inside: pd.DataFrame, meant: dict[int, set[int]], limits: SimpleNamespace) -> bool:
    """Whether some position's duty is this department duty: same id, same work, or near the same words (domain.md C5)."""
    if not meant.get(int(duty["said"]), set()).isdisjoint(inside["said"]):
        return True
    if isinstance(duty["duty_id"], str) and inside["duty_id"].eq(duty["duty_id"]).any():
        return True
    same = inside[((inside["function"] == duty["function"]) & (inside["action"] == duty["action"])).to_numpy()]
    wanted = str(duty["object"])
    for thing, verb in same[["object", "verb"]].itertuples(index=False):
        if thing == wanted or ((not thing or not wanted) and verb == duty["verb"]):
            return True
        if thing and wanted and wording.dice(str(thing), wanted) >= limits.same_object:
            return True
    words = str(duty["statement"])
    return any(wording.dice(words, str(text)) >= limits.same_words for text in inside["statement"].dropna().unique())


_EVERYWHERE = re.compile(catalog.pattern("everywhere"))


@CHAPTER.check(6, "medium", subject="duty", confidence="declared", core=False,
               needs=["duties.function", "duties.position|duties.bearer", "duties.department|duties.bearer"])  # fmt: skip
def duty_outside_mandate(org: Organization, limits: SimpleNamespace) -> Result:
    """A position's declared function is none of its department's, nor of those above it."""
    duties = org.work.duties
    mandates: dict[int, set[str]] = {}
    of_departments = duties[
        ((duties["position"] < 0) & (duties["department"] >= 0) & duties["function"].notna()).to_numpy(dtype=bool)
    ]
    for unit, part in of_departments.groupby("department"):
        mandates[int(unit)] = set(part["function"])
    for unit, function in _suggested_mandates(duties):
        mandates.get(unit, set()).add(function)  # widens a mandate that is given, makes none
    own = duties[
        (
            (duties["position"] >= 0)
            & duties["declared"].astype(bool)
            & (duties["r"] | duties["a"]).astype(bool)
            & ~duties["catch_all"].astype(bool)
            & ~duties["own"].fillna(False).astype(bool)
        ).to_numpy()
    ]
    place = org.positions["department"].to_numpy()[own["position"].to_numpy(dtype=np.int64)]
    heading = _headed_trees(org)
    allowed: dict[int, set[str] | None] = {}
    for unit in np.unique(place):
        line = [up for up in org.department_line(int(unit)) if up in mandates]
        allowed[int(unit)] = set().union(*(mandates[up] for up in line)) if int(unit) in mandates else None
    outside = []
    judged = 0
    for unit, position, function, text in zip(place, own["position"], own["function"], own["statement"], strict=True):
        mandate = allowed[int(unit)]
        judged += mandate is not None
        below = heading.get(int(position), ())
        wider = (
            mandate is not None and function not in mandate and not any(function in mandates.get(u, ()) for u in below)
        )
        outside.append(bool(wider) and not _EVERYWHERE.search(str(text)))
    if not judged:
        raise NotAssessable("no_mandates")
    wrong = own[np.array(outside, dtype=bool)]
    offenders = Offenders(
        "duty",
        [
            (org.table("duties").value(int(row), "duty_id") or str(t), str(t))
            for row, t in zip(wrong["row"], wrong["text"], strict=True)
        ],
        duty=wrong["text"].tolist(),
        position=[org.position_name(int(p)) for p in wrong["position"]],
        function=[org.table("duties").value(int(row), "function") or "" for row in wrong["row"]],
        department=[
            org.departments["name"].iat[int(org.positions["department"].iat[int(p)])] for p in wrong["position"]
        ],
    ).apart([org.position_key(int(p)) for p in wrong["position"]])
    offenders.also("position", wrong["position"].tolist()).seen("duties", "function", wrong["row"].to_numpy())
    offenders.also("department", [int(org.positions["department"].iat[int(p)]) for p in wrong["position"]])
    return Result(offenders.holding([org.position_seats(int(p)).tolist() for p in wrong["position"]]), max(1, judged))


def _suggested_mandates(duties: pd.DataFrame) -> list[tuple[int, str]]:
    """(department, function) that lead duties of departments speak of without naming it."""
    own = duties[
        (
            (duties["position"] < 0) & (duties["department"] >= 0) & duties["lead"] & duties["function"].isna()
            & duties["likely"].notna()
        ).to_numpy(dtype=bool)
    ]  # fmt: skip
    return list(zip(own["department"].astype(int), own["likely"], strict=True))


def _headed_trees(org: Organization) -> dict[int, list[int]]:
    """Position → departments that it heads, and all below them."""
    position = org.seats["position"].to_numpy()
    result: dict[int, list[int]] = {}
    heads = org.departments["head"].to_numpy()
    for unit in range(len(heads)):
        for up in org.department_line(unit):
            if heads[up] >= 0:
                result.setdefault(int(position[heads[up]]), []).append(unit)
    return result
