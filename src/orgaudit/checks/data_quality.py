"""Data quality: references that mean nothing or several things, and a department tree that holds.

These run first in meaning: what fails here turns other checks into "not assessable" or into consequences. Nothing is
linked by likeness; near spellings are only offered as hints.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd

from orgaudit.check import Chapter
from orgaudit.finding import Offenders, Result, listing
from orgaudit.organization import Organization, Status, graph
from orgaudit.reading import values

CHAPTER = Chapter("DAT")


@CHAPTER.check(1, "high", subject="reference", needs=["posts|departments|duties|authorities|indicators|services|steps"])
def unresolvable_reference(org: Organization, limits: SimpleNamespace) -> Result:
    """A reference that matches no row; one finding per cell value and table."""
    return _references(org, Status.UNKNOWN)


@CHAPTER.check(2, "high", subject="reference", needs=["posts|departments|duties|authorities|indicators|services|steps"])
def ambiguous_name(org: Organization, limits: SimpleNamespace) -> Result:
    """A name that stands for several things; one finding per cell value and table."""
    return _references(org, Status.AMBIGUOUS)


# Without any chart of posts or departments, what these tables name defines the organization: nothing can be unknown.
_DEFINES = ("posts", "departments")


def _references(org: Organization, status: int) -> Result:
    assessed = 0
    parts: list[pd.DataFrame] = []
    for (table, column), links in sorted(org.links.items()):
        if not any(kind in org.review for kind in _DEFINES):
            continue
        if "posts" not in org.review and column not in ("department", "provider", "customer", "parent"):
            continue
        if table == "posts":
            keep = org.row_seat[links.row] >= 0
            links = links.take(keep)
        assessed += len(pd.unique(links.text)) if len(links.text) else 0
        hit = links.status == status
        if hit.any():
            parts.append(
                pd.DataFrame({"table": table, "column": column, "row": links.row[hit], "text": links.text[hit]})
            )
    parents = _unknown_parents(org) if status == Status.UNKNOWN else []
    if parents:
        parts.append(pd.DataFrame(parents))
    if not parts:
        return Result(Offenders("reference", []), max(1, assessed))
    found = pd.concat(parts, ignore_index=True)
    found["superior"] = (found["table"] == "posts") & (found["column"] == "superior")
    found["key"] = values.keys(found["text"].astype("str"))
    groups = found.groupby(["table", "key"], sort=False)
    group = groups.ngroup().to_numpy()
    first = found.loc[groups.head(1).index]
    worst = groups["superior"].any().reindex(pd.MultiIndex.from_frame(first[["table", "key"]])).to_numpy()
    offenders = Offenders(
        "reference",
        first["text"].tolist(),
        severity=["blocker" if s and status == Status.UNKNOWN else "high" for s in worst],
        variant=[
            "hint" if org.hints.get(str(text)) and status == Status.UNKNOWN else "plain" for text in first["text"]
        ],
        value=[_shown(str(text), str(column)) for text, column in zip(first["text"], first["column"], strict=True)],
        table=[{"table": str(table)} for table in first["table"]],
        cell=[_address(org, *place) for place in zip(first["table"], first["row"], first["column"], strict=True)],
        n=groups.size().reindex(pd.MultiIndex.from_frame(first[["table", "key"]])).tolist(),
        hint=[listing(org.hints.get(str(text), []), 3) for text in first["text"]],
    )
    for table in found["table"].unique():
        of = (found["table"] == table).to_numpy()
        for column in found.loc[of, "column"].unique():
            here = of & (found["column"] == column).to_numpy()
            offenders.seen(str(table), str(column), found["row"].to_numpy()[here], group[here])
    in_posts = (found["table"] == "posts").to_numpy()
    seats = org.row_seat[found["row"].to_numpy()[in_posts]]
    offenders.also("seat", seats, group[in_posts])
    held: list[list[int]] = [[] for _ in range(len(offenders))]
    by_superior = found["superior"].to_numpy()
    for owner, seat in zip(group[by_superior], org.row_seat[found["row"].to_numpy()[by_superior]], strict=True):
        held[owner].append(int(seat))
    offenders.holding(held).apart(first["table"].tolist())
    return Result(offenders, max(assessed, len(offenders)))


def _address(org: Organization, table: str, row: int, column: str) -> str:
    cell = org.table(table).cell(int(row), column)
    return f"{cell.column or ''}{cell.row}"


_PERSONAL = {
    "superior",
    "appraiser",
    "reviewer",
    "dotted_superior",
    "sender",
    "receiver",
    "copied",
    "person",
    "party",
    "counterparty",
    "decided_by",
    "bearer",
    "owner",
    "head",
    "granted_by",
}


def _shown(text: str, column: str) -> dict[str, str] | str:
    """A value for the message; what may be a person's name is marked and masked by the writers."""
    return {"person": text} if column in _PERSONAL else text


