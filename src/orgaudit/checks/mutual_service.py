"""Principle 6, mutual service: every department has internal customers, and results that take several departments are
carried by all of them.
"""

from __future__ import annotations

import re
from functools import cache
from types import SimpleNamespace

import numpy as np
import pandas as pd

from orgaudit import catalog
from orgaudit.check import Chapter, NotAssessable
from orgaudit.finding import Offenders, Result, listing
from orgaudit.organization import Organization
from orgaudit.reading import values

CHAPTER = Chapter("SRV")


@CHAPTER.check(1, "medium", subject="department", confidence="declared", needs=["services|steps"], covered=60)
def department_island(org: Organization, limits: SimpleNamespace) -> Result:
    """A department without any service, hand-off or shared indicator; its units' relations count for it and the reverse."""
    departments = working_departments(org)
    if len(departments) < 3:
        raise NotAssessable("few_departments")
    by_tables = _related(org, services=True, steps=True, groups=False)
    covered = [d for d in departments if by_tables[d]]
    if 100 * len(covered) < limits.covered * len(departments):
        raise NotAssessable("services_thin", n=len(covered), of=len(departments))
    related = by_tables | _related(org, services=False, steps=False, groups=True)
    alone = [d for d in departments if not related[d] and not _named_in_duties(org, d)]
    offenders = Offenders("department", alone, department=[org.departments["name"].iat[d] for d in alone])
    if "departments" in org.review:
        offenders.seen("departments", "name", [int(org.departments["row"].iat[d]) for d in alone])
    elif org.n:
        place = org.seats["department"].to_numpy()
        offenders.seen("posts", "department", [int(org.seats["row"].iat[int(np.argmax(place == d))]) for d in alone])
    return Result(offenders, len(departments))


def _named_in_duties(org: Organization, department: int) -> bool:
    """Whether a duty of this department names another one, or a duty of another one names it (or asks for its support)."""
    duties = org.work.duties
    if not len(duties):
        return False
    names = [values.key(name) for name in org.departments["name"]]
    own = duties["department"].to_numpy() == department
    if (own & duties["s"].to_numpy(dtype=bool)).any():
        return True
    elsewhere = duties["statement"][~own & (duties["department"] >= 0).to_numpy()].fillna("")
    if elsewhere.str.contains(names[department], regex=False).any():
        return True
    line = set(org.department_line(department))
    others = [name for d, name in enumerate(names) if d not in line and len(name) > 1]
    return any(name in text for text in duties["statement"][own].dropna().unique() for name in others)


def working_departments(org: Organization) -> list[int]:
    """Departments with seats of their own, without the governing level."""
    governing = np.zeros(len(org.departments), dtype=bool)
    if "departments" in org.review and org.table("departments").has("kind"):
        kind = values.closed(org.table("departments").text("kind"), "department_kind").to_numpy()
        row = org.departments["row"].to_numpy()
        governing = np.where(row >= 0, kind[np.maximum(row, 0)] == "governing", False)
    place = org.seats["department"].to_numpy()
    own = np.bincount(place[place >= 0], minlength=len(org.departments)) if org.n else np.ones(len(org.departments))
    named_top = np.array(["top" in kinds for kinds in org.departments["kinds"]], dtype=bool)
    return np.flatnonzero((own > 0) & ~governing & ~named_top).tolist()


def _related(org: Organization, *, services: bool, steps: bool, groups: bool) -> np.ndarray:
    """Boolean per department: it relates to another one; units and their upper departments count for each other."""
    touched = np.zeros(len(org.departments), dtype=bool)
    if services and "services" in org.review:
        for name in ("provider", "customer"):
            touched[org.link("services", name).found("department").index] = True
    if steps and "steps" in org.review:
        for a, b in handovers(org):
            touched[[a, b]] = True
    if groups and "indicators" in org.review:
        group = org.table("indicators").text("group").to_numpy()
        bearer = _bearer_departments(org)
        frame = pd.DataFrame({"group": group, "department": bearer})
        frame = frame[frame["group"].notna() & (frame["department"] >= 0)]
        several = frame.groupby("group")["department"].transform("nunique") > 1
        touched[frame.loc[several, "department"].to_numpy(dtype=np.int64)] = True
    result = touched.copy()
    for department in np.flatnonzero(touched):
        result[org.department_line(int(department))] = True
    for index in range(len(result)):
        result[index] |= any(touched[up] for up in org.department_line(index))
    return result


