"""Principle 7, checks and balances: the referee is not a player.

Deciding, keeping, recording and checking the same thing belong in different hands. What people tick in the self-check
counts; words in duty texts only suggest, and no hit there is no clearance. Findings speak of arrangements, never of people.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from types import SimpleNamespace

import numpy as np
import pandas as pd

from orgaudit import catalog, wording
from orgaudit.check import Chapter, NotAssessable
from orgaudit.finding import SEVERITIES, Offenders, Result, listing, phrases
from orgaudit.organization import Organization
from orgaudit.reading import values

CHAPTER = Chapter("SOD")


@cache
def _listed() -> list[dict[str, str]]:
    """Pairs of the common practice list; class-level pairs (cycle ``general``) are never matched by words."""
    return [pair for pair in catalog.table("sod_pairs") if pair["cycle"] != "general"]


def _pairs(org: Organization) -> list[dict[str, str]]:
    """Pairs of incompatible duties: the list, and the organization's own rules where it gives some."""
    if "incompatible_duties" not in org.review:
        return _listed()
    table = org.table("incompatible_duties")
    own = []
    for row in range(len(table)):
        sides = [table.value(row, name) for name in ("duty_a", "duty_b")]
        if all(sides):
            a, b = (str(side) for side in sides)
            risk = values.key(table.value(row, "risk") or "")
            severity = next((word for word, said in _RISKS.items() if risk in said), "high")
            pair = {"duty_a_zh": _names().get(values.key(a), a), "duty_b_zh": _names().get(values.key(b), b)}
            own.append(pair | {"duty_a_en": a, "duty_b_en": b, "severity": severity, "cycle": "own",
                               "source": table.cell(row, "duty_a").sheet or table.cell(row, "duty_a").file})  # fmt: skip
    known = {frozenset((pair["duty_a_zh"], pair["duty_b_zh"])) for pair in own}
    return [*own, *(pair for pair in _listed() if frozenset((pair["duty_a_zh"], pair["duty_b_zh"])) not in known)]


_RISKS = {
    "high": ("high", "critical", "高", "重大"),
    "medium": ("medium", "moderate", "中", "一般"),
    "low": ("low", "低", "较低"),
}


@cache
def _names() -> dict[str, str]:
    """Spellings of sensitive duties → the duty's key (its Chinese name)."""
    found = {}
    for pair in catalog.table("sod_pairs"):
        for side in "ab":
            for lang in ("zh", "en"):
                found[values.key(pair[f"duty_{side}_{lang}"])] = pair[f"duty_{side}_zh"]
    return found


@cache
def _patterns() -> list[tuple[str, re.Pattern[str], re.Pattern[str] | None]]:
    return [
        (
            row["duty_zh"],
            re.compile(row["include_pattern"]),
            re.compile(row["exclude_pattern"]) if row["exclude_pattern"] else None,
        )
        for row in catalog.table("sod_alias")
        if row["include_pattern"]
    ]


@CHAPTER.check(2, "high", subject="position", confidence="declared", needs=["sensitive_duties|duties.position"])
def incompatible_duties(org: Organization, limits: SimpleNamespace) -> Result:
    """One position holds both sides of a pair of incompatible duties."""
    ticks, declared = ticks_of(org)
    if not len(ticks):
        raise NotAssessable("no_sensitive_duties")
    held = {int(p): dict(zip(part["duty"], part["row"], strict=True)) for p, part in ticks.groupby("position")}
    table = "sensitive_duties" if declared else "duties"
    objects = dict(zip(ticks["row"], ticks["object"], strict=True)) if "object" in ticks else {}
    divided, listed = _divided_positions(org), _pairs(org)
    hits = {
        position: pairs
        for position, own in sorted(held.items())
        if position not in divided and (pairs := [p for p in listed if _meet(p, own, objects)])
    }
    offenders = Offenders(
        "position",
        list(hits),
        severity=[min((pair["severity"] for pair in pairs), key=SEVERITIES.index) for pairs in hits.values()],
        confidence="declared" if declared else "inferred",
        variant="declared" if declared else "text",
        position=[org.position_name(position) for position in hits],
        pairs=[_named(pairs) for pairs in hits.values()],
        source=[_source(pairs[0]) for pairs in hits.values()],
    )
    for i, (position, pairs) in enumerate(hits.items()):
        rows = {held[position][pair[f"duty_{side}_zh"]] for pair in pairs for side in "ab"}
        offenders.seen(table, "duty" if declared else "statement", sorted(rows), [i] * len(rows))
    return Result(offenders, max(1, len(held)))


