"""Principle 1, one superior: one person gives the instructions and signs the appraisal.

The chart joins seats, and superiors are counted as positions: two shift leaders in one position are one superior.
Dotted lines advise and never count. A vacant superior is said once and is not climbed over in silence.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd

from orgaudit.check import Chapter
from orgaudit.finding import ORGANIZATION, Offenders, Result, listing
from orgaudit.organization import Organization, Status

CHAPTER = Chapter("SUP")


@CHAPTER.check(1, "blocker", subject="seat", needs=["posts.superior"], most_superiors=1, repeated_ids=0.05)
def several_superiors(org: Organization, limits: SimpleNamespace) -> Result:
    """A seat, or a position held once, with more than one solid-line superior position (domain.md C15, C17)."""
    known = org.solid[(org.solid["status"] == Status.FOUND).to_numpy() & (org.solid["position"] >= 0).to_numpy()]
    pairs = known.drop_duplicates(["seat", "position"])
    count = np.bincount(pairs["seat"], minlength=org.n) if len(pairs) else np.zeros(org.n, np.int64)
    subjects: list[int] = np.flatnonzero(count > limits.most_superiors).tolist()
    held = [[seat] for seat in subjects]
    for seats in _positions_held_once(org, pairs, limits):
        if not any(count[seat] > limits.most_superiors for seat in seats):
            subjects.append(int(seats[0]))
            held.append([int(seat) for seat in seats])
    superiors: list[list[int]] = [sorted(set(pairs["position"][pairs["seat"].isin(seats)].tolist())) for seats in held]
    offenders = Offenders(
        "seat",
        subjects,
        seat=org.seat_names(np.array(subjects, dtype=np.int64)),
        n=[len(positions) for positions in superiors],
        superiors=[listing(org.position_name(int(p)) for p in positions) for positions in superiors],
    ).holding(held)
    for i, (own, positions) in enumerate(zip(held, superiors, strict=True)):
        offenders.also("position", positions, [i] * len(positions))
        cells = known["row"][known["seat"].isin(own)].unique().tolist()
        offenders.seen("posts", "superior", cells, [i] * len(cells))
    return Result(offenders, org.n)


def _positions_held_once(org: Organization, pairs: pd.DataFrame, limits: SimpleNamespace) -> list[np.ndarray]:
    """Seats of positions that several rows give different superiors though the position is meant to be held once.

    Where ids repeat all over the file the column is a job code, and different superiors of incumbents are normal.
    """
    if not org.review.has("posts", "position_id"):
        return []
    positions = org.positions
    with_id = positions["id"].notna().to_numpy()
    repeated = int((positions["seats"].to_numpy()[with_id] - 1).sum())
    if repeated > limits.repeated_ids * org.n:
        return []
    from orgaudit.reading import values

    headcount = (
        values.numbers(org.table("posts").text("headcount"))[positions["row"].to_numpy()]
        if org.review.has("posts", "headcount")
        else np.full(len(positions), np.nan)
    )
    once = with_id & (positions["seats"].to_numpy() > 1) & ~(headcount > 1)
    own = org.seats["position"].to_numpy()
    several = pairs.assign(of=own[pairs["seat"].to_numpy()]).groupby("of")["position"].nunique()
    return [org.position_seats(int(p)) for p in several.index[several > limits.most_superiors] if once[int(p)]]


@CHAPTER.check(2, "blocker", subject="seat", needs=["posts.superior"])
def no_superior(org: Organization, limits: SimpleNamespace) -> Result:
    """A seat without a superior that is no root, or whose only superior has left (then DAT-05 is the cause)."""
    gone = np.zeros(org.n, dtype=bool)
    gone[org.solid["seat"][org.solid["status"].isin(Status.GONE).to_numpy()]] = True
    gone[org.solid["seat"][~org.solid["status"].isin(Status.GONE).to_numpy()]] = False
    seats = np.flatnonzero((org.blank_superior & ~org.roots & ~org.seats["status"].eq("abolished").to_numpy()) | gone)
    offenders = Offenders("seat", seats, seat=org.seat_names(seats))
    offenders.seen("posts", "superior", org.seats["row"].to_numpy()[seats])
    has_tree = org.size[seats] > 1 if len(seats) else np.zeros(0, dtype=bool)
    entity = org.entity[seats] if len(seats) else np.zeros(0, np.int64)
    offenders.because("DAT-05", "seat", seats, gone[seats])
    offenders.because("SUP-04", ORGANIZATION, [f"{ORGANIZATION}/{e}" for e in entity], has_tree)
    return Result(offenders, org.n)


@CHAPTER.check(3, "blocker", subject="seat", needs=["posts.superior"])
def reporting_loop(org: Organization, limits: SimpleNamespace) -> Result:
    """A loop of solid lines, once, as a path; a seat that reports to itself is a loop of one."""
    names = [org.seat_names(np.array([*loop, loop[0]])) for loop in org.loops]
    offenders = Offenders(
        "seat",
        [loop[0] for loop in org.loops],
        n=[len(loop) for loop in org.loops],
        path=[" → ".join(path[:8] + (["…"] if len(path) > 8 else [])) for path in names],
    )
    offenders.holding(org.loops)
    row = org.seats["row"].to_numpy()
    for i, loop in enumerate(org.loops):
        offenders.also("seat", loop[1:], [i] * (len(loop) - 1))
        offenders.seen("posts", "superior", row[loop[:200]], [i] * min(200, len(loop)))
    return Result(offenders, org.n)


@CHAPTER.check(4, "high", subject=ORGANIZATION, needs=["posts.superior"])
def several_roots(org: Organization, limits: SimpleNamespace) -> Result:
    """Besides the root, tops that nobody declared and that lead seats of their own; one finding per legal entity."""
    tops = np.flatnonzero(org.blank_superior & ~org.roots & (org.size > 1) & ~org.in_loop)
    entities: list[int] = np.unique(org.entity[tops]).tolist()
    offenders = Offenders(
        ORGANIZATION,
        [f"{ORGANIZATION}/{entity}" for entity in entities],
        n=[int((org.entity[tops] == entity).sum()) + 1 for entity in entities],
        tops=[_tops(org, tops[org.entity[tops] == entity], int(entity)) for entity in entities],
    ).holding([[] for _ in entities])
    for i, entity in enumerate(entities):
        own = tops[org.entity[tops] == entity]
        main = np.flatnonzero(org.main_root & (org.entity == entity))
        offenders.also("seat", [*main, *own], [i] * (len(own) + len(main)))
        offenders.seen("posts", "superior", org.seats["row"].to_numpy()[own], [i] * len(own))
    return Result(offenders, max(1, len(np.unique(org.entity))))


def _tops(org: Organization, tops: np.ndarray, entity: int) -> dict[str, str]:
    seats = [*np.flatnonzero(org.main_root & (org.entity == entity)), *tops]
    return listing(
        f"{name} ({int(org.size[seat])})" for seat, name in zip(seats, org.seat_names(np.array(seats)), strict=True)
    )


@CHAPTER.check(9, "high", subject="seat", needs=["posts.superior"])
def vacant_superior(org: Organization, limits: SimpleNamespace) -> Result:
    """The superior's position has nobody in it; the nearest occupied superior is proposed as acting appraiser."""
    lines = org.solid
    empty = (lines["position"] >= 0).to_numpy() & (lines["status"] == Status.FOUND).to_numpy()
    empty[empty] = org.incumbents[lines["position"].to_numpy()[empty]] == 0
    empty |= (lines["status"] == Status.VACANT).to_numpy()
    lines = lines[empty].drop_duplicates("seat")
    lines = lines[org.occupied[lines["seat"].to_numpy()]]
    seats = lines["seat"].to_numpy()
    acting = [next((a for a in org.chain(int(s)) if org.occupied[a]), -1) for s in seats]
    superiors = [org.position_name(int(p)) if p >= 0 else "" for p in lines["position"]]
    offenders = Offenders(
        "seat",
        seats,
        variant=["proposed" if a >= 0 else "plain" for a in acting],
        seat=org.seat_names(seats),
        superior=superiors,
        acting=[org.seat_names(np.array([a]))[0] if a >= 0 else "" for a in acting],
    )
    offenders.also("position", lines["position"].to_numpy())
    offenders.seen("posts", "superior", lines["row"].to_numpy())
    return Result(offenders, int(org.occupied.sum()))
