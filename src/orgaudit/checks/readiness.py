"""Readiness: before a review starts, each (seat, person) has an appraiser, duties and a complete set of indicators.

Most of what fails here follows from a cause elsewhere and is folded under it. Who is not appraised at all is left out.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from orgaudit.check import Chapter, NotAssessable
from orgaudit.checks.appraisers import appraisers
from orgaudit.finding import Offenders, Result, phrases
from orgaudit.organization import Organization, Status
from orgaudit.reading import values

CHAPTER = Chapter("RDY")


@CHAPTER.check(1, "blocker", subject="position", needs=["posts", "posts.title"])
def not_identifiable(org: Organization, limits: SimpleNamespace) -> Result:
    """A position without a title or department; headcount is asked for only where rows are positions, not people."""
    table = org.table("posts")
    row = org.positions["row"].to_numpy()
    listed = org.listed_positions
    place = org.positions["department"].to_numpy()
    top = np.zeros(len(org.positions), dtype=bool)
    top[org.seats["position"].to_numpy()[org.main_root]] = True  # above all departments
    units = table.filled("department") | table.filled("department_level")
    marks = {
        "title": listed & org.positions["title"].isna().to_numpy(),
        "department": listed & units.any() & ~units[row] & (place < 0) & ~top,
        "headcount": listed
        & table.has("headcount")
        & ~(table.filled("name") | table.filled("employee_id")).any()
        & ~table.filled("headcount")[row],
    }
    positions = np.flatnonzero(np.any(list(marks.values()), axis=0))
    problems = [{name: "" for name, mark in marks.items() if mark[p]} for p in positions]
    offenders = Offenders(
        "position",
        positions,
        severity=["low" if set(own) == {"headcount"} else "blocker" for own in problems],
        position=[org.position_name(int(p)) for p in positions],
        problems=[phrases("checks.RDY-01.problem", own) for own in problems],
    )
    for i, (p, own) in enumerate(zip(positions, problems, strict=True)):
        for name in own:
            offenders.seen("posts", name if table.has(name) else None, [int(row[p])], [i])
    return Result(offenders, max(1, int(listed.sum())))


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
    has |= org.family(has)
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
    offenders.because("DUT-05", "seat", [int(org.position_seats(int(p))[0]) for p in positions])
    return Result(offenders, max(1, int(judged.sum())))


@CHAPTER.check(7, "medium", subject="seat", confidence="declared", core=False, needs=["posts.superior"])
def no_route_of_appeal(org: Organization, limits: SimpleNamespace) -> Result:
    """Nobody reviews the rating, or the receiver of appeals stands in the line of who is rated."""
    policy, calendar = org.settings.policy, org.settings.calendar
    if not policy and not calendar:
        raise NotAssessable("no_policy")
    receiver = str(policy.get("appeal_receiver") or "")
    row = org.seats["row"].to_numpy()
    named = org.table("posts").filled("reviewer")[row]
    above = org.tree
    second = np.where(above >= 0, org.tree[np.maximum(above, 0)], -1) >= 0
    under_root = (above >= 0) & (org.root_marked | org.main_root)[np.maximum(above, 0)]  # the board reviews there
    judged = org.judged & ~org.main_root & ~org.root_marked
    unreviewed = judged & ~named & ~second & ~under_root
    in_line = np.zeros(org.n, dtype=bool)
    for seat in _seats_called(org, receiver):
        in_line |= judged & org.above(np.full(org.n, seat), np.arange(org.n))
    seats = np.flatnonzero(unreviewed | in_line | (judged & (not receiver)))
    offenders = Offenders(
        "seat",
        seats,
        variant=["review" if unreviewed[s] else "line" if receiver else "policy" for s in seats],
        seat=org.seat_names(seats),
        receiver=receiver,
    )
    offenders.seen("posts", "superior", row[seats])
    offenders.because("SUP-02", "seat", seats, org.blank_superior[seats] & unreviewed[seats])
    common = [i for i, s in enumerate(seats) if not unreviewed[s]]  # one line of the policy mends them all
    for i in common[1:]:
        offenders.causes[i] = ("RDY-07", "seat", int(seats[common[0]]))
    return Result(offenders.holding([[] for _ in seats]), max(1, int(judged.sum())))


def _seats_called(org: Organization, text: str) -> list[int]:
    """Seats of the position or person that a text of the configuration names."""
    spelled = values.key(text)
    if not spelled:
        return []
    named = [values.keys(org.titles), values.keys(org.seats["id"])]
    person = org.seats["person"].to_numpy()
    names = np.array([*values.keys(org.persons["name"].astype("str")), None], dtype=object)
    hit = np.any([column.eq(spelled).to_numpy(dtype=bool) for column in named], axis=0) | (names[person] == spelled)
    return np.flatnonzero(hit).tolist()


@CHAPTER.check(8, "medium", subject="seat", confidence="declared", core=False,
               needs=["posts.valid_from|posts.hire_date|indicators.adjusted_at"], min_months=3, min_share=50)  # fmt: skip
def change_inside_period(org: Organization, limits: SimpleNamespace) -> Result:
    """Post, superior or targets changed inside the period and no rule splits the score, or the time is too short."""
    calendar = org.settings.calendar
    if "period_start" not in calendar or "period_end" not in calendar:
        raise NotAssessable("no_period")
    start, end = (np.datetime64(calendar[name]) for name in ("period_start", "period_end"))
    days = int((end - start) / np.timedelta64(1, "D")) + 1
    row = org.seats["row"].to_numpy()
    began, hired = (values.dates(org.table("posts").text(name))[row] for name in ("valid_from", "hire_date"))
    began = np.where(np.isnat(began), hired, began)
    settled = org.judged & ~org.seats["employment"].eq("probation").to_numpy()
    inside = settled & (began > start) & (began <= end)
    inside[[seat for seat in np.flatnonzero(inside).tolist() if _only_renamed(org, seat)]] = False
    left = np.where(inside, (end - began) / np.timedelta64(1, "D") + 1, days)
    short = inside & (left < min(limits.min_months * 30.4, limits.min_share / 100 * days))
    moved = inside & ~(hired >= began)  # a newcomer has not changed
    split = bool(org.settings.policy.get("split_rule"))
    cells = _adjusted_targets(org, start, end)
    adjusted = np.zeros(org.n, dtype=bool)
    adjusted[list(cells)] = True
    seats = np.flatnonzero(short | (moved | adjusted & settled) & (not split))
    offenders = Offenders(
        "seat",
        seats,
        variant=["short" if short[s] else "changed" if moved[s] else "target" for s in seats],
        seat=org.seat_names(seats),
        days=[int(left[s]) for s in seats],
        of=days,
    )
    posts = org.table("posts")
    for i, s in enumerate(seats.tolist()):
        if inside[s]:
            column = "valid_from" if posts.filled("valid_from")[row[s]] else "hire_date"
            offenders.seen("posts", column, [int(row[s])], [i])
        else:
            offenders.seen("indicators", "adjusted_at", cells[s], [i] * len(cells[s]))
    return Result(offenders.holding([[] for _ in seats]), max(1, int(org.judged.sum())))


def _adjusted_targets(org: Organization, start: np.datetime64, end: np.datetime64) -> dict[int, list[int]]:
    """Seats of which a target was adjusted inside the period → rows of indicators."""
    cells: dict[int, list[int]] = {}
    if "indicators" in org.review:
        when = values.dates(org.table("indicators").text("adjusted_at"))
        measured = org.work.indicator_seats()
        hit = (when[measured.row] > start) & (when[measured.row] <= end)
        for seat, line in zip(measured.index[hit].tolist(), measured.row[hit].tolist(), strict=True):
            cells.setdefault(seat, []).append(line)
    return cells


def _only_renamed(org: Organization, seat: int) -> bool:
    """Whether the row that this one replaced differs in nothing but the title."""
    posts, row = org.table("posts"), int(org.seats["row"].iat[seat])
    person = posts.value(row, "employee_id")
    if person is None:
        return False
    before = np.flatnonzero(
        posts.text("employee_id").eq(person).to_numpy(dtype=bool) & np.isin(org.aside, ["replaced", "expired"])
    )
    same = ("position_id", "department", "superior", "grade")
    return any(all(posts.value(int(old), name) == posts.value(row, name) for name in same) for old in before)
