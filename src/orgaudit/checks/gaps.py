"""Principle 3, no gap: every function has somebody, and no stage of it is missing."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import numpy as np

from orgaudit import catalog, texts, understanding
from orgaudit.checks.duties import CHAPTER
from orgaudit.finding import Offenders, Result, listing
from orgaudit.organization import Organization
from orgaudit.reading import values

_NEAR = 0.15  # probability from which a duty counts among the nearest of a function
_ALIKE = 0.5  # share of words in common from which a typical duty is said


@CHAPTER.check(3, "high", subject="function", confidence="declared", needs=["duties"], small_enterprise=30)
def function_nobody_carries(org: Organization, limits: SimpleNamespace) -> Result:
    """A function that this enterprise says it has, or that its type usually needs, with no duty seen anywhere."""
    wanted = _expected_functions(org)
    carried = _carried_functions(org)
    small = 0 < org.heads < limits.small_enterprise
    missing = [item for item in wanted if item["key"] not in carried]
    severities = ["low" if small else item["severity"] for item in missing]
    offenders = Offenders(
        "function",
        [item["label"] for item in missing],
        severity=severities,
        confidence=["declared" if item["row"] >= 0 and item["severity"] == "high" else "inferred" for item in missing],
        variant=["declared" if item["severity"] == "high" else "expected" for item in missing],
        function=[{"en": item["en"], "zh": item["zh"]} for item in missing],
        closest=[_closest_phrase(_closest(org, item)) for item in missing],
    )
    rows = [item["row"] for item in missing]
    offenders.seen("functions", "function", rows)
    return Result(offenders, max(1, len(wanted)))


def _expected_functions(org: Organization) -> list[dict[str, Any]]:
    """Functions to look for, with the severity of their absence: the table's, else the core of the catalogue (C7)."""
    by_key = {values.key(row["function_en"]): row for row in catalog.table("functions")}
    wanted: dict[str, dict[str, Any]] = {}
    listed: set[str] = set()
    if "functions" in org.review:
        table = org.table("functions")
        keys = org.work.function_keys(table.text("function"))
        states = values.closed(table.text("state"), "function_state").to_numpy()
        for row, (key, state) in enumerate(zip(keys, states, strict=True)):
            if not isinstance(key, str):
                continue
            listed.add(key)
            if state in ("outsourced", "group", "not_applicable"):
                continue
            entry = by_key.get(key)
            label = table.value(row, "function") or key
            wanted[key] = {"key": key, "label": label, "row": row, "severity": "high" if state == "have" else "medium",
                           "en": entry["function_en"] if entry else label,
                           "zh": entry["function_zh"] if entry else label}  # fmt: skip
    kind = org.settings.enterprise_type
    core = set(map(values.key, catalog.toml("core_functions")["all"]))
    core |= set(map(values.key, catalog.toml("core_functions").get(kind or "", ())))
    for key, entry in by_key.items():
        if key in core and key not in listed and key not in wanted:
            wanted[key] = {"key": key, "label": entry["function_zh"] if org.review.language == "zh" else entry["function_en"],
                           "row": -1, "severity": "medium", "en": entry["function_en"], "zh": entry["function_zh"]}  # fmt: skip
    return list(wanted.values())


def _carried_functions(org: Organization) -> set[str]:
    """Functions that some duty declares or speaks of, and those that a department's own name stands for."""
    duties = org.work.duties
    carried = {str(f) for f in duties["likely"].dropna().unique()}
    patterns = catalog.toml("core_functions")["patterns"]
    words = " \n".join(str(t) for t in duties["statement"].dropna().unique())
    words += " \n" + " \n".join(values.key(str(f)) for f in duties["function"].dropna().unique())
    for name, pattern in patterns.items():
        if re.search(pattern, words):
            carried.add(values.key(name))
    return carried


def _closest_phrase(found: list[str]) -> dict[str, str] | str:
    """The nearest duties as the end of the sentence; nothing where none is near."""
    return texts.both("checks.DUT-03.closest", duties=listing((f"“{text}”" for text in found), 3)) if found else ""


def _closest(org: Organization, item: dict[str, Any], most: int = 3) -> list[str]:
    """The duties that come nearest to a function: to be looked at, not counted."""
    understood = org.work.understood
    keys = understood.judge.keys
    if item["key"] not in keys:
        return []
    likely = understood.functions[:, keys.index(item["key"])] * ~understood.flags("empty")
    best = np.argsort(-likely, kind="stable")[:most]
    first = org.work.duties.drop_duplicates("said").set_index("said")["text"]
    return [str(first[i]) for i in best if likely[i] >= _NEAR and i in first.index]


