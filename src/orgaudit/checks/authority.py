"""Principle 2, authority matches responsibility: who answers for a result may decide what it takes, and no more.

An authority table usually lists money matters only, so absence is weighed: where hardly any decision duty finds a right,
the table is too thin to judge by.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from orgaudit import wording
from orgaudit.check import Chapter, NotAssessable
from orgaudit.finding import Offenders, Result, listing, phrases
from orgaudit.organization import KINDS, Organization
from orgaudit.reading import values
from orgaudit.table import Table

CHAPTER = Chapter("AUT")

# Rights that let a holder act; deciding needs approval or a vote in it.
_ACTING = ("propose", "execute", "approve", "review", "countersign", "deliberate", "other")
_DECIDING = ("approve", "countersign", "deliberate")


@CHAPTER.check(
    1, "high", subject="duty", confidence="declared", needs=["duties.position", "authorities"], thin_table=0.2
)
def responsibility_without_authority(org: Organization, limits: SimpleNamespace) -> Result:
    """A lead duty of a position that takes a right, and no right of the position on the same function or object."""
    duties, rights = org.work.duties, org.work.rights
    table = org.table("duties")
    needed = values.closed(table.text("needs_authority"), "power").to_numpy()
    lead = duties[(duties["lead"] & (duties["position"] >= 0) & ~duties["catch_all"]).to_numpy()]
    asked = needed[lead["row"].to_numpy()]
    lead = lead[lead["needs_right"].to_numpy(dtype=bool) | pd.notna(asked)]
    if not len(lead):
        raise NotAssessable("no_decision_duties")
    asked = needed[lead["row"].to_numpy()]
    decides = np.array(
        [a == "approve" if isinstance(a, str) else c == "approve" for a, c in zip(asked, lead["action"], strict=True)]
    )
    held = rights.groupby("position")
    answered = np.zeros(len(lead), dtype=bool)
    known = set(held.groups)
    for i, (position, function, thing, decide) in enumerate(
        zip(lead["position"], lead["function"], lead["object"], decides, strict=True)
    ):
        if position in known:
            own = held.get_group(position)
            own = own[own["power"].isin(_DECIDING if decide else _ACTING)]
            answered[i] = _covers(own, function, thing)
    if answered.mean() < limits.thin_table:
        raise NotAssessable("authority_table_thin", n=int(answered.sum()), of=len(lead))
    open_ = lead[~answered]
    weighted = _weighted_duties(org)
    by_indicator = [_identity(org, int(row)) in weighted for row in open_["row"]]
    at = open_["row"].to_numpy()
    abilities = _abilities(org, open_["position"].to_numpy())
    declared = pd.notna(needed[at]) | open_["declared"].to_numpy(dtype=bool)
    offenders = Offenders(
        "duty",
        [_subject(org, int(row)) for row in at],
        severity=["high" if weight else "medium" for weight in by_indicator],
        confidence=["declared" if d else "inferred" for d in declared],
        variant=["approve" if d else "act" for d in decides[~answered]],
        duty=open_["text"].tolist(),
        position=[org.position_name(int(p)) for p in open_["position"]],
        ability=abilities,
    ).apart(open_["position"].tolist())
    offenders.also("position", open_["position"].to_numpy()).seen("duties", "statement", at)
    offenders.holding([org.position_seats(int(p)).tolist() for p in open_["position"]])
    return Result(offenders, len(lead))


def _covers(own: pd.DataFrame, function: object, thing: str) -> bool:
    """Whether a right is on the duty's function or speaks of its object."""
    if not len(own):
        return False
    if isinstance(function, str) and own["function"].eq(function).any():
        return True
    pairs = wording.bigrams(thing)
    return any(len(pairs & wording.bigrams(str(matter))) >= max(1, min(2, len(pairs))) for matter in own["matter"])


def _weighted_duties(org: Organization) -> set[str]:
    """Keys of duties behind an indicator with weight."""
    if not org.review.has("indicators", "duty"):
        return set()
    text = values.keys(org.table("indicators").text("duty"))
    weight = org.work.indicators["weight"].to_numpy()
    return {str(key) for key, w in zip(text, weight, strict=True) if isinstance(key, str) and w > 0}


