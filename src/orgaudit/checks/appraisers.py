"""Principle 1, who rates whom: the direct superior, not somebody further up, elsewhere, or in human resources.

Organizing a review and supplying its data is not rating; a reviewer is no appraiser.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd

from orgaudit.checks.single_superior import CHAPTER
from orgaudit.finding import Offenders, Result
from orgaudit.organization import Organization
from orgaudit.reading import values


@CHAPTER.check(
    7,
    "blocker",
    subject="seat",
    needs=["posts.superior", "posts.appraiser|indicators.appraiser"],
    confidence="declared",
)
def other_appraiser(org: Organization, limits: SimpleNamespace) -> Result:
    """Who rates the seat is not its direct superior: skip-level, another department, a subordinate, or oneself."""
    said = appraisers(org)
    superior = org.solid[(org.solid["target"] >= 0).to_numpy()]
    has_superior = np.zeros(org.n, dtype=bool)
    has_superior[superior["seat"]] = True
    staffed = np.zeros(org.n, dtype=bool)
    staffed[superior["seat"]] = (org.incumbents[superior["position"].to_numpy()] > 0) if len(superior) else False
    assessable = org.judged & has_superior & staffed & ~org.root_marked & ~org.main_root
    said = said[assessable[said["seat"].to_numpy()]]
    own_position = org.seats["position"].to_numpy()
    lines = superior[["seat", "position"]].drop_duplicates()
    matched = said.merge(lines, on=["seat", "position"], how="inner")["line"].unique()
    cell = pd.factorize(said["table"])[0] * (1 << 40) + said["row"].to_numpy(dtype=np.int64)
    wrong = said[~np.isin(cell, cell[said["line"].isin(matched).to_numpy()])]
    # The superior named by another of his posts is still the superior.
    person = org.seats["person"].to_numpy()
    many = int(person.max(initial=0)) + 2
    above = superior["seat"].to_numpy() * many + person[superior["target"].to_numpy()]
    named = wrong["seat"].to_numpy(dtype=np.int64) * many + wrong["person"].to_numpy(dtype=np.int64)
    wrong = wrong[~(np.isin(named, above) & (wrong["person"].to_numpy(dtype=np.int64) >= 0))]
    wrong = wrong[~_project_lines(org, wrong)]
    groups = wrong.groupby("seat", sort=True)
    seats = np.array(list(groups.groups), dtype=np.int64)
    firsts = groups.first().reindex(seats) if len(seats) else wrong
    relation = [
        _relation(org, int(s), int(a), int(p))
        for s, a, p in zip(seats, firsts["target"], firsts["person"], strict=True)
    ]
    above = [org.position_name(int(own_position[org.parent[s]])) if org.parent[s] >= 0 else "" for s in seats]
    offenders = Offenders(
        "seat",
        seats,
        variant=relation,
        seat=org.seat_names(seats),
        superior=above,
        appraiser=[org.position_name(int(p)) if p >= 0 else "" for p in firsts["position"]],
    ).apart([""] * len(seats))
    offenders.because("SUP-08", "seat", seats)
    order = {int(seat): i for i, seat in enumerate(seats)}
    for table, part in wrong.groupby("table"):
        offenders.seen(str(table), "appraiser", part["row"].to_numpy(), [order[int(s)] for s in part["seat"]])
    return Result(offenders, int(assessable.sum()))


def _project_lines(org: Organization, said: pd.DataFrame) -> np.ndarray:
    """Boolean per line: the appraiser is a dotted superior with so large a share that the project line decides (SUP-05)."""
    if not len(org.dotted) or not org.review.has("posts", "dotted_share"):
        return np.zeros(len(said), dtype=bool)
    share = values.numbers(org.table("posts").text("dotted_share"))[org.dotted["row"].to_numpy()]
    share = np.where(share <= 1, share * 100, share)
    strong = org.dotted[share >= org.settings.project_share]
    pair = strong["seat"].to_numpy(dtype=np.int64) * org.n + strong["target"].to_numpy(dtype=np.int64)
    return np.isin(said["seat"].to_numpy(dtype=np.int64) * org.n + said["target"].to_numpy(dtype=np.int64), pair)


_COLUMNS = ["row", "table", "seat", "person", "position", "target", "line", "unsure"]


def appraisers(org: Organization) -> pd.DataFrame:
    """Who rates whom, as the tables say: ``seat, person, position, target`` (a seat), ``table, row, line`` (a number),
    ``unsure`` (the role given is not one that is known).

    Organizers and data providers rate nobody; a reviewer is no appraiser. An appraiser named by department is its head.
    """
    parts = []
    for table in ("posts", "indicators"):
        links = org.link(table, "appraiser").found()
        if not len(links.row):
            continue
        said = org.table(table).text("appraiser_role")
        role = values.closed(said, "appraiser_role").to_numpy()
        unsure = said.notna().to_numpy() & pd.isna(role)
        header = [
            column.header for source in org.table(table).sources for column in source.columns.get("appraiser", [])
        ]
        department_column = any("部门" in text for text in header)
        keep = ~np.isin(role[links.row].astype(str), ["organizes", "data"])
        if department_column:  # 考核部门 organizes
            keep &= np.isin(role[links.row].astype(str), ["rates"])
        links = links.take(keep)
        frame = pd.DataFrame({"row": links.row, "kind": links.kind, "index": links.index, "table": table})
        frame["unsure"] = unsure[links.row]
        if table == "posts":
            frame["seat"] = org.row_seat[links.row]
        else:
            measured = org.work.indicator_seats()
            frame = frame.merge(pd.DataFrame({"row": measured.row, "seat": measured.index}), on="row")
        parts.append(frame[frame["seat"] >= 0])
    if not parts:
        return pd.DataFrame(columns=_COLUMNS, dtype=np.int64)
    said = pd.concat(parts, ignore_index=True)
    return _as_seats(org, said)


def _as_seats(org: Organization, said: pd.DataFrame) -> pd.DataFrame:
    """Targets by any kind → the seats that they mean (a person's every seat counts)."""
    said = said.assign(line=np.arange(len(said)))
    person, position = org.seats["person"].to_numpy(), org.seats["position"].to_numpy()
    held = pd.DataFrame({"target": np.arange(org.n), "person": person, "position": position})
    parts = []
    for kind, key in ((1, "position"), (2, "person"), (3, "target")):
        part = said[said["kind"] == kind]
        if len(part):
            parts.append(part.merge(held, left_on="index", right_on=key))
    part = said[said["kind"] == 0]
    if len(part):
        head = org.departments["head"].to_numpy()[part["index"].to_numpy(dtype=np.int64)]
        parts.append(part.assign(target=head)[head >= 0].merge(held, on="target"))
    return (
        pd.concat(parts, ignore_index=True)[_COLUMNS].sort_values("line", kind="stable", ignore_index=True)
        if parts
        else pd.DataFrame(columns=_COLUMNS, dtype=np.int64)
    )


def _relation(org: Organization, seat: int, appraiser: int, person: int) -> str:
    if appraiser == seat or (person >= 0 and person == int(org.seats["person"].iat[seat])):
        return "self"
    if appraiser in org.chain(seat)[1:]:
        return "skip"
    if seat in org.chain(appraiser):
        return "subordinate"
    return "other"


@CHAPTER.check(
    8,
    "blocker",
    subject="person",
    needs=["posts.appraiser|indicators.appraiser"],
    confidence="declared",
)
def human_resources_rates(org: Organization, limits: SimpleNamespace) -> Result:
    """Somebody in human resources rates people of other departments without being their superior; one finding per scorer."""
    inside = _in_human_resources(org)
    place = org.seats["department"].to_numpy()
    said = appraisers(org)
    seat, target = said["seat"].to_numpy(dtype=np.int64), said["target"].to_numpy(dtype=np.int64)
    outside = org.judged[seat] & ~inside[place[seat]] & (place[seat] >= 0)
    lines = org.solid[(org.solid["target"] >= 0).to_numpy()]
    superior = set(zip(lines["seat"].tolist(), lines["target"].tolist(), strict=True))
    own = np.array([pair in superior for pair in zip(seat.tolist(), target.tolist(), strict=True)], dtype=bool)
    wrong = said[outside & inside[place[target]] & (place[target] >= 0) & ~own & ~org.general_manager[target]]
    person, position = wrong["person"].to_numpy(dtype=np.int64), wrong["position"].to_numpy(dtype=np.int64)
    scorer = np.where(person >= 0, person, -1 - position)
    groups = [part for _, part in wrong.groupby(scorer, sort=False)]
    firsts = [part.iloc[0] for part in groups]
    rated = [part["seat"].nunique() for part in groups]
    judged = int((org.judged & ~inside[place]).sum())
    offenders = Offenders(
        "bearer",
        [
            ("person", int(first["person"])) if first["person"] >= 0 else ("position", int(first["position"]))
            for first in firsts
        ],
        severity=["medium" if part["unsure"].all() else "blocker" for part in groups],
        variant=["confirm" if part["unsure"].all() else "plain" for part in groups],
        scorer=[org.position_name(int(first["position"])) for first in firsts],
        n=rated,
        of=judged,
    ).holding([sorted(set(part["seat"].tolist())) for part in groups])
    offenders.also("department", [int(place[int(first["target"])]) for first in firsts])
    for i, part in enumerate(groups):
        for table, rows in part.groupby("table"):
            cells = sorted(set(rows["row"].tolist()))[:200]
            offenders.seen(str(table), "appraiser", cells, [i] * len(cells))
    return Result(offenders, max(1, judged))


def _in_human_resources(org: Organization) -> np.ndarray:
    """Boolean per department, with one more for "no department": it is human resources, or a unit of it."""
    kinds = org.departments["kinds"].tolist()
    result = np.zeros(len(kinds) + 1, dtype=bool)
    for department in range(len(kinds)):
        result[department] = any("hr" in kinds[up] for up in org.department_line(department))
    return result
