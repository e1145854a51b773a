"""Principle 4, level by level, in the chart: no level is jumped, grades rise with the line, spans and layers fit.

Spans and layers are printed as reference, not scored.
"""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pandas as pd

from orgaudit import catalog
from orgaudit.check import Chapter, NotAssessable
from orgaudit.finding import Offenders, Result
from orgaudit.organization import Organization, Status, graph, logged
from orgaudit.reading import values

CHAPTER = Chapter("CHN")


_INDEPENDENT = {"audit", "safety", "quality", "top"}
_SPECIALIST = catalog.pattern("specialist")


@CHAPTER.check(3, "medium", subject="seat", confidence="declared", core=False,
               needs=["posts.superior", "departments"], levels=2)  # fmt: skip
def level_jump(org: Organization, limits: SimpleNamespace) -> Result:
    """A seat that reports past an occupied head between, counted in levels of departments (domain.md C10)."""
    level, middle = _levels(org)
    above = org.tree
    safe = np.maximum(above, 0)
    between = np.maximum(middle, 0)
    jump = (
        (above >= 0)
        & (middle >= 0)
        & (middle != safe)
        & (level - level[safe] >= limits.levels)
        & (level[between] > level[safe])
        & (level[between] < level)
        & org.occupied[between]
        & org.above(above, middle)
    )
    kinds = org.departments["kinds"].tolist()
    place = org.seats["department"].to_numpy()
    free = np.array([bool(own & _INDEPENDENT) for own in kinds] + [True], dtype=bool)[place]
    special = org.titles.str.contains(_SPECIALIST, case=False, na=False).to_numpy(dtype=bool)
    seats = np.flatnonzero(jump & ~free & ~special & ~org.assistants & org.listed_seats)
    offenders = Offenders(
        "seat",
        seats,
        seat=org.seat_names(seats),
        superior=org.seat_names(above[seats]),
        between=org.seat_names(middle[seats]),
    )
    offenders.also("seat", middle[seats]).seen("posts", "superior", org.seats["row"].to_numpy()[seats])
    offenders.because("SUP-09", "seat", seats)
    return Result(offenders, max(1, int((above >= 0).sum())))


def _levels(org: Organization) -> tuple[np.ndarray, np.ndarray]:
    """Management level per seat – the depth of the department it heads, else one below its department's head – and the
    nearest head between the seat and what stands above its department (-1 none).

    Where departments have no common top, the root stands above all of them.
    """
    tree = org.department_tree
    depth = graph.depths(tree) if len(tree) else np.zeros(0, np.int64)
    head = org.departments["head"].to_numpy(dtype=np.int64)
    place, headed = org.seats["department"].to_numpy(), org.headed
    level = (
        np.where(headed >= 0, depth[np.maximum(headed, 0)], depth[np.maximum(place, 0)] + 1) if len(depth) else headed
    )
    level = np.asarray(level, dtype=np.int64).copy()
    if int((tree < 0).sum()) > 1:
        level[org.main_root] = -1
    nearest = np.full(len(tree) + 1, -1, dtype=np.int64)
    for department in np.argsort(depth, kind="stable"):
        up = int(tree[department])
        seat = int(head[department])
        known = seat >= 0 and bool(org.occupied[seat])
        nearest[department] = seat if known else nearest[up] if up >= 0 else -1
    own = np.where(headed >= 0, tree[np.maximum(headed, 0)] if len(tree) else -1, place)
    middle = nearest[own]
    return level, np.where(middle == np.arange(org.n), -1, middle)


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
    deputies = org.titles.str.contains(_DEPUTY, case=False, na=False).to_numpy(dtype=bool)
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


_DEPUTY = catalog.pattern("deputy")
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


_FRONTLINE = catalog.pattern("frontline")


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


