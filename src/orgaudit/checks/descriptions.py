"""Readiness on paper: job descriptions in force, qualifications that stand up, headcount as approved."""

from __future__ import annotations

import re
from functools import cache
from types import SimpleNamespace

import numpy as np
import pandas as pd

from orgaudit import catalog
from orgaudit.checks.readiness import CHAPTER
from orgaudit.finding import Offenders, Result, listing, phrases
from orgaudit.organization import Organization
from orgaudit.reading import values


@CHAPTER.check(9, "medium", subject="position", confidence="declared", needs=["descriptions.position"], months=24)
def description_missing_or_stale(org: Organization, limits: SimpleNamespace) -> Result:
    """An appraised position whose job description is missing, unsigned, a draft, older than its last change, or too old."""
    table = org.table("descriptions")
    links = org.link("descriptions", "position").found()
    position = np.where(links.kind == 1, links.index, -1)
    seats = links.seats(org.seats)
    position = np.where((position < 0) & (seats >= 0), org.seats["position"].to_numpy()[np.maximum(seats, 0)], position)
    signed = values.dates(table.text("signed_at"))
    draft = (
        table.text("version").str.contains(r"草稿|讨论稿|草案|初稿|draft", case=False, na=False).to_numpy(dtype=bool)
    )
    frame = pd.DataFrame({"row": links.row, "position": position})
    frame = frame[(frame["position"] >= 0).to_numpy()].assign(
        signed=lambda f: pd.Series(signed[f["row"]], index=f.index).mask(draft[f["row"]]),
        draft=lambda f: draft[f["row"]],
    )
    latest = frame.sort_values("signed", na_position="first", kind="stable").drop_duplicates("position", keep="last")
    by_position = latest.set_index("position")
    changed = _last_change(org)
    as_of = np.datetime64(org.as_of)
    limit = as_of - np.timedelta64(round(limits.months * 30.4375), "D")
    judged = np.zeros(len(org.positions), dtype=bool)
    judged[org.seats["position"].to_numpy()[org.judged]] = True
    has = np.zeros(len(org.positions), dtype=bool)
    has[by_position.index] = True
    shared = org.family(has)
    found: list[tuple[int, str, int, object]] = []
    for p in np.flatnonzero(judged).tolist():
        if not has[p]:
            if not shared[p]:
                found.append((p, "missing", -1, ""))
            continue
        line = by_position.loc[p]
        when = pd.Timestamp(line["signed"]).to_datetime64().astype("datetime64[D]")
        variant = (
            ("draft" if line["draft"] else "unsigned") if np.isnat(when)
            else "changed" if changed[p] > when
            else "old" if when < limit
            else ""
        )  # fmt: skip
        if variant:
            found.append((p, variant, int(line["row"]), str(changed[p] if variant == "changed" else when)))
    offenders = Offenders(
        "position",
        [p for p, *_ in found],
        variant=[variant for _, variant, _, _ in found],
        position=[org.position_name(p) for p, *_ in found],
        date=[date for *_, date in found],
        months=int(limits.months),
    ).holding([[] for _ in found])
    rows = [row for _, _, row, _ in found]
    offenders.seen("descriptions", "signed_at" if table.has("signed_at") else "position", rows)
    offenders.seen("posts", "title", [int(org.positions["row"].iat[p]) if row < 0 else -1 for p, _, row, _ in found])
    return Result(offenders, max(1, int(judged.sum())))


def _last_change(org: Organization) -> np.ndarray:
    """Per position, when a row of it last began to hold; NaT where no dates are given.

    A new holder does not change a position: what counts is the earliest row in force.
    """
    result = np.full(len(org.positions), np.datetime64("NaT"), dtype="datetime64[D]")
    if org.review.has("posts", "valid_from"):
        began = values.dates(org.table("posts").text("valid_from"))[org.seats["row"].to_numpy()].astype("datetime64[D]")
        frame = pd.DataFrame({"position": org.seats["position"], "began": began})
        first = frame.groupby("position")["began"].min()
        result[first.index] = first.to_numpy().astype("datetime64[D]")
    return result


