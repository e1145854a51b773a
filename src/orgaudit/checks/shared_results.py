"""Principle 6, results that take several departments: carried by all of them, under one definition, with one lead."""

from __future__ import annotations

import re
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from orgaudit import catalog
from orgaudit.check import NotAssessable
from orgaudit.checks.authority import bearer_name, indicator_offenders
from orgaudit.checks.mutual_service import CHAPTER, working_departments
from orgaudit.finding import Offenders, Result, listing, phrases
from orgaudit.organization import Organization
from orgaudit.reading import values


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
    bearer = org.work.indicator_departments
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


@CHAPTER.check(5, "high", subject="group", confidence="declared",
               needs=["indicators.target|indicators.formula|indicators.data_provider"])  # fmt: skip
def defined_differently(org: Organization, limits: SimpleNamespace) -> Result:
    """One shared result with different formulas, targets or sources of data."""
    table = org.table("indicators")
    groups = _shared(org)
    if not groups:
        raise NotAssessable("nothing_shared")
    provider = org.link("indicators", "data_provider").first(len(table), "department")
    source = pd.Series(provider.astype(str)).where(pd.Series(provider >= 0), _plain(table.text("data_provider")))
    told = {"formula": _plain(table.text("formula")), "target": _target(table.text("target")), "data_provider": source}
    filled = {name: table.filled(name) for name in told}
    found: list[tuple[str, list[int], dict[str, object]]] = []
    for label, rows in groups.items():
        problems: dict[str, object] = {}
        for name, column in told.items():
            given = [row for row in rows if filled[name][row]]
            if any(len({column.iat[row] for row in same}) > 1 for same in _same_result(org, given)):
                problems[name] = listing(dict.fromkeys(str(table.value(row, name)) for row in given), 4)
        if problems:
            found.append((label, rows, problems))
    offenders = _group_offenders(
        org, found, problems=[phrases("checks.SRV-05.problem", problems) for _, _, problems in found]
    )
    for i, (_, rows, problems) in enumerate(found):
        for name in problems:
            offenders.seen("indicators", name, rows, [i] * len(rows))
    return Result(offenders, max(1, len(groups)))


def _same_result(org: Organization, rows: list[int]) -> list[list[int]]:
    """Rows of one group by what they measure: one name, or synonyms of one end-to-end result."""
    names = org.work.indicators["name"].fillna("")
    parts: dict[str, list[int]] = {}
    for row in rows:
        rule = next((key for key, (results, _) in _rules().items() if results.search(names.iat[row])), names.iat[row])
        parts.setdefault(rule, []).append(row)
    return list(parts.values())


def _shared(org: Organization) -> dict[str, list[int]]:
    """Shared results with at least two bearers → their rows: a declared group, else an end-to-end result by its names."""
    table, frame = org.table("indicators"), org.work.indicators
    group = table.text("group")
    keys = values.keys(group).to_numpy(dtype=object)
    labels: dict[str, str] = {}
    rows: dict[str, list[int]] = {}
    for row, key in enumerate(keys):
        if isinstance(key, str):
            rows.setdefault(key, []).append(row)
            labels.setdefault(key, str(group.iat[row]))
    lang = org.review.language
    for name, (results, contributions) in _rules().items():
        own = [
            row
            for row, text in enumerate(frame["name"].fillna(""))
            if not isinstance(keys[row], str) and results.search(text) and not contributions.search(text)
        ]
        if own:
            rows.setdefault(name, []).extend(own)
            labels.setdefault(name, catalog.toml("shared_indicators")[name][lang])
    bearer = frame["bearer"].to_numpy()
    return {labels[key]: own for key, own in rows.items() if len({bearer[row] for row in own}) > 1}


def _plain(column: pd.Series) -> pd.Series:
    """Texts without spaces and punctuation, × and * alike, for comparison."""
    spelled = values.keys(column).str.replace(r"[\s，,。.;；:：()（）\[\]]+", "", regex=True)
    return spelled.str.replace("×", "*").str.replace("÷", "/").str.replace(r"\*?100%?$", "", regex=True)


def _target(column: pd.Series) -> pd.Series:
    """Targets as numbers where they are numbers: ``≥ 95%``, ``0.95`` and ``95 %↑`` are one."""

    def read(text: str) -> str:
        spelled = values.key(text)
        number = re.fullmatch(r"[≥≤><=≧≦↑↓不低于高少超过至\s]*(\d+(?:\.\d+)?)\s*(%|％)?[\s↑↓以上下]*", spelled)
        if not number:
            return re.sub(r"\s+", "", spelled)
        value = float(number.group(1))
        return f"{value / 100 if number.group(2) or 1 < value <= 100 else value:g}"

    return values.distinct_map(column, read)


def _group_offenders(
    org: Organization, found: list[tuple[str, list[int], dict[str, object]]], **columns: Any
) -> Offenders:
    offenders = Offenders(
        "group",
        [label for label, _, _ in found],
        group=[label for label, _, _ in found],
        bearers=[listing(_bearers(org, rows)) for _, rows, _ in found],
        **columns,
    ).holding([[] for _ in found])
    place = org.work.indicator_departments
    for i, (_, rows, _) in enumerate(found):
        units = [int(d) for d in dict.fromkeys(place[rows].tolist()) if d >= 0]
        offenders.also("department", units, [i] * len(units))
    return offenders


def _bearers(org: Organization, rows: list[int]) -> list[str]:
    """Bearers by title or department, each once; unknown ones are left out."""
    names = [bearer_name(org, row) for row in rows]
    return list(dict.fromkeys(name for name in names if isinstance(name, str)))


