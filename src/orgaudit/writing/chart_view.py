"""The org chart as the report draws it: loops cut, branches in order, a table twin and compact columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from orgaudit.finding import SEVERITIES
from orgaudit.writing.findings_view import names_shown
from orgaudit.writing.rendering import Data

ROWS = 300  # rows of the chart's table


def seats_by_id(chart: Data) -> dict[str, list[int]]:
    """Places in the chart by seat id, and by the position id that seat ids begin with."""
    found: dict[str, list[int]] = defaultdict(list)
    for place, seat in enumerate(chart["id"]):
        for key in {seat, seat.rsplit("/", 1)[0], seat.rsplit("#", 1)[0]}:
            found[key].append(place)
    return found


def tree(chart: Data) -> dict[str, Any]:
    """The chart without its loops: parents, what was cut, tops with the largest tree first, and the order of drawing."""
    parents, cuts = list(chart["parent"]), []
    state = [0] * len(parents)  # 0 not seen, 1 on the way up, 2 known to reach a top
    for start in range(len(parents)):
        path, seat = [], start
        while seat >= 0 and state[seat] == 0:
            state[seat] = 1
            path.append(seat)
            seat = parents[seat]
        if seat >= 0 and state[seat] == 1:
            cuts.append([seat, parents[seat]])
            parents[seat] = -1
        for passed in path:
            state[passed] = 2
    children: list[list[int]] = [[] for _ in parents]
    for seat, parent in enumerate(parents):
        if parent >= 0:
            children[parent].append(seat)
    tops = [seat for seat, parent in enumerate(parents) if parent < 0]
    size = [1] * len(parents)
    for seat in reversed(_walk(tops, children)):
        if parents[seat] >= 0:
            size[parents[seat]] += size[seat]
    tops.sort(key=lambda seat: -size[seat])
    order = _walk(tops, children)
    depth = [0] * len(parents)
    for seat in order:
        depth[seat] = depth[parents[seat]] + 1 if parents[seat] >= 0 else 0
    return {"parents": parents, "cuts": cuts, "children": children, "order": order, "depth": depth, "tops": tops}


def _walk(tops: Sequence[int], children: Sequence[Sequence[int]]) -> list[int]:
    """Every seat, each superior before its subordinates, without recursion."""
    order, stack = [], list(reversed(tops))
    while stack:
        seat = stack.pop()
        order.append(seat)
        stack.extend(reversed(children[seat]))
    return order


def chart_rows(model: Data, tree: Data) -> list[dict[str, Any]]:
    """The chart as a table: the same boxes in the order of drawing, superiors, subordinates and peers in words."""
    chart, rows = model["chart"], []
    for seat in tree["order"][:ROWS]:
        parent = tree["parents"][seat]
        below = len(tree["children"][seat])
        peers = len(tree["children"][parent]) - 1 if parent >= 0 else 0
        rows.append(
            {
                "title": chart["title"][seat],
                "depth": min(tree["depth"][seat], 8),
                "department": chart["department"][seat] or "",
                "person": (chart["person"][seat] or "") if names_shown(model) else "",
                "superior": chart["title"][parent] if parent >= 0 else "",
                "below": below,
                "peers": peers,
                "vacant": chart["vacant"][seat],
                "new": chart["new"][seat],
                "severity": chart["severity"][seat],
                "findings": chart["findings"][seat],
            }
        )
    return rows


def chart_data(model: Data, tree: Data) -> dict[str, Any]:
    """The chart for the script: repeated words once, ids left out (they may name people)."""
    chart = model["chart"]
    titles, title = _numbered(chart["title"])
    departments, department = _numbered(chart["department"])
    people = chart["person"] if names_shown(model) and any(chart["person"]) else None
    return {
        "titles": titles,
        "title": title,
        "departments": departments,
        "department": department,
        "person": people,
        "parent": tree["parents"],
        "tops": tree["tops"],
        "cuts": tree["cuts"],
        "vacant": [place for place, flag in enumerate(chart["vacant"]) if flag],
        "new": [place for place, flag in enumerate(chart["new"]) if flag],
        "severity": [SEVERITIES.index(name) + 1 if name else 0 for name in chart["severity"]],
        "findings": chart["findings"],
        "dotted": chart["dotted"],
        "extra": chart["extra"],
    }


def _numbered(words: Sequence[str | None]) -> tuple[list[str], list[int]]:
    places: dict[str, int] = {}
    numbers = [places.setdefault(word or "", len(places)) for word in words]
    return list(places), numbers