@cache
def _risky() -> tuple[list[tuple[str, re.Pattern[str]]], re.Pattern[str]]:
    words = catalog.toml("qualifications")["protected"]
    return [(kind, re.compile(pattern, re.I)) for kind, pattern in words["risky"].items()], re.compile(
        words["lawful"], re.I
    )


def risky_requirements(text: str) -> dict[str, str]:
    """Kinds of legal risk in a qualification → the words that show it; what the law itself demands is left out."""
    risky, lawful = _risky()
    found: dict[str, str] = {}
    for part in re.split(r"[\n。；;]|(?<=[^0-9])[,，](?=\S)", text):
        if lawful.search(part):
            continue
        for kind, pattern in risky:
            hit = pattern.search(part)
            if hit:
                found.setdefault(kind, hit.group())
    return found


@CHAPTER.check(10, "high", subject="position", confidence="declared",
               needs=["posts.qualifications|descriptions.qualifications"])  # fmt: skip
def risky_qualification(org: Organization, limits: SimpleNamespace) -> Result:
    """A qualification with words on sex, age, marriage, looks, origin or the like that no rule of law demands."""
    cells = [(int(p), "posts", int(r)) for p, r in enumerate(org.positions["row"])] if "posts" in org.review else []
    if "descriptions" in org.review:
        links = org.link("descriptions", "position").found("position")
        cells += [(int(p), "descriptions", int(r)) for p, r in zip(links.index, links.row, strict=True)]
    told = {
        table: org.table(table).text("qualifications") for table in ("posts", "descriptions") if table in org.review
    }
    known = {text: risky_requirements(text) for column in told.values() for text in column.dropna().unique()}
    found: dict[int, tuple[dict[str, str], list[tuple[str, int]]]] = {}
    assessed: set[int] = set()
    for position, table, row in cells:
        text = told[table].iat[row]
        if not isinstance(text, str):
            continue
        assessed.add(position)
        if known[text]:
            words, places = found.setdefault(position, ({}, []))
            words |= known[text]
            places.append((table, row))
    positions = list(found)
    offenders = Offenders(
        "position",
        positions,
        position=[org.position_name(p) for p in positions],
        words=[listing(f"“{word}”" for word in found[p][0].values()) for p in positions],
        kinds=[phrases("checks.RDY-10.kind", found[p][0]) for p in positions],
    ).holding([[] for _ in positions])
    for i, p in enumerate(positions):
        for table, row in found[p][1]:
            offenders.seen(table, "qualifications", [row], [i])
    return Result(offenders, max(1, len(assessed)))


@CHAPTER.check(11, "low", subject="position", confidence="declared", core=False,
               needs=["posts.headcount|departments.headcount"])  # fmt: skip
def headcount_differs(org: Organization, limits: SimpleNamespace) -> Result:
    """Approved and filled heads differ, a new position has none approved, or a department's total is not the sum of its own."""
    frame = headcounts(org)
    over, under = frame["actual"] > frame["approved"], frame["actual"] < frame["approved"]
    bare = frame["new"] & frame["approved"].isna()
    positions = frame[(over | under | bare).to_numpy(dtype=bool)]
    totals = department_headcounts(org, frame)
    wrong = totals[
        (totals["approved"].notna() & totals["sum"].notna() & (totals["approved"] != totals["sum"])).to_numpy(
            dtype=bool
        )
    ]
    wrong = pd.concat(
        [
            wrong,
            totals[
                (totals["approved"].notna() & totals["sum"].isna() & (totals["actual"] != totals["approved"])).to_numpy(
                    dtype=bool
                )
            ],
        ]
    )
    n, m = len(positions), len(wrong)
    variants = ["bare" if b else "over" if o else "under"
                for b, o in zip(bare[positions.index], over[positions.index], strict=True)]  # fmt: skip
    offenders = Offenders(
        "bearer",
        [*[("position", int(p)) for p in positions.index], *[("department", int(d)) for d in wrong.index]],
        variant=[*variants, *["sum" if not np.isnan(s) else "department" for s in wrong["sum"]]],
        name=[
            *[org.position_name(int(p)) for p in positions.index],
            *[org.departments["name"].iat[int(d)] for d in wrong.index],
        ],
        approved=[*[_number(a) for a in positions["approved"]], *[_number(a) for a in wrong["approved"]]],
        actual=[*[_number(a) for a in positions["actual"]], *[_number(a) for a in wrong["actual"]]],
        sum=[*[0] * n, *[_number(s) for s in wrong["sum"]]],
    ).holding([[] for _ in range(n + m)])
    column = "headcount" if org.review.has("posts", "headcount") else "title"
    offenders.seen("posts", column, org.positions["row"].to_numpy()[positions.index], range(n))
    offenders.seen("departments", "headcount", org.departments["row"].to_numpy()[wrong.index], range(n, n + m))
    return Result(offenders, max(1, int(frame["approved"].notna().sum()) + int(totals["approved"].notna().sum())))


