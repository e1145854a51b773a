"""Principle 3, no overlap: one lead for every piece of work.

Similar words are not the same work, and the same work often has other words. What two statements mean is weighed by the
understander; a declared function decides, and what rests on words alone is ``inferred`` and asks for confirmation.
"""

from __future__ import annotations

import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd

from orgaudit import catalog, texts, wording
from orgaudit.checks.duties import CHAPTER
from orgaudit.finding import Offenders, Result, listing
from orgaudit.organization import Organization
from orgaudit.reading import spelling, values
from orgaudit.understanding import NEAR, function_names

COLLECTIVE = re.compile(catalog.pattern("collective"))
_LIMITS = SimpleNamespace(same_object=0.6, likely=0.3, likely_declared=0.25)
_CERTAIN = 9.0  # strength of pairs that share an id, the same words, or a declared function, act and object
_KIN = 0.2  # likeness, or evidence of one activity, from which two statements with one id are one duty
_WHOLE = 400  # up to so many lines of one declared function are compared with one another


@CHAPTER.check(
    1, "high", subject="function", confidence="declared", needs=["duties.department|duties.bearer"], **vars(_LIMITS)
)
def several_leads(org: Organization, limits: SimpleNamespace) -> Result:
    """The same work led by two or more departments, in whatever words, with scopes equal, missing or nested."""
    lead = _led_by_departments(org, org.work.duties)
    found = _same_work(org, lead, limits)
    names = org.departments["name"].tolist()
    subjects, keys = [], []
    for group in found:
        one = group["function"].notna().any() and group["function"].nunique() == 1
        subjects.append(_function_label(org, group) if one else str(group["text"].iloc[0]))
        keys.append(f"{group['action'].iloc[0]}|{group['object'].iloc[0]}")
    offenders = Offenders(
        "function",
        subjects,
        severity=["high" if group["declared"].all() else "medium" for group in found],
        confidence=["declared" if group["declared"].all() else "inferred" for group in found],
        function=subjects,
        departments=[listing(names[d] for d in dict.fromkeys(group["department"])) for group in found],
        texts=[listing((f"“{t}”" for t in dict.fromkeys(group["text"])), 4) for group in found],
        ground=[_ground(org, group) for group in found],
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


def _ground(org: Organization, group: pd.DataFrame) -> dict[str, str] | str:
    """Why the group is taken for one piece of work; nothing where the words or a declared function say it themselves."""
    said = list(dict.fromkeys(group["said"]))
    if len(said) < 2:
        return ""
    understood = org.work.understood
    about = understood.common_activity(said)
    if about is None:
        return ""
    words = {word for text in said for word in understood.grounds(text, about)}
    activity = understood.weighing.lexicon.activities[about]
    shown = listing((f"“{word}”" for word in sorted(words, key=lambda word: (-len(word), word))), 6)
    name = {"en": activity.en, "zh": activity.zh}
    return texts.both("checks.DUT-01.ground", activity=name, words=shown) if words else ""


def _led_by_departments(org: Organization, duties: pd.DataFrame) -> pd.DataFrame:
    """Lead duties of departments, without what everybody does for its own people and what most departments say alike."""
    lead = duties[
        (
            duties["lead"]
            & (duties["department"] >= 0)
            & (duties["position"] < 0)
            & ~duties["empty"].astype(bool)
            & ~duties["own"].astype(bool)
        ).to_numpy()
    ]
    lead = lead[~lead["statement"].str.contains(COLLECTIVE, na=False).to_numpy(dtype=bool)].reset_index(drop=True)
    return lead[~_said_by_all(org, lead)].reset_index(drop=True)


def _said_by_all(org: Organization, lead: pd.DataFrame) -> np.ndarray:
    """Boolean per line: nearly the same words stand with three departments and a third of all; nobody claims another's work."""
    from scipy import sparse
    from scipy.sparse.csgraph import connected_components

    if not len(lead):
        return np.zeros(0, dtype=bool)
    one, two, signals = org.work.pairs
    near = signals.alike >= NEAR
    n = len(org.work.understood.texts)
    graph = sparse.csr_matrix((np.ones(int(near.sum())), (one[near], two[near])), shape=(n + 1, n + 1))
    _, kind = connected_components(graph, directed=False)
    frame = pd.DataFrame({"kind": kind[lead["said"]], "department": lead["department"]})
    units = frame.groupby("kind")["department"].transform("nunique").to_numpy()
    several = (units >= 3) & (3 * units >= frame["department"].nunique())
    return np.asarray(several & ~lead["declared"].to_numpy(dtype=bool) & (lead["said"] >= 0).to_numpy())


def same_work(org: Organization, duties: pd.DataFrame) -> list[pd.DataFrame]:
    """Groups of duties that DUT-01 takes for one piece of work."""
    return _same_work(org, _led_by_departments(org, duties), _LIMITS)


def _same_work(org: Organization, lead: pd.DataFrame, limits: SimpleNamespace) -> list[pd.DataFrame]:
    """Groups of lead duties of several departments that are one piece of work; every two of a group are a pair."""
    pairs = _pairs(org, lead, limits)
    group = np.arange(len(lead))
    members = {i: [i] for i in range(len(lead))}
    accepted = set(zip(pairs["a"].tolist(), pairs["b"].tolist(), strict=True))
    place = lead["department"].to_numpy()
    for a, b in zip(pairs["a"].tolist(), pairs["b"].tolist(), strict=True):
        one, two = group[a], group[b]
        if one == two:
            continue
        whole = all(
            place[x] == place[y] or (min(x, y), max(x, y)) in accepted for x in members[one] for y in members[two]
        )
        if whole:
            members[one] += members.pop(two)
            group[members[one]] = one
    found = [lead.iloc[sorted(rows)] for rows in members.values() if len(set(place[rows])) > 1]
    return [part for part in found if not _divided(part)]


def _pairs(org: Organization, lead: pd.DataFrame, limits: SimpleNamespace) -> pd.DataFrame:
    """Pairs of lines (``a`` < ``b``) of different departments that are one piece of work, the surest first."""
    parts = [
        _one_id(org, lead),
        _equal(lead, "statement"),
        _declared(org, lead, limits),
        _meant(org, lead, limits),
    ]
    pairs = pd.concat(parts, ignore_index=True)
    place = lead["department"].to_numpy()
    pairs = pairs[place[pairs["a"].to_numpy()] != place[pairs["b"].to_numpy()]]
    return pairs.sort_values("strength", ascending=False, kind="stable").drop_duplicates(["a", "b"])


def _equal(lead: pd.DataFrame, column: str) -> pd.DataFrame:
    """Pairs of lines with one id, or with the same words."""
    given = pd.DataFrame({"key": lead[column], "line": np.arange(len(lead))}).dropna()
    given = given[given["key"].duplicated(keep=False)]
    both = given.merge(given, on="key")
    both = both[both["line_x"] < both["line_y"]]
    return _as_pairs(both["line_x"].to_numpy(), both["line_y"].to_numpy(), np.full(len(both), _CERTAIN))


def _one_id(org: Organization, lead: pd.DataFrame) -> pd.DataFrame:
    """Pairs with one id and something in common: numbers that start anew in every department are no ids."""
    pairs = _equal(lead, "duty_id")
    said = lead["said"].to_numpy()
    one, two = said[pairs["a"].to_numpy()], said[pairs["b"].to_numpy()]
    signals = org.work.understood.signals(np.maximum(one, 0), np.maximum(two, 0))
    alike = (one == two) | (one < 0) | (two < 0) | (signals.alike >= _KIN) | (signals.about >= _KIN)
    return pairs[alike]


def _declared(org: Organization, lead: pd.DataFrame, limits: SimpleNamespace) -> pd.DataFrame:
    """Pairs of one function, given by the organization: the same act on the same object, or the same work in other words."""
    given = lead[(lead["function"].notna() & (lead["said"] >= 0)).to_numpy()]
    sides: list[np.ndarray] = [np.zeros((2, 0), np.int64)]
    for _, part in given.groupby("function", sort=False):
        if part["department"].nunique() > 1 and len(part) <= _WHOLE:
            sides.append(part.index.to_numpy()[np.stack(np.triu_indices(len(part), 1))])
    one, two = np.concatenate(sides, axis=1)
    place = lead["department"].to_numpy()
    apart = place[one] != place[two]
    one, two = one[apart], two[apart]
    said, acts = lead["said"].to_numpy(), lead["action"].to_numpy(dtype=object)
    signals = org.work.understood.signals(said[one], said[two])
    strength = replace(signals, function=np.ones(len(one))).strength
    same = [acts[a] is not None and acts[a] == acts[b] and _one_thing(lead, a, b, limits.same_object)
            for a, b in zip(one.tolist(), two.tolist(), strict=True)]  # fmt: skip
    strength = np.where(np.array(same, dtype=bool) & ~signals.scopes, _CERTAIN, strength)
    keep = strength >= limits.likely_declared
    return _as_pairs(one[keep], two[keep], strength[keep])


def _as_pairs(a: np.ndarray, b: np.ndarray, strength: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"a": a.astype(np.int64), "b": b.astype(np.int64), "strength": strength.astype(float)})


