"""Who heads each department: named in the table of departments, flagged in the rows of people, or the one seat that
answers outside; and superiors that follow from heads where a file has no superior column."""

from __future__ import annotations

import numpy as np
import pandas as pd

from orgaudit.linking import departments as dept
from orgaudit.linking import people as folk
from orgaudit.linking.references import PERSON, POSITION, SEAT, Resolver
from orgaudit.organization import Links, Status
from orgaudit.reading import values
from orgaudit.table import Column, Review, Table


def named(
    review: Review,
    tree: dept.DepartmentTree,
    resolver: Resolver,
    people: folk.People,
    links: dict[tuple[str, str], Links],
) -> np.ndarray:
    """Seat that heads each department, as the table ``departments`` says; -1 otherwise."""
    heads = np.full(len(tree.nodes), -1, dtype=np.int64)
    table = review.tables.get("departments")
    if table is None or not table.has("head"):
        return heads
    node_of_row = np.full(len(table), -1, dtype=np.int64)
    for index, node in enumerate(tree.nodes):
        if node.row >= 0:
            node_of_row[node.row] = index
    found = resolver.resolve(table.text("head"), node_of_row, [POSITION, PERSON], many=True)
    links["departments", "head"] = found
    frame = _first_seats(
        found, people.seats, len(people.positions), [_line(tree, int(node)) for node in node_of_row[found.row]]
    )
    for row, target in zip(found.row[::-1], frame[::-1], strict=True):
        if node_of_row[row] >= 0 and target >= 0:
            heads[node_of_row[row]] = target
    return heads


def representatives(position: np.ndarray, occupied: np.ndarray, n: int) -> np.ndarray:
    """Each position's first occupied seat, else its first seat."""
    result = np.full(n, -1, dtype=np.int64)
    order = np.lexsort((np.arange(len(position)), ~occupied))
    result[position[order][::-1]] = order[::-1]
    return result


def _first_seats(found: Links, seats: pd.DataFrame, positions: int, lines: list[set[int]]) -> np.ndarray:
    """A seat for each link: a position's first occupied one; of a person's, the one in the department or above it."""
    result = np.full(len(found.row), -1, dtype=np.int64)
    first = representatives(seats["position"].to_numpy(), seats["occupied"].to_numpy(dtype=bool), positions)
    held, place = seats["person"].to_numpy(), seats["department"].to_numpy()
    for i, (status, kind, index) in enumerate(zip(found.status, found.kind, found.index, strict=True)):
        if status != Status.FOUND:
            continue
        if kind == POSITION:
            result[i] = first[index]
        elif kind == SEAT:
            result[i] = index
        elif kind == PERSON:
            own = np.flatnonzero(held == index).tolist()
            result[i] = min(own, key=lambda seat: int(place[seat]) not in lines[i], default=-1)
    return result


def _line(tree: dept.DepartmentTree, node: int) -> set[int]:
    """A department and those above it."""
    found: set[int] = set()
    while node >= 0 and node not in found:
        found.add(node)
        node = tree.nodes[node].parent
    return found


_HEAD_SUFFIXES = ("负责人", "经理", "部长", "主任", "科长", "处长", "总监", "厂长", "班长")


def titled(heads: np.ndarray, seats: pd.DataFrame, titles: pd.Series, tree: dept.DepartmentTree) -> None:
    """Where no head is named: the one position that is called after the department (资金科负责人)."""
    wanted: dict[str, int] = {}
    for n, node in enumerate(tree.nodes):
        if heads[n] < 0:
            name = values.key(node.name)
            wanted |= dict.fromkeys((name + suffix for suffix in _HEAD_SUFFIXES), n)
            if name.endswith("部"):
                wanted |= dict.fromkeys((name[:-1] + suffix for suffix in _HEAD_SUFFIXES), n) | {name + "长": n}
    unit = values.distinct_map(titles, lambda title: wanted.get(values.key(title)))
    called = pd.DataFrame({"position": np.arange(len(titles)), "unit": unit.to_numpy()}).dropna()
    called = called.drop_duplicates("unit", keep=False)
    first = representatives(seats["position"].to_numpy(), seats["occupied"].to_numpy(dtype=bool), len(titles))
    heads[called["unit"].to_numpy(np.int64)] = first[called["position"].to_numpy(np.int64)]


def guess(heads: np.ndarray, seats: pd.DataFrame, solid: pd.DataFrame, tree: dept.DepartmentTree) -> None:
    """Where no head is named: the one seat of a department that answers outside it and leads somebody."""
    if not len(seats) or not len(heads):
        return
    department = seats["department"].to_numpy()
    parent = np.full(len(seats), -1, dtype=np.int64)
    known = solid[(solid["target"] >= 0).to_numpy()]
    parent[known["seat"].to_numpy()[::-1]] = known["target"].to_numpy()[::-1]
    outside = (parent < 0) | (department[np.maximum(parent, 0)] != department)
    leads = np.bincount(parent[parent >= 0], minlength=len(seats)) > 0
    own_department = solid["department"].to_numpy()
    asks_own = np.zeros(len(seats), dtype=bool)
    asks_own[
        solid["seat"].to_numpy()[(own_department >= 0) & (own_department == department[solid["seat"].to_numpy()])]
    ] = True
    main = (seats["status"].ne("left") & ~seats["further"]).to_numpy(dtype=bool)
    candidates = np.flatnonzero((department >= 0) & outside & ~asks_own & main)
    frame = pd.DataFrame({"seat": candidates, "department": department[candidates], "leads": leads[candidates]})
    for leading in (True, False):
        part = frame[frame["leads"]] if leading else frame
        only = part.drop_duplicates("department", keep=False)
        if not leading:
            only = only[only["department"].isin(frame["department"].value_counts()[lambda c: c == 1].index)]
        free = heads[only["department"].to_numpy()] < 0
        heads[only["department"].to_numpy()[free]] = only["seat"].to_numpy()[free]