def _identity(org: Organization, row: int) -> str:
    table = org.table("duties")
    return values.key(table.value(row, "duty_id") or table.value(row, "statement") or "")


def _subject(org: Organization, row: int) -> tuple[str, str]:
    table = org.table("duties")
    statement = table.value(row, "statement") or ""
    return (table.value(row, "duty_id") or statement, statement)


def _abilities(org: Organization, positions: np.ndarray) -> list[str]:
    if not org.review.has("posts", "ability"):
        return ["unknown"] * len(positions)
    text = org.table("posts").text("ability").to_numpy()[org.positions["row"].to_numpy()[positions]]
    return [
        "able"
        if isinstance(t, str) and values.key(t) in ("able", "已具备", "具备")
        else "developing"
        if isinstance(t, str)
        else "unknown"
        for t in text
    ]


@CHAPTER.check(2, "medium", subject="matter", confidence="declared", core=True, needs=["authorities", "duties"],
               thin_table=0.2)  # fmt: skip
def authority_without_responsibility(org: Organization, limits: SimpleNamespace) -> Result:
    """A right to approve where neither the position nor anybody below it answers for the matter or is measured by it."""
    rights = org.work.rights
    own = rights[((rights["power"] == "approve") & (rights["position"] >= 0) & rights["matter"].notna()).to_numpy()]
    own = own.drop_duplicates(["matter", "condition", "position"])
    carriers = _Carriers(org)
    top = org.main_root | (org.main_root[np.maximum(org.parent, 0)] & (org.parent >= 0))
    wrong: list[int] = []
    known = 0
    for i, (position, function, matter) in enumerate(zip(own["position"], own["function"], own["matter"], strict=True)):
        seats = carriers.seats(function, str(matter))
        known += bool(len(seats))
        held = org.position_seats(int(position))
        below = any(org.above(np.full(len(seats), s), seats).any() or s in seats for s in held)
        if not below and not (len(seats) and top[held].any()):
            wrong.append(i)
    if known < limits.thin_table * len(own):
        raise NotAssessable("duties_thin", n=known, of=len(own))
    found = own.iloc[wrong]
    table = org.table("authorities")
    groups = [part for _, part in found.groupby(["matter", "condition"], sort=False)]
    offenders = Offenders(
        "matter",
        [_matter_name(table, part) for part in groups],
        confidence=["declared" if part["declared"].all() else "inferred" for part in groups],
        matter=[_matter_name(table, part) for part in groups],
        positions=[listing(org.position_name(int(p)) for p in part["position"]) for part in groups],
    ).apart([str(part["condition"].iloc[0]) for part in groups])
    for i, part in enumerate(groups):
        offenders.also("position", part["position"].tolist(), [i] * len(part))
        offenders.seen("authorities", "matter", part["row"].tolist(), [i] * len(part))
    return Result(offenders.holding([[] for _ in groups]), max(1, len(own)))


def _matter_name(table: Table, part: pd.DataFrame) -> str:
    row = int(part["row"].iloc[0])
    return table.value(row, "matter") or table.value(row, "function") or ""


