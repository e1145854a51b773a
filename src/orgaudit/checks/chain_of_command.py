"""Principle 4, level by level: orders go down and reports come up one step at a time.

A superior may inspect anywhere and command the next level; a subordinate may appeal anywhere and reports to the next.
Spans and layers are printed as reference, not scored. Names of senders and receivers are never printed.
"""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pandas as pd

from orgaudit.check import Chapter, NotAssessable
from orgaudit.finding import Offenders, Result
from orgaudit.organization import Organization, Status
from orgaudit.reading import values

CHAPTER = Chapter("CHN")


@CHAPTER.check(
    1,
    "medium",
    subject="seat",
    confidence="declared",
    needs=["directives", "posts.superior"],
    pair=3,
    share=20,
    logged=10,
)
def skip_level_orders(org: Organization, limits: SimpleNamespace) -> Result:
    """Orders from a superior two or more levels up, past an occupied direct superior who was not copied."""
    orders = _orders(org)
    if not len(orders):
        raise NotAssessable("no_orders")
    received = orders.groupby("receiver")["row"].nunique()
    middle = org.tree[orders["receiver"].to_numpy()]
    skipping = (
        org.above(orders["sender"].to_numpy(), orders["receiver"].to_numpy())
        & (middle != orders["sender"].to_numpy())
        & (middle >= 0)
        & org.occupied[np.maximum(middle, 0)]
    )
    person = org.seats["person"].to_numpy()
    same = (person[np.maximum(middle, 0)] == person[orders["sender"].to_numpy()]) & (
        person[orders["sender"].to_numpy()] >= 0
    )
    dotted = set(zip(org.dotted["seat"], org.dotted["target"], strict=True)) if len(org.dotted) else set()
    project = np.array([pair in dotted for pair in zip(orders["receiver"], orders["sender"], strict=True)], dtype=bool)
    skipped = orders[skipping & ~same & ~project & ~_copied(org, orders, middle)]
    quarter = skipped["date"].astype("datetime64[s]").dt.to_period("Q").astype(str)
    groups = skipped.assign(quarter=quarter).groupby(["receiver", "sender"], sort=True)
    rows = []
    for (receiver, _), group in groups:
        count, share = len(group), 100 * len(group) / int(received[receiver])
        often = int(group.groupby("quarter").size().max()) >= limits.pair
        if often or share >= limits.share:
            rows.append((int(receiver), count, share, often, group["row"].tolist()))
    few = len(orders) < limits.logged
    names = org.departments["name"].tolist()
    place = org.seats["department"].to_numpy()
    offenders = Offenders(
        "seat",
        [row[0] for row in rows],
        severity=[
            "info" if few else "high" if often and share >= limits.share else "medium" for _, _, share, often, _ in rows
        ],
        n=[row[1] for row in rows],
        share=[round(row[2]) for row in rows],
        department=[names[place[row[0]]] if place[row[0]] >= 0 else "–" for row in rows],
    ).apart([str(i) for i in _numbers([row[0] for row in rows])])
    offenders.also("department", [int(place[row[0]]) for row in rows])
    for i, row in enumerate(rows):
        offenders.seen("directives", "kind", row[4], [i] * len(row[4]))
    return Result(offenders, max(1, orders["receiver"].nunique()))


def _numbers(items: list[int]) -> list[int]:
    return pd.Series(items, dtype="int64").groupby(items).cumcount().tolist() if items else []


def _orders(org: Organization) -> pd.DataFrame:
    """Orders with sender and receiver as seats: ``row, sender, receiver, date``."""
    table = org.table("directives")
    kind = (
        values.closed(table.text("kind"), "directive_kind") if table.has("kind") else pd.Series(["order"] * len(table))
    )
    dates = values.dates(table.text("date"))
    ends = []
    for name in ("sender", "receiver"):
        found = org.link("directives", name).found()
        ends.append(pd.DataFrame({"row": found.row, name: _seats(org, found.kind, found.index)}))
    both = ends[0].merge(ends[1], on="row")
    both = both[(both["sender"] >= 0) & (both["receiver"] >= 0)]
    both = both[kind.eq("order").to_numpy()[both["row"].to_numpy()]]
    return both.assign(date=dates[both["row"].to_numpy()]).reset_index(drop=True)


def _seats(org: Organization, kind: np.ndarray, index: np.ndarray) -> np.ndarray:
    """A seat per target: the first of a position or person."""
    result = np.full(len(kind), -1, dtype=np.int64)
    for code, column in ((1, "position"), (2, "person")):
        of = org.seats[column].to_numpy()
        first = np.full(int(max(of.max(initial=-1), index.max(initial=-1))) + 1, -1, dtype=np.int64)
        held = np.flatnonzero(of >= 0)
        first[of[held][::-1]] = held[::-1]
        result[kind == code] = first[index[kind == code]]
    result[kind == 3] = index[kind == 3]
    return result