def _meet(pair: dict[str, str], own: dict[str, int], objects: dict[int, object]) -> bool:
    """Whether a position holds both sides of a pair, on things that are not plainly different."""
    one, two = own.get(pair["duty_a_zh"]), own.get(pair["duty_b_zh"])
    return one is not None and two is not None and not _other_object(objects.get(one), objects.get(two))


def _named(pairs: list[dict[str, str]]) -> dict[str, str]:
    """Pairs as a phrase per language."""
    return {
        "en": "; ".join(f"“{pair['duty_a_en']}” and “{pair['duty_b_en']}”" for pair in pairs),
        "zh": "；".join(f"“{pair['duty_a_zh']}”与“{pair['duty_b_zh']}”" for pair in pairs),
    }


def _divided_positions(org: Organization) -> set[int]:
    """Positions whose duties say that different incumbents do the incompatible parts."""
    duties = org.work.duties
    if not len(duties):
        return set()
    said = duties["statement"].str.contains(
        r"由不同(?:人员|人|任职人|岗位人员)|different (?:persons?|people|incumbents?)", na=False
    )
    return set(duties["position"][said & (duties["position"] >= 0)].tolist())


def declared_ticks(org: Organization) -> pd.DataFrame:
    """Ticked sensitive duties: ``position, duty`` (its key), ``row``."""
    table = org.table("sensitive_duties")
    links = org.link("sensitive_duties", "position").found()
    named = _names() | {
        values.key(pair[f"duty_{side}_en"]): pair[f"duty_{side}_zh"]
        for pair in _pairs(org)
        for side in "ab"
        if pair["cycle"] == "own"
    }
    keys = values.distinct_map(table.text("duty"), lambda text: named.get(values.key(text))).to_numpy()
    position = np.where(links.kind == 1, links.index, -1)
    person = links.kind == 2
    if person.any():
        first = {
            int(p): int(org.seats["position"].iat[int(org.person_seats(int(p))[0])])
            for p in np.unique(links.index[person])
        }
        position[person] = [first[int(p)] for p in links.index[person]]
    frame = pd.DataFrame({"position": position, "duty": keys[links.row], "row": links.row})
    return frame[(frame["position"] >= 0) & frame["duty"].notna()]


def suggested_ticks(org: Organization) -> pd.DataFrame:
    """What duty texts of positions suggest, by precise patterns and by what they mean: ``position, duty, row, object``."""
    duties = org.work.duties
    own = duties[(duties["position"] >= 0).to_numpy() & ~duties["catch_all"].to_numpy(dtype=bool)]
    own = own[
        ~own["statement"].str.contains(r"系统自动|自动(?:生成|入账|记账|匹配)|automatic", na=False).to_numpy(dtype=bool)
    ]
    given = values.keys(org.table("duties").text("object")).to_numpy(dtype=object)
    meant = org.work.led_activities
    rows = []
    for (text, said), part in own.groupby(["statement", "said"], sort=False):
        named = dict.fromkeys([*spoken_duties(str(text)), *_sensitive(str(text), meant[int(said)])])
        for name in named:
            rows += [(int(p), name, int(r), given[int(r)]) for p, r in zip(part["position"], part["row"], strict=True)]
    return pd.DataFrame(rows, columns=["position", "duty", "row", "object"])