@CHAPTER.check(4, "low", subject="function", confidence="inferred", core=False,
               needs=["duties", "duties.function"], share=50, likely=0.4)  # fmt: skip
def typical_duties_missing(org: Organization, limits: SimpleNamespace) -> Result:
    """A declared function of which less than half of the catalogue's typical duties are found: a prompt, not a norm."""
    duties = org.work.duties
    declared = duties[(duties["declared"].astype(bool) & ~duties["catch_all"].astype(bool)).to_numpy()]
    by_function: dict[str, list[dict[str, str]]] = {}
    for row in catalog.table("functions"):
        by_function.setdefault(values.key(row["function_en"]), []).append(row)
    found = []
    assessed = 0
    elsewhere, spared = _not_here(org)
    for function, part in declared.groupby("function", sort=False):
        typical = by_function.get(str(function), [])
        if not typical:
            continue
        assessed += 1
        if str(function) in elsewhere:
            continue
        lang = "zh" if any("\u4e00" <= c <= "\u9fff" for c in "".join(part["text"].dropna().astype(str))) else "en"
        said = [str(text) for text in part["statement"].dropna().unique()]
        found_ = _said([row[f"duty_{lang}"] for row in typical], said, limits.likely, org.settings.lexicon)
        absent = [row for row, there in zip(typical, found_, strict=True) if not there]
        absent = [row for row in absent if row["duty_zh"] not in spared and row["duty_en"] not in spared]
        stages = {_stage(row["duty_en"]) for row in typical}
        seen = {_stage(row["duty_en"]) for row in typical if row not in absent} | {
            _stage(str(t)) for t in part["statement"]
        }
        if 100 * (len(typical) - len(absent)) < limits.share * len(typical) or (absent and stages - seen):
            found.append((typical[0], absent, len(typical), part))
    offenders = Offenders(
        "function",
        [(row["function_en"], row[f"function_{org.review.language}"]) for row, _, _, _ in found],
        function=[{"en": row["function_en"], "zh": row["function_zh"]} for row, _, _, _ in found],
        n=[n - len(absent) for _, absent, n, _ in found],
        of=[n for _, _, n, _ in found],
        absent=[
            {lang: listing((f"“{row[f'duty_{lang}']}”" for row in absent), 3)[lang] for lang in ("en", "zh")}
            for _, absent, _, _ in found
        ],
    ).holding([[] for _ in found])
    for i, (_, _, _, part) in enumerate(found):
        units = [int(d) for d in part["department"].unique() if d >= 0]
        offenders.also("department", units, [i] * len(units))
        rows = part["row"].tolist()[:20]
        offenders.seen("duties", "function", rows, [i] * len(rows))
    return Result(offenders, max(1, assessed))


def _said(typical: list[str], said: list[str], likely: float, extra: dict[str, list[str]]) -> list[bool]:
    """Whether some statement speaks of each typical duty, in whatever words."""
    known = dict.fromkeys(values.key(text) for text in (*typical, *said))
    number = {text: i for i, text in enumerate(known)}
    understood = understanding.read(list(known), extra)
    one, two = (
        side.ravel()
        for side in np.meshgrid(
            [number[values.key(text)] for text in typical], [number[values.key(text)] for text in said], indexing="ij"
        )
    )
    signals = understood.signals(one, two)
    there = (signals.strength >= likely) | ((signals.alike >= _ALIKE) & ~signals.twins)
    return [bool(any_) for any_ in there.reshape(len(typical), len(said)).any(axis=1)]


def _not_here(org: Organization) -> tuple[set[str], set[str]]:
    """Functions, and single duties, that the table of functions places elsewhere or calls not applicable."""
    if "functions" not in org.review:
        return set(), set()
    table = org.table("functions")
    away = (
        values.closed(table.text("state"), "function_state").isin(["outsourced", "group", "not_applicable"]).to_numpy()
    )
    keys = org.work.function_keys(table.text("function"))
    whole = {str(key) for key in keys[away & ~table.filled("duty")]}
    return whole, {str(text).strip() for text in table.text("duty")[away & table.filled("duty")]}


_CHECKS = re.compile(catalog.pattern("checking"), re.IGNORECASE)
_PLANS = re.compile(catalog.pattern("planning"), re.IGNORECASE)


def _stage(text: str) -> str:
    """Plan, do or check: the stage that a duty belongs to."""
    return "check" if _CHECKS.search(text) else "plan" if _PLANS.search(text) else "do"
