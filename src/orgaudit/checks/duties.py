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

_COLLECTIVE = re.compile(r"安全|5s|6s|培训本部门|本部门|部门预算|团队建设|保密|own (?:department|team)|housekeeping")


@CHAPTER.check(
    1, "high", subject="function", confidence="declared", needs=["duties.department|duties.bearer"], same_object=0.6
)
def several_leads(org: Organization, limits: SimpleNamespace) -> Result:
    """The same function, action and object led by two or more departments, with scopes equal, missing or nested."""
    duties = org.work.duties
    lead = duties[
        (
            duties["lead"]
            & (duties["department"] >= 0)
            & (duties["position"] < 0)
            & ~duties["catch_all"]
            & ~duties["own"].astype(bool)
        ).to_numpy()
    ]
    lead = lead[~lead["statement"].str.contains(_COLLECTIVE, na=False).to_numpy(dtype=bool)]
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
        rows = set(group.loc[group["matrix"].astype(bool), "row"])
        if rows and group["matrix"].all():  # two A's of one matrix row are DUT-07 first
            offenders.because(
                "DUT-07",
                "activity",
                [str(group["text"].iloc[0]) if j == i else None for j in range(len(found))],
                np.arange(len(found)) == i,
            )
    return Result(offenders, max(1, lead["function"].nunique() or len(lead)))


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


def _activities(org: Organization) -> pd.DataFrame:
    """RACI rows: one per activity of a matrix, with counts of A and R and the bearers of each."""
    duties = org.work.duties
    if not len(duties) or not duties["matrix"].any():
        table = org.table("duties")
        marked = any(source.layout == "matrix" for source in table.sources)
        if not marked:
            raise NotAssessable("no_matrix")
    table = org.table("duties")
    of_matrix = np.array([table.sources[s].layout == "matrix" for s in table.source])
    if table.text("role").str.startswith("?", na=False).to_numpy(dtype=bool)[of_matrix].any():
        raise NotAssessable("unknown_letters")
    lines = duties[of_matrix[duties["row"].to_numpy()]]
    at = lines["row"].to_numpy()
    filled = table.column[at] >= 0
    assigned: pd.DataFrame = lines.assign(
        place=table.source[at].astype(np.int64) * (1 << 32) + table.row[at],
        a=lines["a"] & filled,
        r=lines["r"] & filled,
    )
    return assigned


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
