"""Principle 2, who may decide how much: bands without gaps, one final approver each, limits that rise along the line.

Rows are compared within one matter, condition and currency (domain.md C8). No limit written is no limit, bands share their
border, and joint decisions are one body.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from orgaudit import catalog, texts
from orgaudit.check import NotAssessable
from orgaudit.checks.authority import CHAPTER
from orgaudit.finding import ORGANIZATION, Offenders, Result, listing, phrases
from orgaudit.organization import Organization

_KEYS = ["matter", "condition", "currency"]


@CHAPTER.check(5, "high", subject="matter", confidence="declared", needs=["authorities", "posts.superior"])
def limit_inversion(org: Organization, limits: SimpleNamespace) -> Result:
    """On one matter and condition a position may approve more than its direct superior (domain.md C8)."""
    alone = _approvals(org)
    alone = alone[(~alone["joint"] & (alone["position"] >= 0)).to_numpy()]
    top = alone.sort_values("high", kind="stable").drop_duplicates([*_KEYS, "position"], keep="last")
    first_seat = np.full(len(org.positions), -1, dtype=np.int64)
    first_seat[org.seats["position"].to_numpy()[::-1]] = np.arange(org.n)[::-1]
    above = org.parent[first_seat[top["position"].to_numpy(dtype=np.int64)]] if len(top) else np.zeros(0, np.int64)
    top = top.assign(superior=np.where(above >= 0, org.seats["position"].to_numpy()[np.maximum(above, 0)], -1))
    lower = top[top["superior"] >= 0]
    both = lower.merge(
        top[[*_KEYS, "position", "high", "row"]],
        left_on=[*_KEYS, "superior"],
        right_on=[*_KEYS, "position"],
        suffixes=("", "_above"),
    )
    wrong = both[(both["high"] > both["high_above"]).to_numpy()]
    offenders = Offenders(
        "matter",
        [_matter(org, int(row)) for row in wrong["row"]],
        matter=[_matter(org, int(row)) for row in wrong["row"]],
        position=[org.position_name(int(p)) for p in wrong["position"]],
        superior=[org.position_name(int(p)) for p in wrong["superior"]],
        own=[_amount(a) for a in wrong["high"]],
        above=[_amount(a) for a in wrong["high_above"]],
    ).apart(
        [
            f"{c}|{u}|{org.position_key(int(p))}"
            for c, u, p in zip(wrong["condition"], wrong["currency"], wrong["position"], strict=True)
        ]
    )
    offenders.also("position", wrong["position"].to_numpy()).also("position", wrong["superior"].to_numpy())
    offenders.seen("authorities", "limit_to", wrong["row"].to_numpy()).seen(
        "authorities", "limit_to", wrong["row_above"].to_numpy()
    )
    offenders.holding([[] for _ in range(len(offenders))])
    return Result(offenders, max(1, int(alone[_KEYS].drop_duplicates().shape[0])))


def _approvals(org: Organization) -> pd.DataFrame:
    """Rights to approve, without special delegations that have an end date."""
    rights = org.work.rights
    own = rights[((rights["power"] == "approve") & ~rights["special"].astype(bool)).to_numpy()]
    return own.assign(joint=own["joint"].astype(bool))


def _groups(frame: pd.DataFrame) -> list[pd.DataFrame]:
    """Rows by matter, condition and currency; what a single job description says of its own rights is no table."""
    frame = frame[~frame["form"].astype(bool)]
    return [part for _, part in frame[frame["matter"].notna()].groupby(_KEYS, sort=False)]


def _named(org: Organization, part: pd.DataFrame) -> list[str]:
    """Who holds the rights of some rows, each once: titles, and what else the cells name."""
    return list(
        dict.fromkeys(
            org.position_name(int(p)) if p >= 0 else str(b) for p, b in zip(part["position"], part["body"], strict=True)
        )
    )


def _offenders(org: Organization, found: list[pd.DataFrame], **columns: Any) -> Offenders:
    """One offender per group of rows on one matter, condition and currency."""
    firsts = [int(part["row"].iloc[0]) for part in found]
    offenders = Offenders(
        "matter", [_matter(org, row) for row in firsts], matter=[_label(org, part) for part in found], **columns
    )
    offenders.apart([f"{part['condition'].iloc[0]}|{part['currency'].iloc[0]}" for part in found])
    offenders.holding([[] for _ in found])
    for i, part in enumerate(found):
        positions = [int(p) for p in dict.fromkeys(part["position"]) if p >= 0]
        offenders.also("position", positions, [i] * len(positions))
        rows = list(dict.fromkeys(part["row"].tolist()))
        offenders.seen(
            "authorities", "power" if org.table("authorities").has("power") else "matter", rows, [i] * len(rows)
        )
    return offenders


def _label(org: Organization, part: pd.DataFrame) -> str:
    """The matter with its condition."""
    row = int(part["row"].iloc[0])
    condition = org.table("authorities").value(row, "condition")
    return _matter(org, row) + (f" ({condition})" if condition else "")


@CHAPTER.check(4, "high", subject="matter", confidence="declared",
               needs=["authorities", "authorities.limit_to|authorities.limit_from"])  # fmt: skip
def band_gap_or_overlap(org: Organization, limits: SimpleNamespace) -> Result:
    """Approval bands of one matter and condition that leave a gap, end below no limit, or overlap under different approvers."""
    groups = [part for part in _groups(_approvals(org)) if np.isfinite(part["high"].to_numpy(dtype=float)).any()]
    wrong: list[tuple[pd.DataFrame, dict[str, Any]]] = []
    for part in groups:
        problems = _band_problems(org, part)
        if problems:
            wrong.append((part, problems))
    offenders = _offenders(
        org,
        [part for part, _ in wrong],
        severity=["high" if {"gap", "top"} & set(problems) else "medium" for _, problems in wrong],
        problems=[phrases("checks.AUT-04.problem", problems) for _, problems in wrong],
    )
    return Result(offenders, max(1, len(groups)))


def _band_problems(org: Organization, part: pd.DataFrame) -> dict[str, Any]:
    """``gap``, ``top`` and ``overlap`` of one matter's bands; limits without a lower end are rungs of a ladder, no overlap."""
    bands = part.sort_values(["low", "high"], kind="stable")
    problems: dict[str, Any] = {}
    reached = float(bands["low"].iloc[0])
    gaps: list[tuple[float, float]] = []
    for low, high in zip(bands["low"].astype(float), bands["high"].astype(float), strict=True):
        if low - reached > 1:  # 50,001 follows 50,000
            gaps.append((reached, low))
        reached = max(reached, high)
    if gaps:
        problems["gap"] = listing(f"{_plain(a)}–{_plain(b)}" for a, b in gaps)
    if np.isfinite(reached):
        problems["top"] = _plain(reached)
    over: list[str] = []
    alone = bands[~bands["joint"]]
    for low, body in alone[alone["low"] > 0][["low", "body"]].itertuples(index=False):
        across = alone[(alone["low"] < low) & (alone["high"] > low + 1) & (alone["body"] != body)]
        above = alone[(alone["body"] == body) & (alone["low"] == low)]
        for other in across.itertuples():
            end = min(float(other.high), float(above["high"].max()))
            if np.isfinite(end) and end > low:
                over.append(f"{_plain(float(low))}–{_plain(end)}")
    if over:
        problems["overlap"] = listing(dict.fromkeys(over))
    return problems


