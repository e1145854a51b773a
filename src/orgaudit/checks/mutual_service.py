"""Principle 6, mutual service: every department has internal customers, and results that take several departments are
carried by all of them.
"""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pandas as pd

from orgaudit import catalog
from orgaudit.check import Chapter, NotAssessable
from orgaudit.checks.practice import traced
from orgaudit.finding import Offenders, Result
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
        bearer = org.work.indicator_departments
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


@CHAPTER.check(2, "medium", subject="service", confidence="declared",
               needs=["services.provider_confirms?", "services.customer_confirms?"])  # fmt: skip
def one_sided_service(org: Organization, limits: SimpleNamespace) -> Result:
    """A service that one side has confirmed and the other has not."""
    table = org.table("services")
    n = len(table)
    sides = {name: values.yes(table.text(name)) for name in ("provider_confirms", "customer_confirms")}
    frame = pd.DataFrame({"row": np.arange(n), **sides})
    for name in ("provider", "customer"):
        found = org.link("services", name).first(n, "department")
        frame[name] = pd.Series(found.astype(str)).where(pd.Series(found >= 0), values.keys(table.text(name)))
    frame["service"] = values.keys(table.text("service")).fillna("")
    groups = frame.groupby(["provider", "customer", "service"], dropna=False, sort=False)
    agreed = groups[["provider_confirms", "customer_confirms"]].transform("any")
    frame["one"] = agreed["provider_confirms"] != agreed["customer_confirms"]
    wrong = (
        frame[frame["one"].to_numpy()].groupby(["provider", "customer", "service"], dropna=False, sort=False).head(1)
    )
    rows = wrong["row"].to_numpy()
    confirmed = agreed.loc[wrong.index, "provider_confirms"].to_numpy()
    offenders = _service_offenders(
        org, rows, variant=["customer" if by_provider else "provider" for by_provider in confirmed]
    )
    for i, row in enumerate(rows):
        offenders.seen("services", "customer_confirms" if confirmed[i] else "provider_confirms", [int(row)], [i])
    return Result(offenders, max(1, groups.ngroups))


_OCCASIONAL = catalog.pattern("occasional")


@CHAPTER.check(3, "low", subject="service", confidence="declared", core=False,
               needs=["services.service|services.provider", "services.standard?|services.indicator?"])  # fmt: skip
def service_without_measure(org: Organization, limits: SimpleNamespace) -> Result:
    """A regular service with neither a standard nor an indicator."""
    table = org.table("services")
    bare = ~table.filled("standard") & ~table.filled("indicator")
    rare = table.text("service").str.contains(_OCCASIONAL, case=False, na=False).to_numpy(dtype=bool)
    rows = np.flatnonzero(bare & ~rare)
    column = "standard" if table.has("standard") else "indicator"
    return Result(_service_offenders(org, rows, variant=None).seen("services", column, rows), max(1, len(table)))


def _service_offenders(org: Organization, rows: np.ndarray, *, variant: list[str] | None) -> Offenders:
    table = org.table("services")
    names = [table.value(int(row), "service") or "–" for row in rows]
    sides = {side: [table.value(int(row), side) or "–" for row in rows] for side in ("provider", "customer")}
    offenders = Offenders("service", names, variant=variant, service=names, **sides)
    offenders.apart([f"{a}|{b}" for a, b in zip(sides["provider"], sides["customer"], strict=True)])
    for side in ("provider", "customer"):
        offenders.also("department", org.link("services", side).first(len(table), "department")[rows].tolist())
    return offenders.holding([[] for _ in rows])


_SINK = catalog.pattern("sink")


@CHAPTER.check(8, "medium", subject="step", confidence="declared", core=False, needs=["steps.next_step"])
def hand_over_without_receiver(org: Organization, limits: SimpleNamespace) -> Result:
    """A step that leads to a step which is not there, to one that nobody takes, or to a unit without a step of its own."""
    steps = traced(org)
    table = org.table("steps")
    process = values.keys(table.text("process")).fillna("").to_numpy()
    number = values.keys(table.text("step")).to_numpy()
    activity = values.keys(table.text("activity")).to_numpy()
    known = {(p, key): i for i, (p, key) in enumerate(zip(process, number, strict=True)) if isinstance(key, str)}
    known |= {(p, key): i for i, (p, key) in enumerate(zip(process, activity, strict=True)) if isinstance(key, str)}
    taking: dict[str, set[int]] = {}
    for p, d in zip(process, steps["department"], strict=True):
        taking.setdefault(p, set()).add(int(d))
    owned = (
        (steps["department"] >= 0).to_numpy()
        | table.filled("position")
        | table.filled("person")
        | table.filled("department")
    )
    found: list[tuple[int, str, str]] = []
    for row in np.flatnonzero(table.filled("next_step")).tolist():
        for piece in values.split(table.value(row, "next_step") or ""):
            for part in re.split(r"[,，]", piece):
                spelled = values.key(part)
                if not spelled or re.match(_SINK, spelled) or spelled in values.words("empty"):
                    continue
                at = known.get((process[row], spelled))
                if at is None:
                    unit = _unit(org, part)
                    if unit is None or unit not in taking[process[row]]:
                        found.append((row, "missing", part.strip()))
                elif not owned[at]:
                    found.append((row, "nobody", part.strip()))
    firsts = list({row: (row, variant, part) for row, variant, part in reversed(found)}.values())[::-1]
    names = [table.value(row, "activity") or table.value(row, "step") or "" for row, _, _ in firsts]
    offenders = Offenders(
        "step",
        [(f"{table.value(row, 'process') or ''}/{table.value(row, 'step') or row}", name)
         for (row, _, _), name in zip(firsts, names, strict=True)],
        variant=[variant for _, variant, _ in firsts],
        step=names,
        process=[table.value(row, "process") or "" for row, _, _ in firsts],
        target=[part for _, _, part in firsts],
    )  # fmt: skip
    offenders.also("department", [int(steps["department"].iat[row]) for row, _, _ in firsts])
    offenders.seen("steps", "next_step", [row for row, _, _ in firsts])
    return Result(offenders.holding([[] for _ in firsts]), max(1, len(table)))


def _unit(org: Organization, text: str) -> int | None:
    """The department that a text names, itself or by one of its positions."""
    spelled = values.key(text)
    for d, name in enumerate(org.departments["name"]):
        if values.key(name) == spelled:
            return d
    hits = [
        int(d)
        for t, d in zip(org.positions["title"], org.positions["department"], strict=True)
        if values.key(str(t)) == spelled
    ]
    return hits[0] if hits else None