def _meant(org: Organization, lead: pd.DataFrame, limits: SimpleNamespace) -> pd.DataFrame:
    """Pairs whose words mean one piece of work, unless their declared functions differ or the units are parallel or nested."""
    one, two, signals = org.work.pairs
    strong = signals.strength >= limits.likely
    pairs = pd.DataFrame({"one": one[strong], "two": two[strong], "strength": signals.strength[strong]})
    lines = pd.DataFrame({"said": lead["said"], "line": np.arange(len(lead))})
    both = pairs.merge(lines, left_on="one", right_on="said").merge(lines, left_on="two", right_on="said")
    a, b = both[["line_x", "line_y"]].min(axis=1).to_numpy(), both[["line_x", "line_y"]].max(axis=1).to_numpy()
    declared, function = lead["declared"].to_numpy(dtype=bool), lead["function"].to_numpy(dtype=object)
    place = lead["department"].to_numpy()
    keep = [
        not (declared[x] and declared[y] and function[x] != function[y])
        and other_unit(org, int(place[x]), int(place[y]))
        for x, y in zip(a.tolist(), b.tolist(), strict=True)
    ]
    keep_ = np.array(keep, dtype=bool)
    return _as_pairs(a[keep_], b[keep_], both["strength"].to_numpy()[keep_])