@CHAPTER.check(
    6, "medium", subject="group", confidence="declared", core=False, needs=["indicators.group", "indicators.lead?"]
)
def nobody_leads(org: Organization, limits: SimpleNamespace) -> Result:
    """A shared result without a lead, with several, or whose lead weighs it least."""
    table, frame = org.table("indicators"), org.work.indicators
    lead = values.yes(table.text("lead"))
    weight = frame["weight"].to_numpy(dtype=float)
    top = _borne_by_top(org)
    keys = values.keys(table.text("group")).to_numpy(dtype=object)
    found: list[tuple[str, list[int], dict[str, object]]] = []
    groups: dict[str, list[int]] = {}
    for row, key in enumerate(keys):
        if isinstance(key, str):
            groups.setdefault(key, []).append(row)
    bearer = frame["bearer"].to_numpy()
    shared = [rows for rows in groups.values() if len({bearer[row] for row in rows}) > 1]
    for rows in shared:
        leads = [row for row in rows if lead[row]]
        others = [weight[row] for row in rows if not lead[row] and not np.isnan(weight[row])]
        label = str(table.value(rows[0], "group"))
        if not leads:
            found.append((label, rows, {"variant": "none"}))
        elif len({bearer[row] for row in leads}) > 1:
            found.append((label, leads, {"variant": "several"}))
        elif others and weight[leads[0]] < min(others) and not top[leads[0]]:
            found.append((label, rows, {"variant": "smallest"}))
    offenders = _group_offenders(org, found, variant=[str(own["variant"]) for _, _, own in found])
    for i, (_, rows, own) in enumerate(found):
        offenders.seen("indicators", "weight" if own["variant"] == "smallest" else "lead", rows, [i] * len(rows))
    return Result(offenders, max(1, len(shared)))


def _borne_by_top(org: Organization) -> np.ndarray:
    """Boolean per indicator: a general manager bears it."""
    result = np.zeros(len(org.work.indicators), dtype=bool)
    measured = org.work.indicator_seats()
    result[measured.row[org.general_manager[measured.index]]] = True
    return result


@CHAPTER.check(7, "low", subject="indicator", confidence="inferred", core=False, needs=["indicators"])
def conflicting_targets(org: Organization, limits: SimpleNamespace) -> Result:
    """Indicators of different departments that pull against each other, and no common one balances them."""
    frame = org.work.indicators
    names = frame["name"].fillna("").tolist()
    place = org.work.indicator_departments
    group = values.keys(org.table("indicators").text("group")).to_numpy(dtype=object)
    found: list[tuple[int, int, dict[str, str]]] = []
    for rule in catalog.toml("opposed_indicators").values():
        one, two = ([row for row, text in enumerate(names) if re.search(rule[side], text, re.IGNORECASE) and place[row] >= 0]
                    for side in ("one", "two"))  # fmt: skip
        for a in one:
            against = [b for b in two if place[b] != place[a]]
            if not against or any(place[b] == place[a] for b in two):
                continue  # who carries one side carries the other as well
            shared = {g for row, g in enumerate(group) if place[row] == place[a] and isinstance(g, str)}
            theirs = {g for row, g in enumerate(group) if place[row] == place[against[0]] and isinstance(g, str)}
            if not shared & theirs:
                found.append((a, against[0], {"en": rule["en"], "zh": rule["zh"]}))
    rows = np.array([a for a, _, _ in found], dtype=np.int64)
    table = org.table("indicators")
    departments = org.departments["name"].tolist()
    offenders = indicator_offenders(
        org,
        rows,
        other=[table.value(b, "indicator") or "" for _, b, _ in found],
        department=[departments[place[a]] for a, _, _ in found],
        against=[departments[place[b]] for _, b, _ in found],
        pair=[pair for _, _, pair in found],
    )
    offenders.seen("indicators", "indicator", rows).seen("indicators", "indicator", [b for _, b, _ in found])
    return Result(offenders.holding([[] for _ in found]), max(1, len(frame)))


_SERVING = {"hr", "it", "administration", "finance", "procurement", "quality"}
_VOICE = catalog.pattern("customer_voice")


@CHAPTER.check(9, "low", subject="department", confidence="inferred", core=False, needs=["indicators"])
def no_customer_voice(org: Organization, limits: SimpleNamespace) -> Result:
    """A department that serves others, with indicators, but none that its receivers feel: satisfaction or response."""
    frame = org.work.indicators
    place = org.work.indicator_departments
    kinds = org.departments["kinds"].tolist()
    heard = frame["name"].str.contains(_VOICE, case=False, na=False).to_numpy(dtype=bool)
    measured, voiced = set(), set()
    for row, d in enumerate(place):
        line = org.department_line(int(d))
        measured.update(line)
        if heard[row]:
            voiced.update(line)
    if "services" in org.review:
        table = org.table("services")
        served = org.link("services", "provider").first(len(table), "department")
        voiced |= {up for d in served[table.filled("indicator")] for up in org.department_line(int(d))}
    serving = [
        d for d in working_departments(org) if kinds[d] & _SERVING and not kinds[d] & {"top", "production", "sales"}
    ]
    units = [d for d in serving if d in measured and d not in voiced]
    offenders = Offenders("department", units, department=[org.departments["name"].iat[d] for d in units])
    for i, d in enumerate(units):
        rows = [row for row in range(len(place)) if d in org.department_line(int(place[row]))][:20]
        offenders.seen("indicators", "indicator", rows, [i] * len(rows))
    return Result(offenders.holding([[] for _ in units]), max(1, len(serving)))
