"""Principle 1 beside the solid line: dotted lines, concurrent posts and deputies, which are lawful where their rules are
written down.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from orgaudit import catalog
from orgaudit.checks.appraisers import appraisers
from orgaudit.checks.single_superior import CHAPTER
from orgaudit.finding import Offenders, Result, listing, phrases
from orgaudit.organization import Organization
from orgaudit.reading import values

_DEPUTY = catalog.pattern("deputy")
_HEADS = catalog.pattern("head")


@CHAPTER.check(5, "medium", subject="seat", needs=["posts.dotted_scope?|posts.dotted_share?"], confidence="declared")
def dotted_line_without_rules(org: Organization, limits: SimpleNamespace) -> Result:
    """A dotted line without scope, with a vote but no agreed share, or with a share that outweighs the solid line."""
    table = org.table("posts")
    lines = org.dotted[(org.dotted["target"] >= 0).to_numpy()]
    row = lines["row"].to_numpy(dtype=np.int64)
    share = percent(table.text("dotted_share"))[row]
    said = appraisers(org)
    rates = set(zip(said["seat"].tolist(), said["target"].tolist(), strict=True))
    rated = np.array([pair in rates for pair in zip(lines["seat"], lines["target"], strict=True)], dtype=bool)
    marks = {
        "scope": ~table.filled("dotted_scope")[row] & table.has("dotted_scope"),
        "vote": rated & np.isnan(share) & table.has("dotted_share"),
        # From the project share on, the project manager may rate for the period: then the line is no mere dotted one.
        "share": (share >= org.settings.project_share) & ~rated,
    }
    wrong = np.any(list(marks.values()), axis=0) if len(lines) else np.zeros(0, dtype=bool)
    seats = np.unique(lines["seat"].to_numpy()[wrong])
    problems: list[dict[str, Any]] = []
    for seat in seats:
        own = lines["seat"].to_numpy() == seat
        above = listing(org.seat_names(np.unique(lines["target"].to_numpy()[own])))
        problems.append(
            {
                name: above if name != "share" else f"{np.nanmax(share[own]):g}"
                for name, mark in marks.items()
                if mark[own].any()
            }
        )
    offenders = Offenders(
        "seat",
        seats,
        seat=org.seat_names(seats),
        problems=[phrases("checks.SUP-05.problem", found) for found in problems],
    )
    order = {int(seat): i for i, seat in enumerate(seats)}
    column = "dotted_superior" if table.has("dotted_superior") else "superior"
    at = [(order[int(s)], int(r)) for s, r in zip(lines["seat"][wrong], row[wrong], strict=True)]
    offenders.also("seat", lines["target"].to_numpy()[wrong], [i for i, _ in at])
    offenders.seen("posts", column, [r for _, r in at], [i for i, _ in at])
    return Result(offenders, max(1, lines["seat"].nunique()))


def percent(column: pd.Series) -> np.ndarray:
    """Shares in percent: ``0.3``, ``30`` and ``30%`` are one; NaN where nothing is given."""
    number = values.numbers(column)
    marked = column.str.contains("%|％", na=False).to_numpy(dtype=bool)
    return np.where((number <= 1) & ~marked, number * 100, number)


@CHAPTER.check(6, "high", subject="person", needs=["posts.superior", "posts.name|posts.employee_id|posts.email"],
               confidence="declared", tolerance=1)  # fmt: skip
def concurrent_posts(org: Organization, limits: SimpleNamespace) -> Result:
    """A person's posts answer to different superiors, and it is not settled which is primary and what each weighs."""
    person = org.seats["person"].to_numpy()
    counted = (person >= 0) & org.listed_seats
    several = np.flatnonzero(np.bincount(person[counted], minlength=len(org.persons)) > 1)
    above = np.where(org.tree >= 0, org.seats["position"].to_numpy()[np.maximum(org.tree, 0)], -1)
    share = percent(org.table("posts").text("share"))[org.seats["row"].to_numpy()]
    primary = org.seats["primary"].to_numpy(dtype=bool)
    concurrent = org.seats["concurrent"].to_numpy(dtype=bool)
    found: list[tuple[int, np.ndarray, dict[str, Any]]] = []
    for who in several.tolist():
        seats = org.person_seats(who)
        seats = seats[org.listed_seats[seats]]
        known = np.unique(above[seats][above[seats] >= 0])
        apart = len(known) > 1 or bool(np.isin(known, org.seats["position"].to_numpy()[seats[~org.roots[seats]]]).any())
        main = int(primary[seats].sum()) or int((~concurrent[seats]).sum() == 1 and concurrent[seats].any())
        problems: dict[str, Any] = {}
        if main > 1 or (main == 0 and apart):  # posts under one superior need no primary
            problems["none" if main == 0 else "several"] = len(seats)
        given = share[seats]
        rest = main == 1 and np.isnan(given[~concurrent[seats]]).all() and np.nansum(given) < 100
        if np.isnan(given).all():
            problems |= {"unweighted": len(seats)} if apart else {}
        elif abs(np.nansum(given) - 100) > limits.tolerance and not rest:
            problems["sum"] = round(float(np.nansum(given)), 1)
        if problems:
            found.append((who, seats, problems))
    offenders = Offenders(
        "person",
        [who for who, _, _ in found],
        severity=["blocker" if "none" in problems else "high" for _, _, problems in found],
        posts=[listing(org.seat_names(seats)) for _, seats, _ in found],
        superiors=[listing(dict.fromkeys(org.position_name(p) for p in above[s] if p >= 0)) for _, s, _ in found],
        problems=[phrases("checks.SUP-06.problem", problems) for _, _, problems in found],
    )
    row = org.seats["row"].to_numpy()
    for i, (_, seats, problems) in enumerate(found):
        offenders.also("seat", seats, [i] * len(seats))
        column = "share" if set(problems) == {"sum"} else "superior"
        offenders.seen("posts", column, row[seats], [i] * len(seats))
    return Result(offenders, max(1, len(several)))


