"""Principle 5, obedience, read as a fair process: targets are settled first, disputes are decided before the review.

Nobody's attitude is judged. What counts is whether a target was agreed in time, who has the final word and whether there
is a way to object. Unsigned is not disobedient, and a signature with a reservation is a signature.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from orgaudit.check import Chapter, NotAssessable
from orgaudit.finding import Offenders, Result, listing
from orgaudit.organization import KINDS, Organization
from orgaudit.reading import values

CHAPTER = Chapter("OBE")

_CONFIRMED = ("signed", "reserved", "provisional")


@CHAPTER.check(
    1, "blocker", subject="position", confidence="declared", needs=["indicators.sign_off|indicators.signed_at"]
)
def targets_not_signed(org: Organization, limits: SimpleNamespace) -> Result:
    """A bearer whose targets are not confirmed after the deadline; medium where no deadline is configured (domain.md C6)."""
    deadline = org.settings.calendar.get("sign_off_deadline")
    frame = org.work.indicators
    table = org.table("indicators")
    if deadline and org.as_of <= deadline:
        raise NotAssessable("deadline_ahead", date=deadline.isoformat())
    confirmed = frame["state"].isin(_CONFIRMED).to_numpy()
    if not table.filled("sign_off").any():
        confirmed = table.filled("signed_at")
    frame = frame.assign(confirmed=confirmed, judged=_judged(org, frame))
    frame = frame[frame["judged"] & frame["bearer"].notna()]
    groups = frame.groupby("bearer", sort=False)
    open_ = [group for _, group in groups if not group["confirmed"].all()]
    kinds = [KINDS[int(group["kind"].iloc[0])] if group["kind"].iloc[0] >= 0 else "reference" for group in open_]
    # Offenders have one kind; the bearer's own kind comes with the subject.
    offenders = Offenders(
        "bearer",
        [
            (
                kind,
                int(group["index"].iloc[0])
                if kind != "reference"
                else str(table.value(int(group["row"].iloc[0]), "bearer")),
            )
            for kind, group in zip(kinds, open_, strict=True)
        ],
        severity="blocker" if deadline else "medium",
        bearer=[_bearer_name(org, group) for group in open_],
        n=[int((~group["confirmed"]).sum()) for group in open_],
        of=[len(group) for group in open_],
        indicators=[
            listing(table.value(int(r), "indicator") or "" for r in group.loc[~group["confirmed"], "row"])
            for group in open_
        ],
    )
    held: dict[int, list[int]] = {}
    measured = org.work.indicator_seats()
    for row, seat in zip(measured.row, measured.index, strict=True):
        held.setdefault(int(row), []).append(int(seat))
    offenders.holding([sorted({s for r in group["row"] for s in held.get(int(r), ())}) for group in open_])
    for i, group in enumerate(open_):
        rows = group.loc[~group["confirmed"], "row"].to_numpy()
        offenders.seen("indicators", "sign_off" if table.has("sign_off") else "signed_at", rows, [i] * len(rows))
    return Result(offenders, max(1, groups.ngroups))


def _judged(org: Organization, frame: object) -> np.ndarray:
    """Boolean per indicator: somebody who is appraised bears it (team and piece-rate modes are judged by the family)."""
    judged = np.ones(len(org.work.indicators), dtype=bool)
    measured = org.work.indicator_seats()
    unjudged = (~org.seats["judged"].to_numpy(dtype=bool) | _absent(org))[measured.index]
    has_judged = np.zeros(len(judged), dtype=bool)
    has_judged[measured.row[~unjudged]] = True
    judged[measured.row[unjudged]] = False
    return judged | has_judged


def _absent(org: Organization) -> np.ndarray:
    """Boolean per seat: on long leave, or hired inside the period."""
    absent = org.seats["status"].eq("leave").to_numpy(dtype=bool)
    start = org.settings.calendar.get("period_start")
    if start and org.review.has("posts", "hire_date"):
        hired = values.dates(org.table("posts").text("hire_date"))[org.seats["row"].to_numpy()]
        absent = absent | (hired > np.datetime64(start))
    return np.asarray(absent)


def _bearer_name(org: Organization, group: object) -> dict[str, str] | str:
    kind, index = int(group["kind"].iloc[0]), int(group["index"].iloc[0])  # type: ignore[index]
    if kind == 1:
        return org.position_name(index)
    if kind == 0:
        return str(org.departments["name"].iat[index])
    if kind == 3:
        return org.seat_names(np.array([index]))[0]
    if kind == 2:
        seats = org.person_seats(index)
        return org.seat_names(seats[:1])[0] if len(seats) else ""
    return {"person": str(org.table("indicators").value(int(group["row"].iloc[0]), "bearer"))}  # type: ignore[index]