@CHAPTER.check(6, "low", subject="seat", needs=["posts.superior"], scored=False, narrow=3, small=30, site=3)
def narrow_span(org: Organization, limits: SimpleNamespace) -> Result:
    """A manager with one direct report, or narrow spans on two successive levels; planned posts count as filled."""
    lines = _report_lines(org)
    planned = np.where(org.occupied, org.head_count, 1.0)
    if org.review.has("posts", "headcount"):
        approved = values.numbers(org.table("posts").text("headcount"))[org.seats["row"].to_numpy()]
        alone = np.bincount(org.seats["position"], minlength=len(org.positions))[org.seats["position"].to_numpy()] == 1
        planned = np.where(alone & (approved > planned), approved, planned)
    heads = (
        np.bincount(lines["target"], weights=planned[lines["seat"].to_numpy()], minlength=org.n)
        if len(lines)
        else np.zeros(org.n)
    )
    shared = org.incumbents[org.seats["position"].to_numpy()] > 1  # two in one position share a team
    fresh = _fresh(org)
    deputy = org.titles.str.contains(_DEPUTY, case=False, na=False).to_numpy(dtype=bool)
    leads = (
        (heads > 0) & ~org.roots & ~fresh & ~shared & org.listed_seats & ~org.in_loop & ~_small_site(org, limits.site)
    )
    first = np.full(org.n, -1, dtype=np.int64)
    first[lines["target"].to_numpy()[::-1]] = lines["seat"].to_numpy()[::-1]
    learner = org.titles.str.contains(_LEARNER, case=False, na=False).to_numpy(dtype=bool)
    learner = learner | org.seats["employment"].eq("intern").to_numpy(dtype=bool)
    one = leads & (heads == 1) & ~(deputy | learner)[np.maximum(first, 0)]
    narrow = leads & (heads > 1) & (heads <= limits.narrow)
    chain = np.zeros(org.n, dtype=bool)
    if org.heads >= limits.small:
        chain[org.tree[np.flatnonzero((narrow | one) & (org.tree >= 0))]] = True
    chain &= narrow
    seats = np.flatnonzero(one | chain)
    double = one & (heads[np.maximum(first, 0)] > 0)
    offenders = Offenders(
        "seat",
        seats,
        variant=["pair" if double[s] else "one" if one[s] else "chain" for s in seats],
        seat=org.seat_names(seats),
        report=org.seat_names(np.maximum(first[seats], 0)),
        n=[int(heads[s]) for s in seats],
    ).seen("posts", None, org.seats["row"].to_numpy()[seats])
    return Result(offenders.holding([[] for _ in seats]), max(1, int((org.reports > 0).sum())))


_LEARNER = catalog.pattern("learner")


def _small_site(org: Organization, most: float) -> np.ndarray:
    """Boolean per seat: it works with few others at a place of its own."""
    if not org.review.has("posts", "location"):
        return np.zeros(org.n, dtype=bool)
    place = values.keys(org.table("posts").text("location")).to_numpy(dtype=object)[org.seats["row"].to_numpy()]
    codes, names = pd.factorize(place)
    size = np.append(np.bincount(codes[codes >= 0], weights=org.head_count[codes >= 0], minlength=len(names)), np.inf)
    return np.asarray((size[codes] <= most) & (len(names) > 1))


def _fresh(org: Organization) -> np.ndarray:
    """Boolean per seat: a new post, whose team may still be growing."""
    if not org.review.has("posts", "is_new"):
        return np.zeros(org.n, dtype=bool)
    return np.asarray(values.yes(org.table("posts").text("is_new"))[org.seats["row"].to_numpy()])


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


_STAFF = catalog.pattern("staff")
_LINE_ASSISTANTS = catalog.pattern("line_assistant")


@CHAPTER.check(9, "medium", subject="seat", confidence="inferred", core=False, needs=["posts.superior"])
def staff_commands(org: Organization, limits: SimpleNamespace) -> Result:
    """A post on the staff or assistant track that is somebody's superior, or that gives orders."""
    staff = org.titles.str.contains(_STAFF, case=False, na=False).to_numpy(dtype=bool)
    if org.review.has("posts", "job_family"):
        family = org.table("posts").text("job_family").str.contains(_STAFF, case=False, na=False).to_numpy(dtype=bool)
        staff = staff | family[org.seats["row"].to_numpy()]
    staff = staff & ~org.titles.str.contains(_LINE_ASSISTANTS, case=False, na=False).to_numpy(dtype=bool)
    lines = org.solid[((org.solid["target"] >= 0) & (org.solid["target"] != org.solid["seat"])).to_numpy()]
    led = lines[staff[lines["target"].to_numpy()]]
    orders = logged(org, "order") if "directives" in org.review else None
    given = orders[staff[orders["sender"].to_numpy()]] if orders is not None else None
    by_orders = set(given["sender"].tolist()) if given is not None else set()
    seats = np.array(sorted(set(led["target"].tolist()) | by_orders), dtype=np.int64)
    reports = np.bincount(led["target"], minlength=org.n) if len(led) else np.zeros(org.n, np.int64)
    offenders = Offenders(
        "seat",
        seats,
        variant=["leads" if reports[s] else "orders" for s in seats],
        seat=org.seat_names(seats),
        n=[int(reports[s]) for s in seats],
    )
    order = {int(s): i for i, s in enumerate(seats)}
    cells = led.groupby("target").head(30)
    offenders.seen("posts", "superior", cells["row"].to_numpy(), [order[int(t)] for t in cells["target"]])
    if given is not None and len(given):
        offenders.seen("directives", "kind", given["row"].to_numpy(), [order[int(s)] for s in given["sender"]])
    return Result(offenders.holding([[] for _ in seats]), max(1, int(staff.sum())))