def _sensitive(text: str, activities: set[str]) -> list[str]:
    """Sensitive duties that activities of the lexicon are, where the statement is of the one who does them."""
    if re.search(_NO_DOER, text):
        return []
    listed = catalog.toml("sensitive_activities")
    return [name for name, own in listed.items() if not activities.isdisjoint(own)]


@cache
def spoken_duties(text: str) -> tuple[str, ...]:
    """Sensitive duties that a statement plainly names."""
    return tuple(
        name
        for name, include, exclude in _patterns()
        if include.search(text) and not (exclude and exclude.search(text))
    )


def ticks_of(org: Organization) -> tuple[pd.DataFrame, bool]:
    """Sensitive duties of positions, and whether they are declared (ticked) or only suggested by duty texts."""
    declared = "sensitive_duties" in org.review
    return (declared_ticks(org) if declared else suggested_ticks(org)), declared


def held_by_persons(org: Organization, ticks: pd.DataFrame) -> pd.DataFrame:
    """Ticks of everybody who holds several of them in all posts together: ``person, position, duty, row``."""
    seats = org.seats[(org.seats["person"] >= 0).to_numpy() & org.occupied]
    held = seats[["person", "position"]].drop_duplicates().merge(ticks, on="position")
    return held.drop_duplicates(["person", "position", "duty"])


def _person_pairs(held: pd.DataFrame, pairs: list[dict[str, str]]) -> pd.DataFrame:
    """(person, pair) of everybody who holds both sides: ``person, pair`` (its number), rows and positions of both sides."""
    listed = pd.DataFrame(
        {"pair": range(len(pairs)), "a": [p["duty_a_zh"] for p in pairs], "b": [p["duty_b_zh"] for p in pairs]}
    )
    sides = ("row", "position", "object")
    one = held.rename(columns={"duty": "a"} | {name: f"{name}_a" for name in sides}).merge(listed, on="a")
    two = held.rename(columns={"duty": "b"} | {name: f"{name}_b" for name in sides})
    both = one.merge(two, on=["person", "b"])
    if "object_a" in both:  # the same words on other objects are no pair
        other = [_other_object(a, b) for a, b in zip(both["object_a"], both["object_b"], strict=True)]
        both = both[~np.array(other, dtype=bool)]
    both["apart"] = both["position_a"] != both["position_b"]
    return both.sort_values(["person", "pair", "apart"], kind="stable").drop_duplicates(["person", "pair"])


@CHAPTER.check(1, "high", subject="person", confidence="declared", needs=["sensitive_duties|duties.position"])
def incompatible_in_one_person(org: Organization, limits: SimpleNamespace) -> Result:
    """One person, over all posts held, holds both sides of a pair of incompatible duties."""
    ticks, declared = ticks_of(org)
    if not len(ticks):
        raise NotAssessable("no_sensitive_duties")
    held = held_by_persons(org, ticks[~ticks["position"].isin(_divided_positions(org)).to_numpy()])
    if not (org.seats["person"] >= 0).any():
        raise NotAssessable("no_persons")
    pairs = _pairs(org)
    hits = _person_pairs(held, pairs)
    cashier = hits["a"].eq(_CASHIER).to_numpy() & hits["b"].isin(_cashier_conflicts()).to_numpy()
    found = [pairs[int(i)] for i in hits["pair"]]
    offenders = Offenders(
        "person",
        hits["person"].tolist(),
        severity=[pair["severity"] for pair in found],
        confidence="declared" if declared else "inferred",
        variant="declared" if declared else "text",
        posts=[
            listing(org.position_name(int(p)) for p in dict.fromkeys((a, b)))
            for a, b in zip(hits["position_a"], hits["position_b"], strict=True)
        ],
        pair=[_named([pair]) for pair in found],
        source=[_source(pair) for pair in found],
    ).apart([f"{pair['duty_a_zh']}|{pair['duty_b_zh']}" for pair in found])
    _both_sides(offenders, hits, "sensitive_duties" if declared else "duties", "duty" if declared else "statement")
    offenders.because("SOD-04", "person", hits["person"].tolist(), cashier)
    offenders.because("SOD-02", "position", hits["position_a"].tolist(), (~hits["apart"]).to_numpy(dtype=bool))
    return Result(offenders, max(1, held["person"].nunique()))