@CHAPTER.check(10, "medium", subject="department", needs=["posts.superior", "posts.department|posts.department_level"],
               core=False, confidence="inferred", coheads=0)  # fmt: skip
def two_heads(org: Organization, limits: SimpleNamespace) -> Result:
    """Members of one position answer partly to the head and partly to the deputy; co-heads where configured (domain.md D)."""
    place = org.seats["department"].to_numpy()
    deputy = org.titles.str.contains(_DEPUTY, case=False, na=False).to_numpy(dtype=bool)
    superior = org.tree
    inside = (superior >= 0) & (place >= 0) & (place[np.maximum(superior, 0)] == place)
    frame = pd.DataFrame({"seat": np.flatnonzero(inside), "above": superior[inside]})
    frame["department"], frame["position"] = place[inside], pd.factorize(values.keys(org.titles))[0][inside]
    frame["deputy"] = deputy[frame["above"].to_numpy()]
    frame["leads"] = org.departments["head"].to_numpy()[place[inside]] == frame["above"].to_numpy()
    groups = frame.groupby(["department", "position"])
    mixed = groups["deputy"].transform("any") & groups["leads"].transform("any")
    split = frame[(mixed & (frame["deputy"] | frame["leads"])).to_numpy()]
    found = {int(d): part for d, part in split.groupby("department")}
    cohead = _coheads(org, place, deputy) if limits.coheads else {}
    departments = sorted({*found, *cohead})
    heads = {d: cohead.get(d) or sorted(set(found[d]["above"].tolist())) for d in departments}
    offenders = Offenders(
        "department",
        departments,
        variant=["coheads" if d in cohead else "split" for d in departments],
        department=[org.departments["name"].iat[d] for d in departments],
        heads=[listing(org.seat_names(np.array(heads[d]))) for d in departments],
    )
    row = org.seats["row"].to_numpy()
    for i, d in enumerate(departments):
        offenders.also("seat", heads[d], [i] * len(heads[d]))
        seats = found[d]["seat"].tolist() if d in found and d not in cohead else heads[d]
        offenders.seen("posts", "superior", row[seats][:50], [i] * len(seats[:50]))
    return Result(offenders, max(1, len(np.unique(place[place >= 0]))))


def _coheads(org: Organization, place: np.ndarray, deputy: np.ndarray) -> dict[int, list[int]]:
    """Departments with several positions at the level of its head, none a deputy."""
    titled = org.titles.str.contains(_HEADS, case=False, na=False).to_numpy(dtype=bool) & ~deputy & (place >= 0)
    outside = (org.tree < 0) | (place[np.maximum(org.tree, 0)] != place)
    frame = pd.DataFrame({"seat": np.arange(org.n), "department": place, "position": org.seats["position"]})
    frame = frame[titled & outside].drop_duplicates("position")
    return {int(d): part["seat"].tolist() for d, part in frame.groupby("department") if len(part) > 1}