def _number(value: float) -> int | float | str:
    return "–" if np.isnan(value) else int(value) if float(value).is_integer() else float(value)


def headcounts(org: Organization) -> pd.DataFrame:
    """Per position ``approved`` (NaN where not given), ``actual`` heads, ``department`` and ``new``."""
    row = org.positions["row"].to_numpy()
    position = org.seats["position"].to_numpy()
    table = org.table("posts") if "posts" in org.review else None
    blank = np.full(len(row), np.nan)
    approved = values.numbers(table.text("headcount"))[row] if table is not None else blank
    stated = values.numbers(table.text("actual"))[row] if table is not None else blank
    counted = np.bincount(position, weights=_filled(org), minlength=len(row)) if org.n else blank
    new = (
        values.yes(table.text("is_new"))[row] if table is not None and table.has("is_new") else np.zeros(len(row), bool)
    )
    planned = np.ones(len(row), dtype=bool)
    planned[position[org.seats["status"].ne("planned").to_numpy()]] = False
    new = new & ~planned
    frame = pd.DataFrame({"department": org.positions["department"], "approved": approved, "new": new})
    frame["actual"] = np.where(np.isnan(stated), counted, stated)
    return frame.assign(approved=frame["approved"].where(org.listed_positions))


def _filled(org: Organization) -> np.ndarray:
    """Heads per seat; a row that names nobody in a chart of positions says nothing of its heads but what it states."""
    named = org.seats["person"].to_numpy() >= 0
    return np.where(named, org.occupied & org.listed_seats, org.head_count)


def department_headcounts(org: Organization, frame: pd.DataFrame) -> pd.DataFrame:
    """Per department its ``approved`` total, the ``sum`` of its positions' approved heads, and ``actual``, with its units."""
    n = len(org.departments)
    row = org.departments["row"].to_numpy(dtype=np.int64)
    own = np.full(n, np.nan)
    if org.review.has("departments", "headcount"):
        told = values.numbers(org.table("departments").text("headcount"))
        own = np.where(row >= 0, told[np.maximum(row, 0)], np.nan)
    totals = pd.DataFrame({"approved": own, "sum": np.nan, "actual": 0.0})
    if not n or not org.review.has("departments", "headcount"):
        return totals
    placed = frame[(frame["department"] >= 0).to_numpy()]
    unknown = placed["approved"].isna().groupby(placed["department"]).any()
    sums = placed.groupby("department")[["approved", "actual"]].sum()
    approved, actual = np.zeros(n), np.zeros(n)
    covered, open_ = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
    for unit in sums.index:
        line = org.department_line(int(unit))
        approved[line] += sums["approved"][unit]
        actual[line] += sums["actual"][unit]
        covered[line] = True
        open_[line] |= bool(unknown[unit])
    return totals.assign(sum=np.where(covered & ~open_, approved, np.nan), actual=actual)