class _Carriers:
    """Seats that answer for a function or matter: bearers of lead duties and of their indicators, department heads."""

    def __init__(self, org: Organization) -> None:
        duties = org.work.duties
        behind = org.work.indicator_duties
        lead = np.array(duties["lead"].astype(bool) & ~duties["catch_all"].astype(bool))
        lead[behind["line"][behind["own"].to_numpy(dtype=bool)].to_numpy(dtype=np.int64)] = True
        # Who is measured by a duty answers for it too, whoever does it.
        measured, linked = org.work.indicator_seats(), behind["line"].to_numpy(dtype=np.int64)
        known = linked[measured.row] >= 0
        self._measured = pd.DataFrame({"line": linked[measured.row][known], "seat": measured.index[known]})
        self._lines = duties[lead]
        self._org = org
        self._words = [(text, wording.bigrams(str(text))) for text in self._lines["statement"].dropna().unique()[:5000]]
        self._known: dict[tuple[object, str], np.ndarray] = {}

    def seats(self, function: object, matter: str) -> np.ndarray:
        """The seats, by the function where one is named and somebody declares it, else by the words of the matter."""
        key = (function, matter)
        if key not in self._known:
            lines = self._lines
            by_function = (
                lines[(lines["function"] == function).to_numpy()] if isinstance(function, str) else lines.iloc[:0]
            )
            self._known[key] = self._of(by_function if len(by_function) else self._by_words(matter))
        return self._known[key]

    def _by_words(self, matter: str) -> pd.DataFrame:
        asked = wording.bigrams(matter)
        near = [text for text, own in self._words if len(asked & own) * 2 >= len(asked)]
        return self._lines[self._lines["statement"].isin(near).to_numpy()]

    def _of(self, lines: pd.DataFrame) -> np.ndarray:
        org = self._org
        seats = np.flatnonzero(np.isin(org.seats["position"].to_numpy(), lines["position"].to_numpy()))
        units = lines["department"].to_numpy(dtype=np.int64)[(lines["position"] < 0).to_numpy()]
        units = units[units >= 0]
        heads = org.departments["head"].to_numpy()[units] if len(units) else units
        headless = np.isin(org.seats["department"].to_numpy(), units[heads < 0])
        measured = self._measured["seat"][self._measured["line"].isin(lines.index).to_numpy()].to_numpy(dtype=np.int64)
        return np.unique(np.concatenate([seats, heads[heads >= 0], np.flatnonzero(headless), measured]))


@CHAPTER.check(3, "high", subject="indicator", confidence="declared", needs=["indicators.duty|indicators.control"])
def uncontrollable_indicator(org: Organization, limits: SimpleNamespace) -> Result:
    """An indicator of another bearer's duty, one marked uncontrollable, or one whose bearer is only consulted or informed."""
    table = org.table("indicators")
    behind = org.work.indicator_duties
    control = values.closed(table.text("control"), "control").to_numpy()
    kind = org.work.indicators["kind"].to_numpy()
    found = (behind["line"] >= 0).to_numpy()
    marks = {
        "control": control == "uncontrollable",
        "other": found & ~behind["own"].to_numpy(dtype=bool) & (kind >= 0) & ~_led_below(org),
        "informed": found & behind["own"].to_numpy(dtype=bool) & ~behind["acts"].to_numpy(dtype=bool),
    }
    wrong = np.any(list(marks.values()), axis=0)
    wrong[[row for row in np.flatnonzero(wrong & table.filled("group")) if _carries_own(org, int(row))]] = False
    rows = np.flatnonzero(wrong)
    problems = [{name: "" for name, mark in marks.items() if mark[row]} for row in rows]
    measured = org.work.indicator_seats()
    held: dict[int, list[int]] = {int(row): [] for row in rows}
    for row, seat in zip(measured.row.tolist(), measured.index.tolist(), strict=True):
        if row in held:
            held[row].append(seat)
    offenders = indicator_offenders(
        org, rows, problems=[phrases("checks.AUT-03.problem", own) for own in problems]
    ).holding([held[int(row)] for row in rows])
    for i, (row, own) in enumerate(zip(rows, problems, strict=True)):
        offenders.seen("indicators", "control" if "control" in own else "duty", [int(row)], [i])
    judged = table.filled("duty") | table.filled("control")
    return Result(offenders, max(1, int(judged.sum())))


def _led_below(org: Organization) -> np.ndarray:
    """Boolean per indicator: the related duty is that of somebody whom the bearer leads."""
    behind, duties = org.work.indicator_duties, org.work.duties
    measured = org.work.indicator_seats()
    line = behind["line"].to_numpy(dtype=np.int64)[measured.row]
    position = np.where(line >= 0, duties["position"].to_numpy()[np.maximum(line, 0)], -1) if len(duties) else line
    first = np.array([org.position_seats(int(p))[0] if p >= 0 else -1 for p in position], dtype=np.int64)
    result = np.zeros(len(behind), dtype=bool)
    result[measured.row[org.above(measured.index, first)]] = True
    return result


