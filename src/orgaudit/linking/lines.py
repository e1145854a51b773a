"""Reporting lines: what the superior cells of all seats mean, and which seats are declared roots."""

from __future__ import annotations

import numpy as np
import pandas as pd

from orgaudit.linking import heads
from orgaudit.linking import people as folk
from orgaudit.linking.references import DEPARTMENT, PERSON, POSITION, SEAT, Resolver
from orgaudit.organization import Links, Status
from orgaudit.reading import values
from orgaudit.settings import Settings
from orgaudit.table import Table


def solid_and_dotted(
    posts: Table, people: folk.People, seats: pd.DataFrame, resolver: Resolver, place: np.ndarray,
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
    if posts.filled("line_type").any():
        kind = values.closed(posts.text("line_type"), "line_type").to_numpy()
        lines.loc[kind[lines["row"].to_numpy()] == "dotted", "dotted"] = True
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
    first = heads.representatives(seat_position, seats["occupied"].to_numpy(dtype=bool), len(people.positions))
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


def _documents_self_root(posts: Table) -> bool:
    headers = {
        values.header_key(c.header) for source in posts.sources for found in source.columns.values() for c in found
    }
    return {"personid", "supervisorid"} <= headers


def declared_roots(settings: Settings, seats: pd.DataFrame, people: folk.People, posts: Table) -> np.ndarray:
    wanted = {values.key(text) for text in settings.roots}
    row = seats["row"].to_numpy()
    result = seats["id"].map(values.key).isin(wanted).to_numpy(dtype=bool)
    for name in ("position_id", "employee_id", "name", "title"):
        result = result | values.keys(posts.text(name)).isin(wanted).to_numpy(dtype=bool)[row]
    return np.asarray(result)