def _one_thing(lead: pd.DataFrame, a: int, b: int, same: float) -> bool:
    """Whether two duties act on one thing; a duty that names only its activity (招聘管理) covers all of it."""
    one, two = str(lead["object"].iat[a]), str(lead["object"].iat[b])
    if not one or not two:
        return bool(lead["verb"].iat[a]) and lead["verb"].iat[a] == lead["verb"].iat[b]
    return one == two or wording.dice(one, two) >= same


def _divided(group: pd.DataFrame) -> bool:
    """Whether declared scopes keep the departments apart: all given, all different, none inside another."""
    scopes = group.drop_duplicates("department")["scope"]
    if scopes.isna().any():
        return False
    told = [str(scope) for scope in scopes]
    return len(set(told)) == len(told) and not any(a != b and a in b for a in told for b in told)


def _function_label(org: Organization, group: pd.DataFrame) -> str:
    for row in group["row"]:
        named = org.table("duties").value(int(row), "function")
        if named:
            return named
    key = str(group["function"].dropna().iloc[0])
    names = function_names(org.review.language)
    return names.get(key, key)


@CHAPTER.check(2, "low", subject="duty", confidence="inferred", needs=["duties"], similarity=NEAR)
def copied_statement(org: Organization, limits: SimpleNamespace) -> Result:
    """Near-identical statements of different owners that are not one piece of work already (DUT-01)."""
    duties = org.work.duties
    duties = duties[~_of_own_unit(org, duties)]
    own = duties[
        (
            duties["statement"].notna()
            & ~duties["empty"].astype(bool)
            & ~duties["own"].fillna(False).astype(bool)
            & ~duties["statement"].str.contains(COLLECTIVE, na=False)
            & ~duties["chart"].astype(bool)
            & ((duties["position"] >= 0) | (duties["department"] >= 0))
            & (duties["r"] | duties["a"]).astype(bool)
        ).to_numpy()
    ].reset_index(drop=True)
    common = set(own["said"][(own["position"] < 0).to_numpy() & _said_by_all(org, own)])
    own = own[~own["said"].isin(common).to_numpy()].reset_index(drop=True)
    groups = same_work(org, own)
    overlap = {row: number for number, group in enumerate(groups) for row in group["row"]}
    told = [set(group["said"]) for group in groups]
    by_text = {int(said): part for said, part in own.groupby("said", sort=False)}
    pairs: list[tuple[pd.Series, pd.Series]] = []
    first: dict[int, int] = {}  # of texts that are all alike each is paired with the first only
    for one, two in _near_pairs(org, by_text, limits.similarity):
        if any(one in said and two in said for said in told):
            continue
        found = (
            None
            if one != two and first.get(one, one) == first.get(two)
            else _apart(org, by_text[one], by_text[two], overlap)
        )
        if found:
            pairs.append(found)
            first[two] = first.get(one, one)
    table = org.table("duties")
    offenders = Offenders(
        "duty",
        [(table.value(int(a["row"]), "duty_id") or str(a["text"]), str(a["text"])) for a, _ in pairs],
        one=[str(a["text"]) for a, _ in pairs],
        two=[str(b["text"]) for _, b in pairs],
        owner=[_owner(org, a) for a, _ in pairs],
        other=[_owner(org, b) for _, b in pairs],
    ).apart([f"{b['statement']}|{_owner(org, b)}" for _, b in pairs])
    for i, (a, b) in enumerate(pairs):
        for line in (a, b):
            kind, index = (
                ("position", line["position"]) if line["position"] >= 0 else ("department", line["department"])
            )
            offenders.also(kind, [int(index)], [i]).seen("duties", "statement", [int(line["row"])], [i])
    return Result(offenders.holding([[] for _ in pairs]), max(1, len(own)))