def indicator_offenders(org: Organization, rows: np.ndarray, **columns: Any) -> Offenders:
    """Offenders that are indicators, with their bearers: ``indicator`` and ``bearer`` for the sentence."""
    table, frame = org.table("indicators"), org.work.indicators
    names = [table.value(int(row), "indicator") or "" for row in rows]
    bearers = [bearer_name(org, int(row)) for row in rows]
    offenders = Offenders("indicator", names, indicator=names, bearer=bearers, **columns)
    offenders.apart([str(frame["bearer"].iat[int(row)]) for row in rows])
    for i, row in enumerate(rows):
        kind, index = int(frame["kind"].iat[int(row)]), int(frame["index"].iat[int(row)])
        if kind >= 0:
            offenders.also(KINDS[kind], [index], [i])
    return offenders


def bearer_name(org: Organization, row: int) -> dict[str, str] | str:
    """What a reader calls an indicator's bearer; a person is spoken of by the title held."""
    frame = org.work.indicators
    kind, index = int(frame["kind"].iat[row]), int(frame["index"].iat[row])
    if kind == 0:
        return str(org.departments["name"].iat[index])
    if kind == 1:
        return org.position_name(index)
    seats = org.person_seats(index) if kind == 2 else np.array([index]) if kind == 3 else np.zeros(0, np.int64)
    if len(seats):
        return org.seat_names(seats[:1])[0]
    return {"person": org.table("indicators").value(row, "bearer") or ""}


def _carries_own(org: Organization, row: int) -> bool:
    """Whether the bearer, or somebody below it, has an indicator linked to a duty of its own (domain.md C19)."""
    frame, behind = org.work.indicators, org.work.indicator_duties
    own = behind["own"].to_numpy(dtype=bool).copy()
    own[row] = False
    linked = frame[own]
    kind, index = int(frame["kind"].iat[row]), int(frame["index"].iat[row])
    if ((linked["kind"] == kind) & (linked["index"] == index)).any():
        return True
    measured = org.work.indicator_seats()
    mine = measured.index[measured.row == row]
    theirs = np.unique(measured.index[np.isin(measured.row, linked["row"].to_numpy())])
    if kind == 0:
        place = org.seats["department"].to_numpy()[theirs]
        if any(index in org.department_line(int(d)) for d in np.unique(place[place >= 0])):
            return True
    return any(bool((org.above(np.full(len(theirs), seat), theirs)).any()) or seat in theirs for seat in mine)


@CHAPTER.check(10, "medium", subject="matter", confidence="declared", core=False,
               needs=["authorities", "authorities.granted_by?|authorities.condition?"])  # fmt: skip
def delegation_without_end(org: Organization, limits: SimpleNamespace) -> Result:
    """A delegated or temporary right without an end date, or held by a position whose ability is still developing."""
    rights = org.work.rights
    acting = rights["power"].isin(
        ["approve", "countersign", "deliberate", "execute", "other"]
    )  # proposing delegates nothing
    given = rights[(rights["delegated"].astype(bool) & acting).to_numpy()]
    given = given.drop_duplicates(["row", "position"])
    given = given.assign(endless=~given["special"].astype(bool))
    able = np.array(_abilities(org, np.maximum(given["position"].to_numpy(dtype=np.int64), 0)), dtype=object)
    given["learning"] = (able == "developing") & (given["position"] >= 0).to_numpy()
    wrong = given[given["endless"] | given["learning"]]
    if not len(wrong) and not org.review.has("posts", "ability"):
        raise NotAssessable("no_ability")
    groups = [part for _, part in wrong.groupby(["matter", "condition"], sort=False)]
    table = org.table("authorities")
    names = [table.value(int(part["row"].iloc[0]), "matter") or "" for part in groups]
    problems = [{name: "" for name in ("endless", "learning") if part[name].any()} for part in groups]
    offenders = Offenders(
        "matter",
        names,
        matter=names,
        positions=[
            listing(
                org.position_name(int(p)) if p >= 0 else str(b)
                for p, b in zip(part["position"], part["body"], strict=True)
            )
            for part in groups
        ],
        problems=[phrases("checks.AUT-10.problem", own) for own in problems],
    ).apart([str(part["condition"].iloc[0]) for part in groups])
    for i, part in enumerate(groups):
        offenders.also("position", [int(p) for p in part["position"]], [i] * len(part))
        column = "valid_to" if table.has("valid_to") else "matter"
        offenders.seen("authorities", column, part["row"].tolist(), [i] * len(part))
    return Result(offenders.holding([[] for _ in groups]), max(1, len(given)))