def handovers(org: Organization) -> list[tuple[int, int]]:
    """Pairs of different departments that follow each other in a process."""
    table = org.table("steps")
    place = org.link("steps", "department").first(len(table), "department")
    position = org.link("steps", "position").first(len(table), "position")
    own = org.positions["department"].to_numpy()
    if len(own):
        place = np.where((place < 0) & (position >= 0), own[np.maximum(position, 0)], place)
    process = table.text("process").fillna("").to_numpy()
    number = {(process[i], str(table.value(i, "step"))): i for i in range(len(table))}
    pairs = []
    for i in range(len(table)):
        following = re.split(r"[;；,，、]", table.value(i, "next_step") or "")
        nexts = [number[process[i], text.strip()] for text in following if (process[i], text.strip()) in number]
        pairs += [
            (int(place[i]), int(place[j])) for j in nexts if place[i] >= 0 and place[j] >= 0 and place[i] != place[j]
        ]
    return pairs


def _bearer_departments(org: Organization) -> np.ndarray:
    """Department of each indicator's bearer, -1 unknown."""
    frame = org.work.indicators
    result = np.full(len(frame), -1, dtype=np.int64)
    kind, index = frame["kind"].to_numpy(), frame["index"].to_numpy()
    result[kind == 0] = index[kind == 0]
    if len(org.positions):
        result[kind == 1] = org.positions["department"].to_numpy()[index[kind == 1]]
    if org.n:
        place = org.seats["department"].to_numpy()
        result[kind == 3] = place[index[kind == 3]]
        persons = org.seats["person"].to_numpy()
        first = np.full(len(org.persons) + 1, -1, dtype=np.int64)
        held = np.flatnonzero(persons >= 0)
        first[persons[held][::-1]] = place[held][::-1]
        result[kind == 2] = first[index[kind == 2]]
    return result


@cache
def _rules() -> dict[str, tuple[re.Pattern[str], re.Pattern[str]]]:
    return {
        name: tuple(re.compile("|".join(rule[part]), re.I) for part in ("results", "contributions"))  # type: ignore[misc]
        for name, rule in catalog.toml("shared_indicators").items()
    }


@CHAPTER.check(4, "medium", subject="group", confidence="inferred", needs=["indicators"])
def result_not_shared(org: Organization, limits: SimpleNamespace) -> Result:
    """An end-to-end result that some department carries, and another expected one neither shares nor contributes to (C14)."""
    names = org.work.indicators["name"].fillna("").tolist()
    bearer = _bearer_departments(org)
    kinds = org.departments["kinds"].tolist()
    lines = [set().union(*(kinds[up] for up in org.department_line(d))) if d >= 0 else set() for d in range(len(kinds))]
    subjects, rows, absent, partial, severities, carriers = [], [], [], [], [], []
    assessed = 0
    for name, (results, contributions) in _rules().items():
        rule = catalog.toml("shared_indicators")[name]
        shared = [
            i
            for i, text in enumerate(names)
            if results.search(text) and not contributions.search(text) and bearer[i] >= 0
        ]
        if not shared:
            continue
        assessed += 1
        contributing = [i for i, text in enumerate(names) if contributions.search(text) and bearer[i] >= 0]
        carrying = {kind for i in shared for kind in lines[bearer[i]]}
        helping = {kind for i in contributing for kind in lines[bearer[i]]}
        exists = {kind for own in kinds for kind in own}
        expected = [kind for kind in rule["departments"] if kind in exists]
        missing = [kind for kind in expected if kind not in carrying]
        if len(expected) < 2 or not missing:
            continue
        none = [kind for kind in missing if kind not in helping]
        subjects.append((name, rule["zh"] if org.review.language == "zh" else rule["en"]))
        rows.append(shared)
        absent.append(listing(_department_names(org, none)))
        partial.append(listing(_department_names(org, [kind for kind in missing if kind in helping])))
        carriers.append(sorted({int(bearer[i]) for i in shared}))
        severities.append("high" if len(carriers[-1]) == 1 and not helping else "medium")
    offenders = Offenders(
        "group",
        subjects,
        severity=severities,
        confidence="declared",
        variant=["absent" if text["en"] else "partial" for text in absent],
        result=[
            {"en": catalog.toml("shared_indicators")[s[0]]["en"], "zh": catalog.toml("shared_indicators")[s[0]]["zh"]}
            for s in subjects
        ],
        carriers=[listing(org.departments["name"].iat[d] for d in own) for own in carriers],
        absent=absent,
        partial=partial,
    ).holding([[] for _ in subjects])
    for i, found in enumerate(rows):
        offenders.also("department", carriers[i], [i] * len(carriers[i]))
        offenders.seen("indicators", "indicator", found, [i] * len(found))
    return Result(offenders, max(1, assessed))


def _department_names(org: Organization, kinds: list[str]) -> list[str]:
    """The departments of some kinds, as they are called here."""
    return [
        next(name for name, own in zip(org.departments["name"], org.departments["kinds"], strict=True) if kind in own)
        for kind in kinds
    ]