def _of_own_unit(org: Organization, duties: pd.DataFrame) -> np.ndarray:
    """Boolean per line: the statement names the department that it is of (编制销售部年度计划), as others name theirs."""
    names = [values.key(name) for name in org.departments["name"]]
    pairs = zip(duties["department"], duties["statement"], strict=True)
    return np.array([d >= 0 and isinstance(text, str) and names[int(d)] in text for d, text in pairs], dtype=bool)


def _near_pairs(org: Organization, by_text: dict[int, pd.DataFrame], least: float) -> list[tuple[int, int]]:
    """Pairs of statements (each with itself too) that are nearly the same words and mean the same thing, in their order."""
    one, two, signals = org.work.pairs
    unsaid = ~(signals.twins | signals.acts | signals.scopes | signals.roles)
    near = unsaid & (signals.alike >= least) & (signals.meaning >= 0.5)
    found = [
        (a, b) for a, b in zip(one[near].tolist(), two[near].tolist(), strict=True) if a in by_text and b in by_text
    ]
    return sorted([*found, *((said, said) for said in by_text)])


def _apart(
    org: Organization, one: pd.DataFrame, two: pd.DataFrame, overlap: dict[int, int]
) -> tuple[pd.Series, pd.Series] | None:
    """The first two lines of different owners on one level that are no parallel units and no overlap found already."""
    for _, a in one.head(20).iterrows():
        for _, b in two.head(20).iterrows():
            if a["row"] == b["row"] or (a["position"] >= 0) != (b["position"] >= 0):
                continue
            if a["row"] in overlap and overlap[a["row"]] == overlap.get(b["row"]):
                continue
            if isinstance(a["duty_id"], str) and a["duty_id"] == b["duty_id"]:
                continue
            if a["position"] >= 0 and not _other_post(org, int(a["position"]), int(b["position"])):
                continue
            if a["position"] < 0 and not other_unit(org, int(a["department"]), int(b["department"])):
                continue
            return a, b
    return None


def _other_post(org: Organization, a: int, b: int) -> bool:
    """Whether two positions are different work: not one title for several teams, shifts or products."""
    title = org.positions["title"]
    return a != b and spelling.without_marks(str(title.iat[a])) != spelling.without_marks(str(title.iat[b]))


def other_unit(org: Organization, a: int, b: int) -> bool:
    """Whether two departments are different work: not one above the other, and no parallel units of one parent."""
    if a == b or a in org.department_line(b) or b in org.department_line(a):
        return False
    parent, name = org.departments["parent"], org.departments["name"]
    return not (parent.iat[a] == parent.iat[b] and wording.dice(str(name.iat[a]), str(name.iat[b])) >= 0.5)


def _owner(org: Organization, line: pd.Series) -> str:
    if line["position"] >= 0:
        return org.position_name(int(line["position"]))
    return str(org.departments["name"].iat[int(line["department"])])


__all__ = ["COLLECTIVE", "other_unit", "same_work"]