@CHAPTER.check(6, "high", subject="matter", confidence="declared", needs=["authorities.power"])
def final_approver(org: Organization, limits: SimpleNamespace) -> Result:
    """A matter that nobody finally approves, or a band with several final approvers and no joint decision."""
    rights = org.work.rights
    groups = _groups(rights)
    approved: dict[str, set[str]] = {}
    for matter, condition in rights[(rights["power"] == "approve").to_numpy()][["matter", "condition"]].itertuples(
        index=False
    ):
        approved.setdefault(str(matter), set()).add(str(condition))
    wrong: list[tuple[pd.DataFrame, str, pd.DataFrame]] = []
    open_: set[tuple[str, str]] = set()
    for part in groups:
        approving = part[(part["power"] == "approve").to_numpy()]
        if not len(approving) and part["power"].isin(_DECIDED).any():
            key = str(part["matter"].iloc[0]), str(part["condition"].iloc[0])
            known = approved.get(key[0], set())  # a row without a condition speaks for all conditions
            if key not in open_ and not (key[1] in known or "" in known or (not key[1] and known)):
                open_.add(key)
                wrong.append((part, "none", part))
        elif len(approving):
            several = _rivals(org, approving)
            if len(several):
                wrong.append((several, "several", several))
    offenders = _offenders(
        org,
        [part for part, _, _ in wrong],
        variant=[variant for _, variant, _ in wrong],
        approvers=[listing(_named(org, rivals)) if variant == "several" else "" for _, variant, rivals in wrong],
    )
    return Result(offenders, max(1, len(groups)))


_DECIDED = ("propose", "review", "countersign", "deliberate")
_OWN = catalog.pattern("own_people")