def _copied(org: Organization, orders: pd.DataFrame, middle: np.ndarray) -> np.ndarray:
    """Boolean per order: the skipped superior was copied."""
    found = org.link("directives", "copied").found()
    seats = _seats(org, found.kind, found.index)
    told = set(zip(found.row.tolist(), seats.tolist(), strict=True))
    return np.array([(row, int(m)) in told for row, m in zip(orders["row"], middle, strict=True)], dtype=bool)


@CHAPTER.check(4, "high", subject="seat", confidence="declared", needs=["posts.grade", "posts.superior"])
def grade_inversion(org: Organization, limits: SimpleNamespace) -> Result:
    """The superior's grade is below the subordinate's on the same track; equal is low, but for a head and deputies."""
    rank, track = grades(org)
    lines = org.solid[
        ((org.solid["target"] >= 0) & (org.solid["target"] != org.solid["seat"])).to_numpy()
    ].drop_duplicates(["seat", "target"])
    child, superior = lines["seat"].to_numpy(), lines["target"].to_numpy()
    comparable = ~np.isnan(rank[child]) & ~np.isnan(rank[superior]) & (track[child] == track[superior])
    if not comparable.any():
        raise NotAssessable("grades_not_comparable")
    lines, child, superior = lines[comparable], child[comparable], superior[comparable]
    difference = rank[superior] - rank[child]
    downward = pd.Series(np.sign(difference)).groupby(track[child]).sum()
    flipped = np.isin(track[child], downward.index[downward < 0]) & (len(child) >= 5)  # a scale where 1 is the highest
    difference = np.where(flipped, -difference, difference)
    deputies = org.titles.str.contains(r"副|deputy|vice|assistant|助理|常务", case=False, na=False).to_numpy(dtype=bool)
    equal = (difference == 0) & ~deputies[child] & ~org.general_manager[superior]
    wrong = (difference < 0) | equal
    at, lines = np.flatnonzero(wrong), lines[wrong]
    row = org.seats["row"].to_numpy()
    text = org.table("posts").text("grade").to_numpy(dtype=object)
    offenders = Offenders(
        "seat",
        child[at],
        severity=["high" if difference[i] < 0 else "low" for i in at],
        variant=["below" if difference[i] < 0 else "equal" for i in at],
        seat=org.seat_names(child[at]),
        superior=org.seat_names(superior[at]),
        own=[str(t) for t in text[row[child[at]]]],
        above=[str(t) for t in text[row[superior[at]]]],
    )
    offenders.also("position", lines["position"].to_numpy())
    offenders.seen("posts", "grade", row[child[at]]).seen("posts", "grade", row[superior[at]])
    return Result(offenders, int(comparable.sum()))


_GRADE = re.compile(r"^([^\d一二三四五六七八九十]*?)[-\s]*(\d+|[一二三四五六七八九十]+)([^\d]*)$")
_CHINESE = {c: i for i, c in enumerate("零一二三四五六七八九")}


def grades(org: Organization) -> tuple[np.ndarray, np.ndarray]:
    """Rank (NaN = none) and track (a code) of each seat's grade; letters before the number are the track."""
    text = org.table("posts").text("grade")
    order = {values.key(name): place for place, name in enumerate(org.settings.grade_order)}
    named_tracks = {values.key(name): track for name, track in org.settings.grade_tracks.items()}

    def read(said: str) -> tuple[float, str] | None:
        spelled = values.key(said)
        if spelled in order:
            return float(order[spelled]), named_tracks.get(spelled, "order")
        found = _GRADE.match(spelled)
        if not found:
            return None
        letters, digits, tail = found.groups()
        number = int(digits) if digits.isdecimal() else _chinese_number(digits)
        return float(number), named_tracks.get(letters, letters.strip()) + "|" + re.sub(r"[a-z]$", "", tail)

    parsed = values.distinct_map(text, read).to_numpy()[org.seats["row"].to_numpy()]
    rank = np.array([p[0] if p else np.nan for p in parsed], dtype=float)
    track = pd.factorize(np.array([p[1] if p else "" for p in parsed], dtype=object))[0]
    return rank, track


def _chinese_number(text: str) -> int:
    if "十" in text:
        tens, _, ones = text.partition("十")
        return _CHINESE.get(tens, 1) * 10 + _CHINESE.get(ones, 0)
    return _CHINESE.get(text[:1], 0)