def _other_object(one: object, two: object) -> bool:
    return isinstance(one, str) and isinstance(two, str) and not wording.bigrams(one) & wording.bigrams(two)


def _both_sides(offenders: Offenders, hits: pd.DataFrame, table: str, column: str) -> None:
    for i, (a, b, one, two) in enumerate(hits[["position_a", "position_b", "row_a", "row_b"]].itertuples(index=False)):
        for position in dict.fromkeys((int(a), int(b))):
            offenders.also("position", [position], [i])
        rows = sorted({int(one), int(two)})
        offenders.seen(table, column, rows, [i] * len(rows))


def _source(pair: dict[str, str]) -> str:
    return re.sub(r"\s*https?://\S+", "", pair["source"].split(";")[0]).strip()


_CASHIER = "出纳"


@cache
def _cashier_conflicts() -> dict[str, dict[str, str]]:
    """What the accounting law bars a cashier from, by the duty's name → its pair."""
    return {pair["duty_b_zh"]: pair for pair in _listed() if pair["duty_a_zh"] == _CASHIER}


@CHAPTER.check(4, "high", subject="person", confidence="declared", needs=["posts", "sensitive_duties|duties.position"])
def cashier_conflict(org: Organization, limits: SimpleNamespace) -> Result:
    """A cashier, by title or tick, also checks accounts, keeps the archives, ledgers or the bank reconciliation."""
    ticks, declared = ticks_of(org)
    titled = org.positions["title"].str.contains(_CASHIER_TITLE, case=False, na=False).to_numpy(dtype=bool)
    titled = titled & ~org.positions["title"].str.contains(_SHOP_CASHIER, case=False, na=False).to_numpy(dtype=bool)
    by_title = np.flatnonzero(titled)
    ticked = set(ticks.loc[ticks["duty"] == _CASHIER, "position"].tolist())
    extra = pd.DataFrame({"position": [p for p in by_title.tolist() if p not in ticked], "duty": _CASHIER, "row": -1})
    held = held_by_persons(org, pd.concat([ticks, extra], ignore_index=True))
    if not (held["duty"] == _CASHIER).any():
        raise NotAssessable("no_cashier")
    pairs = list(_cashier_conflicts().values())
    hits = _person_pairs(held, pairs)
    found = [pairs[int(i)] for i in hits["pair"]]
    offenders = Offenders(
        "person",
        hits["person"].tolist(),
        confidence="declared" if declared else "inferred",
        posts=[
            listing(org.position_name(int(p)) for p in dict.fromkeys((a, b)))
            for a, b in zip(hits["position_a"], hits["position_b"], strict=True)
        ],
        duty=[{"en": pair["duty_b_en"], "zh": pair["duty_b_zh"]} for pair in found],
    ).apart([pair["duty_b_zh"] for pair in found])
    table, column = ("sensitive_duties", "duty") if declared else ("duties", "statement")
    _both_sides(offenders, hits.assign(row_a=np.where(hits["row_a"] < 0, hits["row_b"], hits["row_a"])), table, column)
    return Result(offenders, max(1, int(held.loc[held["duty"] == _CASHIER, "person"].nunique())))


_CASHIER_TITLE = catalog.pattern("cashier")
_SHOP_CASHIER = catalog.pattern("shop_cashier")


