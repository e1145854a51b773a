"""Principle 4 in practice: orders really given and reports really made, level by level.

A superior may inspect anywhere and command the next level; a subordinate may appeal anywhere and reports to the next.
Neither senders nor receivers are ever named: what is printed is a number per department.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd

from orgaudit import catalog
from orgaudit.check import NotAssessable
from orgaudit.checks.chain_of_command import CHAPTER
from orgaudit.finding import Offenders, Result
from orgaudit.organization import Organization, logged


@CHAPTER.check(1, "medium", subject="seat", confidence="declared", needs=["directives", "posts.superior"],
               pair=3, share=20, logged=10)  # fmt: skip
def skip_level_orders(org: Organization, limits: SimpleNamespace) -> Result:
    """Orders from a superior two or more levels up, past an occupied direct superior who was not copied."""
    orders = logged(org, "order")
    if not len(orders):
        raise NotAssessable("no_orders")
    offenders = _skips(org, orders.assign(low=orders["receiver"], high=orders["sender"]), limits, ("high", "medium"))
    return Result(offenders, max(1, orders["receiver"].nunique()))


@CHAPTER.check(2, "low", subject="seat", confidence="declared", needs=["directives", "posts.superior"],
               pair=3, share=20, logged=10)  # fmt: skip
def skip_level_reports(org: Organization, limits: SimpleNamespace) -> Result:
    """Reports to a superior two or more levels up, past an occupied direct superior who was not copied.

    Appeals, refusals, safety matters and what the upper superior asked for are protected and never counted.
    """
    reports = logged(org, "report")
    if len(reports):
        content = org.table("directives").text("content").iloc[reports["row"]]
        protected = content.str.contains(catalog.toml("words")["protected_reports"], case=False, na=False)
        reports = reports[~protected.to_numpy(dtype=bool)]
    if not len(reports):
        raise NotAssessable("no_reports")
    offenders = _skips(org, reports.assign(low=reports["sender"], high=reports["receiver"]), limits, ("medium", "low"))
    return Result(offenders, max(1, reports["sender"].nunique()))


def _skips(org: Organization, said: pd.DataFrame, limits: SimpleNamespace, severities: tuple[str, str]) -> Offenders:
    """One offender per pair whose messages between ``low`` and ``high`` skip a level often, or make up a large share."""
    low, high = said["low"].to_numpy(), said["high"].to_numpy()
    total = said.groupby("low")["row"].nunique()
    middle = org.tree[low]
    safe = np.maximum(middle, 0)
    person = org.seats["person"].to_numpy()
    same = (person[safe] == person[high]) & (person[high] >= 0)
    dotted = set(zip(org.dotted["seat"], org.dotted["target"], strict=True)) if len(org.dotted) else set()
    project = np.array([pair in dotted for pair in zip(low, high, strict=True)], dtype=bool)
    skipping = org.above(high, low) & (middle != high) & (middle >= 0) & org.occupied[safe]
    skipped = said[skipping & ~same & ~project & ~_copied(org, said, middle)]
    quarter = skipped["date"].astype("datetime64[s]").dt.to_period("Q").astype(str)
    rows = []
    for (receiver, below, _), group in skipped.assign(quarter=quarter).groupby(["receiver", "low", "high"], sort=True):
        count, share = group["row"].nunique(), 100 * group["row"].nunique() / int(total[below])
        often = int(group.groupby("quarter")["row"].nunique().max()) >= limits.pair
        if often or share >= limits.share:
            rows.append((int(receiver), int(below), count, share, often, group["row"].tolist()))
    few = said["row"].nunique() < limits.logged
    names = org.departments["name"].tolist()
    place = org.seats["department"].to_numpy()
    repeated, plain = severities
    both = repeated == "high"  # orders weigh heavier only where they are frequent and a large share
    offenders = Offenders(
        "seat",
        [row[0] for row in rows],
        severity=[
            "info" if few else repeated if often and (share >= limits.share or not both) else plain
            for _, _, _, share, often, _ in rows
        ],
        n=[row[2] for row in rows],
        share=[round(row[3]) for row in rows],
        department=[names[place[row[1]]] if place[row[1]] >= 0 else "–" for row in rows],
    ).apart([str(i) for i in _numbers([row[0] for row in rows])])
    offenders.also("department", [int(place[row[1]]) for row in rows])
    for i, row in enumerate(rows):
        offenders.seen("directives", "kind", row[5], [i] * len(row[5]))
    return offenders


def _numbers(items: list[int]) -> list[int]:
    return pd.Series(items, dtype="int64").groupby(items).cumcount().tolist() if items else []


def _copied(org: Organization, said: pd.DataFrame, middle: np.ndarray) -> np.ndarray:
    """Boolean per message: the skipped superior was copied."""
    found = org.link("directives", "copied").found()
    seats = found.seats(org.seats)
    told = set(zip(found.row.tolist(), seats.tolist(), strict=True))
    return np.array([(row, int(m)) in told for row, m in zip(said["row"], middle, strict=True)], dtype=bool)