def _unknown_parents(org: Organization) -> list[dict[str, object]]:
    frame = org.departments
    lost = frame[frame["unknown_parent"].notna()]
    return [
        {"table": "departments", "column": "parent", "row": int(row), "text": text}
        for row, text in zip(lost["row"], lost["unknown_parent"], strict=True)
    ]


@CHAPTER.check(3, "high", subject="department", needs=["departments"])
def broken_department_tree(org: Organization, limits: SimpleNamespace) -> Result:
    """A loop of departments, an unknown parent, or a head who stands outside the department and all above it."""
    frame = org.departments
    parent = frame["parent"].to_numpy(dtype=np.int64)
    child = np.flatnonzero(parent >= 0)
    circles = graph.loops(len(frame), child, parent[child])
    lost = np.flatnonzero(frame["unknown_parent"].notna())
    stray: list[int] = []
    place = org.seats["department"].to_numpy() if org.n else np.zeros(0, np.int64)
    for department in np.flatnonzero((frame["head"] >= 0) & (frame["row"] >= 0)):
        head = int(frame["head"].iat[department])
        if place[head] >= 0 and int(place[head]) not in org.department_line(int(department)):
            stray.append(int(department))
    subjects = [circle[0] for circle in circles] + lost.tolist() + stray
    variants = ["loop"] * len(circles) + ["parent"] * len(lost) + ["head"] * len(stray)
    names = frame["name"].tolist()
    offenders = Offenders(
        "department",
        subjects,
        variant=variants,
        department=[names[s] for s in subjects],
        path=[" → ".join(names[d] for d in [*circle, circle[0]]) for circle in circles]
        + [""] * (len(lost) + len(stray)),
        parent=[""] * len(circles) + [frame["unknown_parent"].iat[d] for d in lost] + [""] * len(stray),
        head=[""] * (len(circles) + len(lost)) + [org.seat_names(np.array([frame["head"].iat[d]]))[0] for d in stray],
    )
    for i, circle in enumerate(circles):
        offenders.also("department", circle[1:], [i] * (len(circle) - 1))
        offenders.seen("departments", "parent", frame["row"].to_numpy()[circle], [i] * len(circle))
    rest = np.arange(len(circles), len(subjects))
    rows = frame["row"].to_numpy()[subjects[len(circles) :]] if len(rest) else np.zeros(0, np.int64)
    for i, row, variant in zip(rest.tolist(), rows, variants[len(circles) :], strict=True):
        offenders.seen("departments", "parent" if variant == "parent" else "head", [row], [i])
    for i, department in enumerate(lost, start=len(circles)):
        offenders.because(
            "DAT-01",
            "reference",
            [frame["unknown_parent"].iat[department] if j == i else None for j in range(len(offenders))],
            np.arange(len(offenders)) == i,
        )
    return Result(offenders.apart(variants), max(1, int((frame["row"] >= 0).sum())))


@CHAPTER.check(5, "medium", subject="seat", core=False, needs=["posts"])
def stale_or_repeated_rows(org: Organization, limits: SimpleNamespace) -> Result:
    """A leaver as superior (C12), a closed row still marked active, or the same row twice."""
    table = org.table("posts")
    lines = org.solid[org.solid["status"].isin(Status.GONE).to_numpy()].drop_duplicates("seat")
    inactive = (lines["status"] == Status.INACTIVE).to_numpy()
    expired = np.flatnonzero(org.aside == "expired")
    if table.has("status"):
        expired = expired[~table.text("status").isna().to_numpy()[expired]]
    repeated = np.flatnonzero(org.aside == "duplicate")
    rows = np.concatenate([expired, repeated])
    labels = [_row_label(org, int(row)) for row in rows]
    seats = lines["seat"].to_numpy()
    offenders = Offenders(
        "seat",
        [*seats.tolist(), *labels],
        severity=["high"] * len(seats) + ["medium"] * len(rows),
        variant=np.where(inactive, "inactive", "leaver").tolist()
        + ["expired"] * len(expired)
        + ["repeated"] * len(repeated),
        seat=[*org.seat_names(seats), *labels],
        line=[0] * len(seats) + [int(table.row[r]) for r in rows],
    ).apart([""] * len(seats) + [f"{table.source[r]}:{table.row[r]}" for r in rows])
    offenders.seen("posts", "superior", lines["row"].to_numpy(), np.arange(len(seats)))
    offenders.seen(
        "posts",
        "valid_to" if table.has("valid_to") else None,
        expired,
        np.arange(len(seats), len(seats) + len(expired)),
    )
    offenders.seen("posts", None, repeated, np.arange(len(seats) + len(expired), len(offenders)))
    offenders.holding([[int(s)] for s in seats] + [[] for _ in rows])
    return Result(offenders, max(1, len(table)))


def _row_label(org: Organization, row: int) -> str:
    table = org.table("posts")
    return table.value(row, "position_id") or table.value(row, "title") or f"{int(table.row[row])}"