def _cycle() -> dict[str, tuple[str, list[str]]]:
    """Steps of the procurement cycle → words in duties, and activities that duties may mean."""
    words, activities = (catalog.toml("patterns")[f"procurement_{kind}"] for kind in ("cycle", "activities"))
    return {step: (words[step], activities.get(step, [])) for step in words}


@CHAPTER.check(3, "high", subject="department", confidence="declared", needs=["duties.department|duties.bearer"])
def whole_cycle(org: Organization, limits: SimpleNamespace) -> Result:
    """One department leads every step of the procurement cycle: request, approve, source, accept, record or pay."""
    duties = org.work.duties
    lead = duties[
        (duties["lead"] & (duties["department"] >= 0) & duties["statement"].notna() & ~duties["catch_all"]).to_numpy(
            dtype=bool
        )
    ]
    found: list[tuple[int, dict[str, int], bool]] = []
    assessed = 0
    meant = org.work.led_activities
    for department, part in lead.groupby("department"):
        steps: dict[str, int] = {}
        for step, (words, activities) in _cycle().items():
            said = part["statement"].str.contains(words, case=False).to_numpy(dtype=bool)
            said = said | np.array([not meant[int(text)].isdisjoint(activities) for text in part["said"]], dtype=bool)
            if said.any():
                steps[step] = int(part["row"].iloc[int(np.argmax(said))])
        assessed += "source" in steps
        rows = list(steps.values())
        if len(steps) == len(_cycle()):
            sure = part[part["row"].isin(rows).to_numpy()]["declared"].astype(bool).all()
            found.append((int(department), steps, bool(sure)))
    if not assessed:
        raise NotAssessable("no_procurement_duties")
    names = org.departments["name"].tolist()
    offenders = Offenders(
        "department",
        [d for d, _, _ in found],
        confidence=["declared" if sure else "inferred" for _, _, sure in found],
        department=[names[d] for d, _, _ in found],
    ).holding([[] for _ in found])
    for i, (_, steps, _) in enumerate(found):
        rows = list(dict.fromkeys(steps.values()))
        offenders.seen("duties", "statement", rows, [i] * len(rows))
    return Result(offenders, assessed)


_VERIFIES = catalog.pattern("verifies")
_NO_DOER = catalog.pattern("no_doer")


@CHAPTER.check(7, "medium", subject="position", confidence="declared", core=False,
               needs=["sensitive_duties|duties.position", "posts.superior"])  # fmt: skip
def controller_under_controlled(org: Organization, limits: SimpleNamespace) -> Result:
    """A verifying position answers, directly or not, to the position that carries out what it verifies."""
    ticks, declared = ticks_of(org)
    if not len(ticks):
        raise NotAssessable("no_sensitive_duties")
    table, column = ("sensitive_duties", "duty") if declared else ("duties", "statement")
    lines = []
    for pair in _pairs(org):
        for doing, checking in (("a", "b"), ("b", "a")):
            verify = f"{pair[f'duty_{checking}_zh']} {pair[f'duty_{checking}_en']}"
            other = f"{pair[f'duty_{doing}_zh']} {pair[f'duty_{doing}_en']}"
            if re.search(_VERIFIES, verify, re.IGNORECASE) and not re.search(_VERIFIES, other, re.IGNORECASE):
                lines.append((pair[f"duty_{doing}_zh"], pair[f"duty_{checking}_zh"], pair))
    seats = org.seats[["position"]].assign(seat=np.arange(org.n))
    by_duty = {str(duty): part for duty, part in ticks.merge(seats, on="position").groupby("duty")}
    found: dict[int, tuple[pd.Series, pd.Series, dict[str, str]]] = {}
    checking_positions: set[int] = set()
    for doing, checking, pair in lines:
        one, two = by_duty.get(doing), by_duty.get(checking)
        if two is None:
            continue
        checking_positions |= set(two["position"].tolist())
        if one is None:
            continue
        one = one[~org.general_manager[one["seat"].to_numpy()]]
        for _, low in two.iterrows():
            over = one[org.above(one["seat"].to_numpy(), np.full(len(one), int(low["seat"])))]
            if len(over):
                found.setdefault(int(low["position"]), (low, over.iloc[0], pair))
    positions = list(found)
    offenders = Offenders(
        "position",
        positions,
        confidence="declared" if declared else "inferred",
        position=[org.position_name(p) for p in positions],
        superior=[org.position_name(int(over["position"])) for _, over, _ in found.values()],
        pair=[_named([pair]) for _, _, pair in found.values()],
    )
    offenders.also("position", [int(over["position"]) for _, over, _ in found.values()])
    for i, (low, over, _) in enumerate(found.values()):
        offenders.seen(table, column, [int(low["row"]), int(over["row"])], [i, i])
        offenders.seen("posts", "superior", [int(org.seats["row"].iat[int(low["seat"])])], [i])
    return Result(offenders, max(1, len(checking_positions)))


