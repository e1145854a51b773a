"""Principle 3 in a responsibility matrix (RACI): each activity has one who answers for it and somebody who does it; few are
asked; no column carries everything or nothing.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd

from orgaudit.check import NotAssessable
from orgaudit.checks.duties import CHAPTER
from orgaudit.finding import Offenders, Result, listing, phrases
from orgaudit.organization import Organization, same_duty
from orgaudit.reading import values


def _activities(org: Organization) -> pd.DataFrame:
    """Lines of responsibility charts, drawn as a matrix or written as rows: duties with ``place`` (the activity), ``source``
    (the chart) and ``column`` (the bearer's, -1 where an activity has no mark)."""
    duties, table = org.work.duties, org.table("duties")
    drawn = np.array([table.sources[s].layout == "matrix" for s in table.source])
    at = duties["row"].to_numpy(dtype=np.int64)
    written = duties["chart"].to_numpy(dtype=bool) & ~drawn[at]
    if not drawn.any() and not written.any():
        raise NotAssessable("no_matrix")
    if table.text("role").str.startswith("?", na=False).to_numpy(dtype=bool)[drawn].any():
        raise NotAssessable("unknown_letters")
    bearer = pd.MultiIndex.from_arrays([duties["department"], duties["position"]]).factorize()[0]
    frame = duties.assign(
        source=table.source[at],
        column=np.where(drawn[at], table.column[at], bearer),
        place=table.source[at].astype(np.int64) * (1 << 32) + np.where(drawn[at], table.row[at], same_duty(duties)),
    )[drawn[at] | written]
    filled = frame["column"].to_numpy() >= 0
    result: pd.DataFrame = frame.assign(a=frame["a"].astype(bool) & filled, r=frame["r"].astype(bool) & filled)
    return result


@CHAPTER.check(7, "high", subject="activity", confidence="declared", needs=["duties"])
def no_or_several_accountable(org: Organization, limits: SimpleNamespace) -> Result:
    """An activity of the responsibility matrix with no A, or with more than one."""
    frame = _activities(org)
    count = frame.groupby("place", sort=False)["a"].sum()
    return _activity_result(org, frame, count[count != 1], lambda n: "none" if n == 0 else "several", "a")


@CHAPTER.check(8, "high", subject="activity", confidence="declared", needs=["duties"])
def nobody_responsible(org: Organization, limits: SimpleNamespace) -> Result:
    """An activity of the responsibility matrix that nobody carries out; medium where deciding is all there is to do."""
    frame = _activities(org)
    count = frame.groupby("place", sort=False)["r"].sum()
    return _activity_result(org, frame, count[count == 0], lambda n: "plain", "r")


def _activity_result(org: Organization, frame: pd.DataFrame, wrong: pd.Series, variant: object, letter: str) -> Result:
    groups = {place: frame[frame["place"] == place] for place in wrong.index}
    texts = [str(group["text"].iloc[0]) for group in groups.values()]
    deciding = [group["action"].iloc[0] == "approve" and letter == "r" for group in groups.values()]
    offenders = Offenders(
        "activity",
        texts,
        severity=["medium" if decides else "high" for decides in deciding],
        confidence=["inferred" if group["inferred"].any() else "declared" for group in groups.values()],
        variant=[variant(int(n)) for n in wrong],  # type: ignore[operator]
        activity=texts,
        n=[int(n) for n in wrong],
        bearers=[listing(_bearers(org, group[group[letter].astype(bool)])) for group in groups.values()],
    ).apart(
        [
            f"{group['function'].iloc[0]}|{i}" if texts.count(t) > 1 else ""
            for i, (t, group) in enumerate(zip(texts, groups.values(), strict=True))
        ]
    )
    for i, group in enumerate(groups.values()):
        held = (
            group[group[letter].astype(bool)]
            if letter == "a" and len(group[group[letter].astype(bool)])
            else group.head(1)
        )
        offenders.also("department", held["department"].tolist(), [i] * len(held))
        offenders.seen(
            "duties",
            "role" if len(group[group[letter].astype(bool)]) else "statement",
            held["row"].tolist(),
            [i] * len(held),
        )
    return Result(offenders, max(1, frame["place"].nunique()))


def _bearers(org: Organization, lines: pd.DataFrame) -> list[str]:
    table = org.table("duties")
    return [
        org.departments["name"].iat[int(d)]
        if d >= 0 and p < 0
        else org.position_name(int(p))
        if p >= 0
        else table.value(int(row), "bearer") or ""
        for d, p, row in zip(lines["department"], lines["position"], lines["row"], strict=True)
    ]


@CHAPTER.check(9, "low", subject="activity", confidence="declared", core=False, needs=["duties"],
               max_responsible=3, max_consulted=3, consulted_share=40, columns=4)  # fmt: skip
def too_many_involved(org: Organization, limits: SimpleNamespace) -> Result:
    """An activity with more than three departments at work, with too many to consult, or with every box filled."""
    frame = _activities(org)
    frame = frame[(frame["a"] | frame["r"] | frame["c"] | frame["i"] | frame["s"]).to_numpy(dtype=bool)]
    found: list[tuple[pd.DataFrame, dict[str, object]]] = []
    columns = _columns(org, frame)
    for place, group in frame.groupby("place", sort=False):
        width = columns[int(place) >> 32]
        doers = group[group["r"].to_numpy(dtype=bool)]
        units = {int(d) if d >= 0 else -1 - int(row) for d, row in zip(doers["department"], doers["row"], strict=True)}
        consulted = int(group["c"].sum())
        problems: dict[str, object] = {}
        if len(units) > limits.max_responsible:
            problems["doers"] = len(units)
        if consulted > max(limits.max_consulted, limits.consulted_share / 100 * width):
            problems["asked"] = consulted
        if len(group["row"].unique()) >= width >= limits.columns:
            problems["full"] = width
        if problems:
            found.append((group, problems))
    texts = [str(group["text"].iloc[0]) for group, _ in found]
    offenders = Offenders(
        "activity",
        texts,
        activity=texts,
        problems=[phrases("checks.DUT-09.problem", problems) for _, problems in found],
    ).apart([str(group["function"].iloc[0]) for group, _ in found])
    for i, (group, _) in enumerate(found):
        rows = group["row"].tolist()
        places = [int(d) for d in dict.fromkeys(group["department"]) if d >= 0]
        offenders.also("department", places, [i] * len(places)).seen("duties", "role", rows, [i] * len(rows))
    return Result(offenders, max(1, frame["place"].nunique()))


def _columns(org: Organization, frame: pd.DataFrame) -> dict[int, int]:
    """Of each matrix (by its source), how many columns of bearers it has."""
    table = org.table("duties")
    used = frame.groupby("source")["column"].nunique()
    told = {
        number: len(source.columns.get("role", ()))
        for number, source in enumerate(table.sources)
        if source.layout == "matrix"
    }
    return {int(number): max(int(n), told.get(int(number), 0)) for number, n in used.items()}


@CHAPTER.check(10, "low", subject="department", confidence="declared", core=False, needs=["duties"],
               accountable_share=40, responsible_share=60, rows=10)  # fmt: skip
def column_overload(org: Organization, limits: SimpleNamespace) -> Result:
    """A column that answers for too many activities or does too many of them, and one that is only informed."""
    frame = _activities(org)
    table = org.table("duties")
    frame = frame[(frame["column"] >= 0).to_numpy()]
    total = frame.groupby("source")["place"].nunique()
    found: list[tuple[pd.DataFrame, dict[str, object]]] = []
    empty = _empty_columns(org, frame)
    for (source, _), part in frame.groupby(["source", "column"], sort=False):
        n = int(total[source])
        decides, does = int(part["a"].sum()), int(part["r"].sum())
        problems: dict[str, object] = {}
        if decides > limits.rows and decides > limits.accountable_share / 100 * n and not _at_the_top(org, part):
            problems["decides"] = f"{decides}/{n}"
        if does > limits.rows and does > limits.responsible_share / 100 * n:
            problems["does"] = f"{does}/{n}"
        if n >= 3 and not (part["a"] | part["r"] | part["c"] | part["s"]).any():
            problems["idle"] = n
        if problems:
            found.append((part, problems))
    firsts = [part.iloc[0] for part, _ in found]
    offenders = Offenders(
        "bearer",
        [
            *[
                ("position", int(first["position"])) if first["position"] >= 0
                else ("department", int(first["department"])) if first["department"] >= 0
                else ("reference", table.value(int(first["row"]), "bearer") or "")
                for first in firsts
            ],
            *[_named_column(org, label) for label, _, _ in empty],
        ],
        bearer=[*[_bearers(org, part.head(1))[0] for part, _ in found], *[label for label, _, _ in empty]],
        problems=[phrases("checks.DUT-10.problem", problems) for _, problems in found]
        + [phrases("checks.DUT-10.problem", {"empty": n}) for _, n, _ in empty],
    ).holding([[] for _ in range(len(found) + len(empty))])  # fmt: skip
    for i, (_, _, row) in enumerate(empty, start=len(found)):
        offenders.seen("duties", None, [row], [i])
    for i, (part, _) in enumerate(found):
        rows = part["row"].tolist()[:30]
        offenders.seen("duties", "role", rows, [i] * len(rows))
    return Result(offenders, max(1, int(frame.groupby("source")["column"].nunique().sum())))


def _empty_columns(org: Organization, frame: pd.DataFrame) -> list[tuple[str, int, int]]:
    """Columns of matrices without a single mark: header, number of activities, a row of the matrix."""
    table = org.table("duties")
    result = []
    for number, part in frame.groupby("source"):
        used = set(table.column[table.source == number].tolist())
        listed = table.sources[int(number)].columns.get("role", ())
        n = part["place"].nunique()
        if n >= 3 and table.sources[int(number)].layout == "matrix":
            result += [(column.header, n, int(part["row"].iloc[0])) for column in listed if column.index not in used]
    return result


def _named_column(org: Organization, label: str) -> tuple[str, object]:
    for kind, names in (("department", org.departments["name"]), ("position", org.positions["title"])):
        for index, name in enumerate(names):
            if values.key(str(name)) == values.key(label):
                return kind, index
    return "reference", label


def _at_the_top(org: Organization, part: pd.DataFrame) -> bool:
    """Whether a column is the general manager's, which naturally answers for much."""
    position, department = int(part["position"].iloc[0]), int(part["department"].iloc[0])
    if position >= 0:
        return bool(org.general_manager[org.position_seats(position)].any())
    return department >= 0 and "top" in org.departments["kinds"].iat[department]