def _rivals(org: Organization, approving: pd.DataFrame) -> pd.DataFrame:
    """Rows of one band that different holders approve alone; each department's head on its own people is no rival."""
    alone = approving[~approving["joint"]]
    if approving["joint"].any():
        return alone.iloc[:0]
    departments = org.link("authorities", "department").first(len(org.table("authorities")), "department")
    own = alone["matter"].astype("str").str.contains(_OWN) | alone["condition"].str.contains(_OWN)
    alone = alone[~own.to_numpy(dtype=bool)].assign(
        unit=departments[alone["row"].to_numpy(dtype=np.int64)][~own.to_numpy()]
    )
    for _, band in alone.groupby(["low", "high", "unit"], sort=False):
        if band["body"].nunique() > 1:
            return band
    return alone.iloc[:0]


@CHAPTER.check(7, "high", subject="matter", confidence="declared", needs=["authorities.power"])
def self_approval(org: Organization, limits: SimpleNamespace) -> Result:
    """One position, or one person through several posts, proposes and finally approves a matter and nobody approves above."""
    rights = org.work.rights
    groups = _groups(rights[rights["power"].isin(["propose", "approve"]).to_numpy()])
    found: list[tuple[pd.DataFrame, bool]] = []
    for part in groups:
        approving, proposing = part[part["power"] == "approve"], part[part["power"] == "propose"]
        if not len(approving) or not len(proposing) or approving["joint"].astype(bool).any():
            continue
        last = approving[approving["high"] == approving["high"].max()]
        last = last[last["position"] >= 0]
        for position in dict.fromkeys(last["position"]):
            same = proposing[[_one_hand(org, int(position), int(p)) for p in proposing["position"]]]
            others = approving[approving["body"] != f"position {position}"]
            if len(same) and not (len(others) and (others["high"] >= last["high"].max()).any()):
                seats = org.position_seats(int(position))
                top = bool(org.general_manager[seats].any())
                found.append((pd.concat([same, last[last["position"] == position]]), top))
                break
    offenders = _offenders(
        org,
        [part for part, _ in found],
        severity=["info" if top else "high" for _, top in found],
        variant=["top" if top else "plain" for _, top in found],
        position=[listing(_named(org, part)) for part, _ in found],
    )
    return Result(offenders, max(1, len(groups)))


def _one_hand(org: Organization, a: int, b: int) -> bool:
    """Whether two positions are one, or held by one person."""
    if a == b or a < 0 or b < 0:
        return a == b and a >= 0
    person = org.seats["person"].to_numpy()
    one, two = person[org.position_seats(a)], person[org.position_seats(b)]
    return bool(set(one[one >= 0].tolist()) & set(two[two >= 0].tolist()))


@CHAPTER.check(9, "medium", subject=ORGANIZATION, confidence="declared", core=False,
               needs=["authorities", "posts.superior"], share=40, small=50)  # fmt: skip
def everything_to_the_top(org: Organization, limits: SimpleNamespace) -> Result:
    """Most matters find their lowest final approver at the very top; a list of what could be delegated."""
    approving = _approvals(org)
    groups = _groups(approving)
    if not groups:
        raise NotAssessable("no_approvals")
    top = np.unique(org.seats["position"].to_numpy()[org.main_root])
    lowest = [part[part["low"] == part["low"].min()] for part in groups]
    by_top = [
        part for part, low in zip(groups, lowest, strict=True)
        if low[low["high"] == low["high"].min()]["position"].isin(top).all() and not part["joint"].any()
    ]  # fmt: skip
    finite = approving["high"].to_numpy(dtype=float)
    finite = finite[np.isfinite(finite)]
    middle = float(np.median(finite)) if len(finite) else 0.0
    small = [part for part in by_top if float(part["high"].min()) < middle]
    share = 100 * len(by_top) / len(groups)
    hit = share > limits.share or bool(small)
    listed = by_top if share > limits.share else small
    offenders = Offenders(
        ORGANIZATION,
        [ORGANIZATION] if hit else [],
        severity="info" if org.heads < limits.small else "medium",
        n=len(by_top),
        of=len(groups),
        share=round(share),
        matters=[listing((_label(org, part) for part in listed), 10)] if hit else [],
    )
    if hit:
        rows = [int(part["row"].iloc[0]) for part in listed]
        offenders.also("matter", [_matter(org, row) for row in rows], [0] * len(rows))
        offenders.seen("authorities", "matter", rows, [0] * len(rows)).holding([[]])
    return Result(offenders, 1)


def _plain(value: float) -> str:
    return f"{value:,.0f}"


def _matter(org: Organization, row: int) -> str:
    table = org.table("authorities")
    return table.value(row, "matter") or table.value(row, "function") or ""


def _amount(value: float) -> dict[str, str] | str:
    return _plain(value) if np.isfinite(value) else texts.both("checks.words.no_limit")