@CHAPTER.check(5, "medium", subject="seat", needs=["posts.superior"], scored=False, span=15, frontline=25)
def wide_span(org: Organization, limits: SimpleNamespace) -> Result:
    """More direct reports than one person can lead, counted as heads (domain.md C9)."""
    heads = spans(org)
    front = _frontline(org)
    wide = np.where(front, heads > limits.frontline, heads > limits.span)
    seats = np.flatnonzero(wide)
    offenders = Offenders(
        "seat",
        seats,
        severity=["high" if heads[s] > limits.frontline and not front[s] else "medium" for s in seats],
        variant=["frontline" if front[s] else "plain" for s in seats],
        seat=org.seat_names(seats),
        n=[round(float(heads[s]), 1) for s in seats],
        limit=[int(limits.frontline if front[s] else limits.span) for s in seats],
    ).seen("posts", None, org.seats["row"].to_numpy()[seats])
    return Result(offenders, max(1, int((org.reports > 0).sum())))


def _report_lines(org: Organization) -> pd.DataFrame:
    lines = org.solid[
        (org.solid["target"] >= 0).to_numpy() & (org.solid["status"] == Status.FOUND).to_numpy()
    ].drop_duplicates(["seat", "target"])
    return lines[~org.assistants[lines["seat"].to_numpy()] & (lines["seat"] != lines["target"]).to_numpy()]


def spans(org: Organization) -> np.ndarray:
    """Heads directly below each seat: a vacant seat half, headcount where no persons are listed, shared by co-incumbents."""
    lines = _report_lines(org)
    weight = np.where(org.occupied, org.head_count, 0.5)
    heads = (
        np.bincount(lines["target"], weights=weight[lines["seat"].to_numpy()], minlength=org.n)
        if len(lines)
        else np.zeros(org.n)
    )
    share = np.maximum(1, org.incumbents[org.seats["position"].to_numpy()])
    return np.asarray(heads / share)


_FRONTLINE = (
    r"操作|工人|装配工|普工|车工|焊工|技工|包装工|坐席|客服专员|营业员|店员|保洁|保安|司机"
    r"|operator|worker|agent|driver|cleaner|guard|assembler|technician"
)


def _frontline(org: Organization) -> np.ndarray:
    """Boolean per seat: all its reports are leaves of one position, or of operator, worker, agent, driver families."""
    lines = _report_lines(org)
    result = np.zeros(org.n, dtype=bool)
    if not len(lines):
        return result
    child, superior = lines["seat"].to_numpy(), lines["target"].to_numpy()
    leaf = org.reports[child] == 0
    family = org.titles.str.contains(_FRONTLINE, case=False, na=False).to_numpy(dtype=bool)[child]
    frame = pd.DataFrame(
        {"superior": superior, "leaf": leaf, "family": family, "position": org.seats["position"].to_numpy()[child]}
    )
    grouped = frame.groupby("superior")
    good = grouped["leaf"].all() & (grouped["family"].all() | (grouped["position"].nunique() == 1))
    result[good.index[good].to_numpy()] = True
    return result


@CHAPTER.check(7, "medium", subject="organization", needs=["posts.superior"], scored=False, layers=0)
def too_many_layers(org: Organization, limits: SimpleNamespace) -> Result:
    """More seats on the longest solid path than the size of the organization calls for (domain.md C9)."""
    limit = int(limits.layers) or layer_limit(max(org.heads, 1))
    outside = ~org.in_loop & ~org.in_loop[org.top]
    depth = np.where(outside, org.depth, -1)
    deepest: dict[int, int] = {}
    branch = _branches(org)
    for seat in np.flatnonzero(depth + 1 > limit):
        top = int(branch[seat])
        if top not in deepest or depth[seat] > depth[deepest[top]]:
            deepest[top] = int(seat)
    tops, leaves = list(deepest), list(deepest.values())
    offenders = Offenders(
        "organization",
        [f"organization/{org.seats['id'].iat[top]}" for top in tops],
        branch=org.seat_names(np.array(tops, dtype=np.int64)),
        n=[int(depth[leaf]) + 1 for leaf in leaves],
        limit=limit,
        path=[" → ".join(reversed(org.seat_names(np.array([leaf, *org.chain(leaf)])))) for leaf in leaves],
    ).holding([[] for _ in tops])
    for i, (top, leaf) in enumerate(zip(tops, leaves, strict=True)):
        offenders.also("seat", [top, leaf], [i, i])
        offenders.seen(
            "posts",
            "superior",
            org.seats["row"].to_numpy()[[leaf, *org.chain(leaf)]][:20],
            [i] * min(20, int(depth[leaf]) + 1),
        )
    return Result(offenders, 1)


def layer_limit(heads: int) -> int:
    """The smallest k with 6^k >= heads, plus 2, at most 8."""
    return min(8, next(k for k in range(40) if 6**k >= heads) + 2)


def _branches(org: Organization) -> np.ndarray:
    """Each seat's ancestor on the second level (a top is its own branch)."""
    branch = np.arange(org.n)
    deep = org.depth > 1
    while deep.any():
        branch[deep] = org.tree[branch[deep]]
        deep = org.depth[branch] > 1
    return branch
