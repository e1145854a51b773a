"""Principle 3, no overlap and no gap: every function has one lead, every duty has somebody.

Similar words are not the same work, and the same work often has other words. A declared function is what counts; what
rests on wording alone is ``inferred`` and asks for confirmation.
"""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from orgaudit import catalog, texts, wording
from orgaudit.check import Chapter, NotAssessable
from orgaudit.finding import Offenders, Result, listing
from orgaudit.organization import Organization
from orgaudit.reading import values

CHAPTER = Chapter("DUT")

COLLECTIVE = re.compile(catalog.pattern("collective"))


@CHAPTER.check(
    1, "high", subject="function", confidence="declared", needs=["duties.department|duties.bearer"], same_object=0.6
)
def several_leads(org: Organization, limits: SimpleNamespace) -> Result:
    """The same function, action and object led by two or more departments, with scopes equal, missing or nested."""
    lead = _led_by_departments(org.work.duties)
    groups = _same_work(lead, limits.same_object)
    found = [group for group in groups if group["department"].nunique() > 1 and not _divided(org, group)]
    names = org.departments["name"].tolist()
    subjects, keys = [], []
    for group in found:
        function = group["function"].iloc[0]
        subjects.append(_function_label(org, group) if isinstance(function, str) else str(group["text"].iloc[0]))
        keys.append(f"{group['action'].iloc[0]}|{group['object'].iloc[0]}")
    offenders = Offenders(
        "function",
        subjects,
        severity=["high" if group["declared"].all() else "medium" for group in found],
        confidence=["declared" if group["declared"].all() else "inferred" for group in found],
        function=subjects,
        departments=[listing(names[d] for d in dict.fromkeys(group["department"])) for group in found],
        texts=[listing((f"“{t}”" for t in dict.fromkeys(group["text"])), 4) for group in found],
    ).apart(keys)
    for i, group in enumerate(found):
        offenders.also("department", list(dict.fromkeys(group["department"])), [i] * group["department"].nunique())
        offenders.seen("duties", "statement", group["row"].tolist(), [i] * len(group))
        rows = set(group.loc[group["chart"].astype(bool), "row"])
        if rows and group["chart"].all():  # two A's of one matrix row are DUT-07 first
            offenders.because(
                "DUT-07",
                "activity",
                [str(group["text"].iloc[0]) if j == i else None for j in range(len(found))],
                np.arange(len(found)) == i,
            )
    return Result(offenders, max(1, lead["function"].nunique() or len(lead)))


def _led_by_departments(duties: pd.DataFrame) -> pd.DataFrame:
    """Lead duties of departments, without what everybody does for its own people."""
    lead = duties[
        (
            duties["lead"]
            & (duties["department"] >= 0)
            & (duties["position"] < 0)
            & ~duties["catch_all"]
            & ~duties["own"].astype(bool)
        ).to_numpy()
    ]
    return lead[~lead["statement"].str.contains(COLLECTIVE, na=False).to_numpy(dtype=bool)]


def same_work(org: Organization, duties: pd.DataFrame) -> list[pd.DataFrame]:
    """Groups of duties that DUT-01 takes for one piece of work."""
    lead = _led_by_departments(duties)
    return [group for group in _same_work(lead, 0.6) if group["department"].nunique() > 1]


def _same_work(lead: pd.DataFrame, same: float) -> list[pd.DataFrame]:
    """Groups of lead duties that are one piece of work: same id, same words, or same function, action and object."""
    if not len(lead):
        return []
    lead = lead.reset_index(drop=True)
    label = np.arange(len(lead))

    def join(a: int, b: int) -> None:
        label[label == label[b]] = label[a]

    for column in ("duty_id", "statement"):
        for _, part in lead[lead[column].notna()].groupby(column, sort=False):
            if len(part) > 1 and part["department"].nunique() > 1:
                for other in part.index[1:]:
                    join(part.index[0], other)
    functional = lead[lead["function"].notna() & lead["action"].notna()]
    for _, part in functional.groupby(["function", "action"], sort=False):
        if part["department"].nunique() < 2 or len(part) > 400:
            continue
        rows = list(part.index)
        for i, a in enumerate(rows):
            for b in rows[i + 1 :]:
                apart = lead["department"].iat[a] != lead["department"].iat[b] and label[a] != label[b]
                if apart and _one_thing(lead, a, b, same):
                    join(a, b)
    return [lead[label == mark] for mark in pd.unique(label) if (label == mark).sum() > 1]


def _one_thing(lead: pd.DataFrame, a: int, b: int, same: float) -> bool:
    """Whether two duties act on one thing; a duty that names only its activity (招聘管理) covers all of it."""
    one, two = str(lead["object"].iat[a]), str(lead["object"].iat[b])
    if not one or not two:
        return bool(lead["verb"].iat[a]) and lead["verb"].iat[a] == lead["verb"].iat[b]
    return one == two or wording.dice(one, two) >= same