def through(solid: pd.DataFrame, heads: np.ndarray) -> pd.DataFrame:
    """Solid lines that name a department lead to its head."""
    asked = (solid["department"] >= 0).to_numpy() & (solid["target"] < 0).to_numpy()
    if asked.any():
        target = heads[solid["department"].to_numpy()[asked]]
        target = np.where(target == solid["seat"].to_numpy()[asked], -1, target)
        solid.loc[asked, "target"] = target
        solid.loc[asked, "status"] = np.where(target >= 0, Status.FOUND, Status.AMBIGUOUS)
    return solid


def flagged(posts: Table, people: folk.People, tree: dept.DepartmentTree) -> dict[int, list[int]]:
    """Department → seats that the rows of people flag as its head.

    A flag may be a list beside the list of departments (``12;14`` with ``1;0``); a single flag means every department
    of the row.
    """
    result: dict[int, list[int]] = {}
    if not posts.filled("department_leader").any():
        return result
    used = people.row_seat >= 0
    name = "department_level" if posts.has("department_level") else "department"
    affirmative = values.words("yes")

    def says_yes(text: str) -> bool:
        return any(values.key(mark).replace(" ", "") in affirmative for mark in values.split(text))

    flagged_rows = values.distinct_map(posts.text("department_leader"), says_yes).eq(True).to_numpy()
    for row in np.flatnonzero(used & flagged_rows & posts.filled(name)):
        marks = values.split(str(posts.value(int(row), "department_leader")))
        units = dept.several(tree, str(posts.value(int(row), name)))
        yes = [values.key(mark).replace(" ", "") in affirmative for mark in marks]
        if len(yes) == 1:
            yes *= len(units)
        for unit, leads in zip(units, yes, strict=False):
            node = tree.find(unit)
            if leads and node >= 0:
                seats = result.setdefault(node, [])
                if int(people.row_seat[row]) not in seats:
                    seats.append(int(people.row_seat[row]))
    return result


def declare(posts: Table) -> None:
    """Let the column of head flags stand as the column of superiors, marked as derived: it is the evidence of them."""
    posts.frame["superior"] = posts.text("department_leader")
    for source in posts.sources:
        source.columns["superior"] = [
            Column(column.index, column.header, "derived") for column in source.columns.get("department_leader", ())
        ]


def derived(
    posts: Table, people: folk.People, seats: pd.DataFrame, leaders: dict[int, list[int]], tree: dept.DepartmentTree
) -> pd.DataFrame:
    """Solid lines from head flags: everybody answers to the heads of the own department, its heads to those of the
    nearest department above that has any. One row per line, in the columns of :func:`lines.solid_and_dotted`."""
    above: dict[int, tuple[int, ...]] = {}
    for node in range(len(tree.nodes)):
        parent, seen = tree.nodes[node].parent, {node}
        while parent >= 0 and parent not in seen and not leaders.get(parent):
            seen.add(parent)
            parent = tree.nodes[parent].parent
        above[node] = tuple(leaders.get(parent, ())) if parent >= 0 and parent not in seen else ()
    heading = pd.DataFrame([(d, seat) for d, own in leaders.items() for seat in own], columns=["department", "target"])
    higher = pd.DataFrame([(d, seat) for d, own in above.items() for seat in own], columns=["department", "target"])
    frame = pd.DataFrame({"seat": np.arange(len(seats)), "department": seats["department"].to_numpy()})
    frame = frame[frame["department"] >= 0]
    own_head = pd.MultiIndex.from_frame(frame[["department", "seat"]]).isin(pd.MultiIndex.from_frame(heading))
    climbs = own_head | ~frame["department"].isin(heading["department"]).to_numpy()
    parts = [frame[~climbs].merge(heading, on="department"), frame[climbs].merge(higher, on="department")]
    frame = pd.concat(parts).sort_values(["seat", "target"], kind="stable").astype(np.int64)
    frame["row"] = seats["row"].to_numpy()[frame["seat"].to_numpy()]
    frame["status"] = Status.FOUND
    frame["text"] = ""
    frame["position"] = seats["position"].to_numpy()[frame["target"].to_numpy()]
    frame["department"] = -1
    # Two heads of one position are one superior; two positions are two.
    return frame[["seat", "row", "status", "text", "position", "target", "department"]].reset_index(drop=True)