@CHAPTER.check(10, "medium", subject="waiver", confidence="certain", needs=[], months=12)
def waiver_not_in_order(org: Organization, limits: SimpleNamespace) -> Result:
    """A waiver without a compensating control or an independent owner, expired, or valid for too long (domain.md C13)."""
    listed = org.waivers
    if not listed:
        raise NotAssessable("no_waivers")
    as_of = np.datetime64(org.as_of)
    latest = np.datetime64(pd.Timestamp(org.as_of) + pd.DateOffset(months=int(limits.months)), "D")
    found: list[tuple[int, dict[str, object]]] = []
    for number, waiver in enumerate(listed):
        expires = values.date(waiver.get("expires") or "")
        problems: dict[str, object] = {}
        for name in ("control", "owner"):
            if not waiver.get(name):
                problems[name] = ""
        if waiver.get("owner") and _own_side(org, waiver):
            problems["party"] = ""
        if expires is not None and expires < as_of:
            problems["expired"] = str(expires)
        elif expires is None or expires > latest:
            problems["endless"] = int(limits.months)
        if problems:
            found.append((number, problems))
    names = [f"{listed[n].get('code') or '?'} {listed[n].get('subject') or ''}".strip() for n, _ in found]
    offenders = Offenders(
        "waiver", names, waiver=names, problems=[phrases("checks.SOD-10.problem", problems) for _, problems in found]
    ).holding([[] for _ in found])
    of_table = len(org.table("waivers")) if "waivers" in org.review else 0
    columns = {"control": "control", "owner": "owner", "party": "owner", "expired": "expires", "endless": "expires"}
    for i, (number, problems) in enumerate(found):
        for name in problems if number < of_table else ():
            offenders.seen("waivers", columns[name], [number], [i])
    return Result(offenders, len(listed))


def _own_side(org: Organization, waiver: Mapping[str, str | None]) -> bool:
    """Whether the owner of the control is the waiver's own subject, or holds it."""
    owner, subject = values.key(waiver.get("owner") or ""), values.key(waiver.get("subject") or "")
    if owner == subject:
        return True
    about, owned = _persons_named(org, subject), _persons_named(org, owner)
    return bool(about & owned) or subject in _posts_of(org, owned) or owner in _posts_of(org, about)


def _persons_named(org: Organization, spelled: str) -> set[int]:
    known = [values.keys(org.persons[name].astype("str")) for name in ("name", "employee_id")]
    return {int(p) for column in known for p in np.flatnonzero(column.eq(spelled).to_numpy(dtype=bool))}


def _posts_of(org: Organization, persons: set[int]) -> set[str]:
    seats = [int(s) for p in persons for s in org.person_seats(p)]
    named = [
        *org.titles.iloc[seats],
        *org.seats["id"].iloc[seats],
        *org.position_keys[org.seats["position"].iloc[seats]],
    ]
    return {values.key(text) for text in named if isinstance(text, str)}