def _divided(org: Organization, group: pd.DataFrame) -> bool:
    """Whether declared scopes keep the departments apart: all given, all different, none inside another."""
    scopes = group.drop_duplicates("department")["scope"]
    if scopes.isna().any():
        return False
    texts = [str(scope) for scope in scopes]
    return len(set(texts)) == len(texts) and not any(a != b and a in b for a in texts for b in texts)


def _function_label(org: Organization, group: pd.DataFrame) -> str:
    row = int(group["row"].iloc[0])
    return org.table("duties").value(row, "function") or str(group["function"].iloc[0])


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
    carried = {str(f) for f in duties["function"].dropna().unique()}
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
    """The duties whose words come nearest to a function's name: to be looked at, not counted."""
    words = f"{item['en']}{item['zh']}".casefold()
    texts = org.work.duties["text"].dropna().unique()
    scored = sorted(((wording.dice(values.key(str(text)), words), str(text)) for text in texts[:5000]), reverse=True)
    return [text for score, text in scored[:most] if score > 0.1]


@CHAPTER.check(4, "low", subject="function", confidence="inferred", core=False,
               needs=["duties", "duties.function"], share=50, near=0.5)  # fmt: skip
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
        said = [wording.pieces(str(text)) for text in part["statement"].dropna().unique()]
        lang = "zh" if any("\u4e00" <= c <= "\u9fff" for c in "".join(part["text"].dropna().astype(str))) else "en"
        absent = [row for row in typical if not _is_said(row[f"duty_{lang}"], said, limits.near)]
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
            {lang: listing((row[f"duty_{lang}"] for row in absent), 3)[lang] for lang in ("en", "zh")}
            for _, absent, _, _ in found
        ],
    ).holding([[] for _ in found])
    for i, (_, _, _, part) in enumerate(found):
        units = [int(d) for d in part["department"].unique() if d >= 0]
        offenders.also("department", units, [i] * len(units))
        rows = part["row"].tolist()[:20]
        offenders.seen("duties", "function", rows, [i] * len(rows))
    return Result(offenders, max(1, assessed))


def _is_said(typical: str, said: list[set[str]], near: float) -> bool:
    """Whether some statement speaks of a typical duty's object."""
    pairs = wording.pieces(values.key(typical))
    return any(len(pairs & own) >= near * len(pairs) for own in said)


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


@CHAPTER.check(5, "high", subject="duty", confidence="declared", same_object=0.6, same_words=0.7,
               needs=["duties.department|duties.bearer", "duties.position|duties.bearer"])  # fmt: skip
def duty_without_position(org: Organization, limits: SimpleNamespace) -> Result:
    """A lead duty of a department that no position in it takes; one finding where no position there has duties yet."""
    duties = org.work.duties
    real = duties[~duties["catch_all"].to_numpy(dtype=bool)]
    own = real[(real["position"] >= 0).to_numpy()]
    if not len(own):
        raise NotAssessable("no_position_duties")
    lead = real[(real["lead"] & (real["position"] < 0) & (real["department"] >= 0)).to_numpy(dtype=bool)]
    lead = lead.drop_duplicates(["row", "department"])
    staffed = {up for d in org.seats["department"].unique() for up in org.department_line(int(d))}
    taken = _taken_by_department(org, own)
    open_: list[int] = []
    empty: dict[int, list[int]] = {}
    for at, (department, row) in enumerate(zip(lead["department"], lead["row"], strict=True)):
        department = int(department)
        inside = taken.get(department)
        if inside is None or not len(inside):
            if department in staffed:
                empty.setdefault(department, []).append(int(row))
        elif not _taken(lead.iloc[at], inside, limits):
            open_.append(at)
    loose = lead.iloc[open_]
    departments = org.departments["name"].tolist()
    units = list(empty)
    offenders = Offenders(
        "bearer",
        [
            *[("duty", (org.table("duties").value(int(row), "duty_id") or str(text), str(text)))
              for row, text in zip(loose["row"], loose["text"], strict=True)],
            *[("department", unit) for unit in units],
        ],
        variant=["plain"] * len(loose) + ["department"] * len(units),
        duty=[*loose["text"].tolist(), *[""] * len(units)],
        department=[*[departments[int(d)] for d in loose["department"]], *[departments[u] for u in units]],
        n=[1] * len(loose) + [len(rows) for rows in empty.values()],
    ).apart([*[departments[int(d)] for d in loose["department"]], *[""] * len(units)])  # fmt: skip
    offenders.also("department", [*loose["department"].tolist(), *[-1] * len(units)])
    offenders.seen("duties", "statement", loose["row"].to_numpy(), np.arange(len(loose)))
    for i, (unit, rows) in enumerate(empty.items(), start=len(loose)):
        offenders.seen("duties", "statement", rows[:20], [i] * len(rows[:20]))
        within = [d for d in range(len(departments)) if unit in org.department_line(d)]
        seats = np.flatnonzero(org.judged & np.isin(org.seats["department"].to_numpy(), within))
        offenders.also("seat", seats, [i] * len(seats))
    return Result(offenders.holding([[] for _ in range(len(offenders))]), max(1, len(lead)))


