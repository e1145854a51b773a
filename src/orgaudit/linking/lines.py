"""Reporting lines: what the superior cells of all seats mean, who heads which department, which seats are declared roots."""

from __future__ import annotations

import numpy as np
import pandas as pd

from orgaudit.linking import departments as dept
from orgaudit.linking import people as folk
from orgaudit.linking.references import DEPARTMENT, PERSON, POSITION, SEAT, Resolver
from orgaudit.organization import Links, Status
from orgaudit.reading import values
from orgaudit.settings import Settings
from orgaudit.table import Review, Table


def solid_and_dotted(
    posts: Table, people: folk.People, seats: pd.DataFrame, resolver: Resolver, place: np.ndarray, heads: np.ndarray,
    links: dict[tuple[str, str], Links],
) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray]:  # fmt: skip
    """Solid and dotted lines of all seats, and which seats answer to an external body."""
    used = people.row_seat >= 0
    text = posts.text("superior").where(used)
    found = resolver.resolve(text, np.maximum(place, -1), [POSITION, PERSON, DEPARTMENT], many=True)
    links["posts", "superior"] = found
    marked = np.zeros(len(seats), dtype=bool)
    external = found.status == Status.EXTERNAL
    marked[people.row_seat[found.row[external & ~found.dotted]]] = True
    lines = _line_frame(found.take(~external), people, seats)
    itself = (lines["target"] == lines["seat"]).to_numpy()
    if itself.any() and _documents_self_root(posts):  # OrgChart Now: the top box reports to itself
        lines = lines[~itself]
    dotted_text = posts.text("dotted_superior").where(used)
    more = resolver.resolve(dotted_text, np.maximum(place, -1), [POSITION, PERSON], many=True)
    links["posts", "dotted_superior"] = more
    marked_dotted = lines[lines["dotted"]]
    solid = lines[~lines["dotted"]].drop(columns="dotted").reset_index(drop=True)
    dotted = pd.concat([marked_dotted, _line_frame(more, people, seats)], ignore_index=True).drop(columns="dotted")
    return solid, dotted, marked


def _line_frame(found: Links, people: folk.People, seats: pd.DataFrame) -> pd.DataFrame:
    seat = people.row_seat[found.row]
    frame = pd.DataFrame(
        {
            "seat": seat,
            "row": found.row,
            "status": found.status.astype(np.int64),
            "text": found.text,
            "dotted": found.dotted,
        }
    )
    position = np.full(len(frame), -1, dtype=np.int64)
    target = np.full(len(frame), -1, dtype=np.int64)
    seat_position = seats["position"].to_numpy()
    ok = found.status == Status.FOUND
    # by position: its first occupied seat stands for it in the tree
    at = np.flatnonzero(ok & (found.kind == POSITION))
    first = _representatives(seat_position, seats["occupied"].to_numpy(dtype=bool), len(people.positions))
    position[at] = found.index[at]
    target[at] = first[found.index[at]]
    at = np.flatnonzero(ok & (found.kind == SEAT))
    target[at] = found.index[at]
    # by person: the primary seat, else the first that is not the seat itself
    at = np.flatnonzero(ok & (found.kind == PERSON))
    if len(at):
        order = np.lexsort(
            (np.arange(len(seats)), seats["concurrent"].to_numpy(), ~seats["primary"].to_numpy(dtype=bool))
        )
        order = order[seats["person"].to_numpy()[order] >= 0]
        best = np.full(len(people.persons), -1, dtype=np.int64)
        best[seats["person"].to_numpy()[order][::-1]] = order[::-1]
        target[at] = best[found.index[at]]
        own = at[target[at] == seat[at]]
        for i in own:
            others = [s for s in np.flatnonzero(seats["person"].to_numpy() == found.index[i]) if s != seat[i]]
            target[i] = others[0] if others else target[i]
    known = target >= 0
    position[known & (position < 0)] = seat_position[target[known & (position < 0)]]
    frame["position"], frame["target"] = position, target
    frame["department"] = np.where(ok & (found.kind == DEPARTMENT), found.index, -1)
    return frame


def _representatives(position: np.ndarray, occupied: np.ndarray, n: int) -> np.ndarray:
    """Each position's first occupied seat, else its first seat."""
    result = np.full(n, -1, dtype=np.int64)
    order = np.lexsort((np.arange(len(position)), ~occupied))
    result[position[order][::-1]] = order[::-1]
    return result


def _documents_self_root(posts: Table) -> bool:
    headers = {
        values.header_key(c.header) for source in posts.sources for found in source.columns.values() for c in found
    }
    return {"personid", "supervisorid"} <= headers


def named_heads(
    review: Review,
    tree: dept.DepartmentTree,
    resolver: Resolver,
    people: folk.People,
    place: np.ndarray,
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
    seats = people.seats
    frame = _first_seats(
        found, seats, len(people.positions), [_line(tree, int(node)) for node in node_of_row[found.row]]
    )
    for row, target in zip(found.row[::-1], frame[::-1], strict=True):
        if node_of_row[row] >= 0 and target >= 0:
            heads[node_of_row[row]] = target
    return heads


def _first_seats(found: Links, seats: pd.DataFrame, positions: int, lines: list[set[int]]) -> np.ndarray:
    """A seat for each link: a position's first occupied one; of a person's, the one in the department or above it."""
    result = np.full(len(found.row), -1, dtype=np.int64)
    first = _representatives(seats["position"].to_numpy(), seats["occupied"].to_numpy(dtype=bool), positions)
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


def guess_heads(heads: np.ndarray, seats: pd.DataFrame, solid: pd.DataFrame, tree: dept.DepartmentTree) -> None:
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
    candidates = np.flatnonzero((department >= 0) & outside & ~asks_own & seats["status"].ne("left").to_numpy())
    frame = pd.DataFrame({"seat": candidates, "department": department[candidates], "leads": leads[candidates]})
    for leading in (True, False):
        part = frame[frame["leads"]] if leading else frame
        only = part.drop_duplicates("department", keep=False)
        if not leading:
            only = only[only["department"].isin(frame["department"].value_counts()[lambda c: c == 1].index)]
        free = heads[only["department"].to_numpy()] < 0
        heads[only["department"].to_numpy()[free]] = only["seat"].to_numpy()[free]


def through_heads(solid: pd.DataFrame, heads: np.ndarray) -> pd.DataFrame:
    """Solid lines that name a department lead to its head."""
    named = (solid["department"] >= 0).to_numpy() & (solid["target"] < 0).to_numpy()
    if named.any():
        target = heads[solid["department"].to_numpy()[named]]
        target = np.where(target == solid["seat"].to_numpy()[named], -1, target)
        solid.loc[named, "target"] = target
        solid.loc[named, "status"] = np.where(target >= 0, Status.FOUND, Status.AMBIGUOUS)
    return solid


def declared_roots(settings: Settings, seats: pd.DataFrame, people: folk.People, posts: Table) -> np.ndarray:
    wanted = {values.key(text) for text in settings.roots}
    row = seats["row"].to_numpy()
    result = seats["id"].map(values.key).isin(wanted).to_numpy(dtype=bool)
    for name in ("position_id", "employee_id", "name", "title"):
        result = result | values.keys(posts.text(name)).isin(wanted).to_numpy(dtype=bool)[row]
    return np.asarray(result)