def _taken_by_department(org: Organization, own: pd.DataFrame) -> dict[int, pd.DataFrame]:
    """Duties of positions by every department above their place, and by the departments that the position heads."""
    place = org.positions["department"].to_numpy()[own["position"].to_numpy(dtype=np.int64)]
    frame = own.assign(place=place)
    result: dict[int, list[pd.DataFrame]] = {}
    for unit, part in frame.groupby("place"):
        for up in org.department_line(int(unit)) if unit >= 0 else ():
            result.setdefault(up, []).append(part)
    seat_position = org.seats["position"].to_numpy()
    by_position = dict(list(frame.groupby("position")))
    for unit, head in enumerate(org.departments["head"].to_numpy()):
        part = by_position.get(int(seat_position[head])) if head >= 0 else None
        if part is not None and unit not in org.department_line(int(part["place"].iloc[0])):
            result.setdefault(unit, []).append(part)
    return {unit: pd.concat(parts) for unit, parts in result.items()}


def _taken(duty: pd.Series, inside: pd.DataFrame, limits: SimpleNamespace) -> bool:
    """Whether some position's duty is this department duty: same id, same work, or near the same words (domain.md C5)."""
    if isinstance(duty["duty_id"], str) and inside["duty_id"].eq(duty["duty_id"]).any():
        return True
    same = inside[((inside["function"] == duty["function"]) & (inside["action"] == duty["action"])).to_numpy()]
    wanted = str(duty["object"])
    for thing, verb in same[["object", "verb"]].itertuples(index=False):
        if thing == wanted or ((not thing or not wanted) and verb == duty["verb"]):
            return True
        if thing and wanted and wording.dice(str(thing), wanted) >= limits.same_object:
            return True
    words = str(duty["statement"])
    return any(wording.dice(words, str(text)) >= limits.same_words for text in inside["statement"].dropna().unique())


_EVERYWHERE = re.compile(catalog.pattern("everywhere"))


@CHAPTER.check(6, "medium", subject="duty", confidence="declared", core=False,
               needs=["duties.function", "duties.position|duties.bearer", "duties.department|duties.bearer"])  # fmt: skip
def duty_outside_mandate(org: Organization, limits: SimpleNamespace) -> Result:
    """A position's declared function is none of its department's, nor of those above it."""
    duties = org.work.duties
    mandates: dict[int, set[str]] = {}
    of_departments = duties[
        ((duties["position"] < 0) & (duties["department"] >= 0) & duties["function"].notna()).to_numpy(dtype=bool)
    ]
    for unit, part in of_departments.groupby("department"):
        mandates[int(unit)] = set(part["function"])
    own = duties[
        (
            (duties["position"] >= 0)
            & duties["declared"].astype(bool)
            & (duties["r"] | duties["a"]).astype(bool)
            & ~duties["catch_all"].astype(bool)
            & ~duties["own"].fillna(False).astype(bool)
        ).to_numpy()
    ]
    place = org.positions["department"].to_numpy()[own["position"].to_numpy(dtype=np.int64)]
    heading = _headed_trees(org)
    allowed: dict[int, set[str] | None] = {}
    for unit in np.unique(place):
        line = [up for up in org.department_line(int(unit)) if up in mandates]
        allowed[int(unit)] = set().union(*(mandates[up] for up in line)) if int(unit) in mandates else None
    outside = []
    judged = 0
    for unit, position, function, text in zip(place, own["position"], own["function"], own["statement"], strict=True):
        mandate = allowed[int(unit)]
        judged += mandate is not None
        below = heading.get(int(position), ())
        wider = (
            mandate is not None and function not in mandate and not any(function in mandates.get(u, ()) for u in below)
        )
        outside.append(bool(wider) and not _EVERYWHERE.search(str(text)))
    if not judged:
        raise NotAssessable("no_mandates")
    wrong = own[np.array(outside, dtype=bool)]
    offenders = Offenders(
        "duty",
        [
            (org.table("duties").value(int(row), "duty_id") or str(t), str(t))
            for row, t in zip(wrong["row"], wrong["text"], strict=True)
        ],
        duty=wrong["text"].tolist(),
        position=[org.position_name(int(p)) for p in wrong["position"]],
        function=[org.table("duties").value(int(row), "function") or "" for row in wrong["row"]],
        department=[
            org.departments["name"].iat[int(org.positions["department"].iat[int(p)])] for p in wrong["position"]
        ],
    ).apart([org.position_key(int(p)) for p in wrong["position"]])
    offenders.also("position", wrong["position"].tolist()).seen("duties", "function", wrong["row"].to_numpy())
    offenders.also("department", [int(org.positions["department"].iat[int(p)]) for p in wrong["position"]])
    return Result(offenders.holding([org.position_seats(int(p)).tolist() for p in wrong["position"]]), max(1, judged))


def _headed_trees(org: Organization) -> dict[int, list[int]]:
    """Position → departments that it heads, and all below them."""
    position = org.seats["position"].to_numpy()
    result: dict[int, list[int]] = {}
    heads = org.departments["head"].to_numpy()
    for unit in range(len(heads)):
        for up in org.department_line(unit):
            if heads[up] >= 0:
                result.setdefault(int(position[heads[up]]), []).append(unit)
    return result
