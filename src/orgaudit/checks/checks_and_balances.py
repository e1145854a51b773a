"""Principle 7, checks and balances: the referee is not a player.

Deciding, keeping, recording and checking the same thing belong in different hands. What people tick in the self-check
counts; words in duty texts only suggest, and no hit there is no clearance. Findings speak of arrangements, never of people.
"""

from __future__ import annotations

import re
from functools import cache
from types import SimpleNamespace

import numpy as np
import pandas as pd

from orgaudit import catalog
from orgaudit.check import Chapter, NotAssessable
from orgaudit.finding import SEVERITIES, Offenders, Result
from orgaudit.organization import Organization
from orgaudit.reading import values

CHAPTER = Chapter("SOD")


@cache
def _pairs() -> list[dict[str, str]]:
    """Pairs of incompatible duties; class-level pairs (cycle ``general``) are never matched by words."""
    return [pair for pair in catalog.table("sod_pairs") if pair["cycle"] != "general"]


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
    ticks = declared_ticks(org) if "sensitive_duties" in org.review else suggested_ticks(org)
    declared = "sensitive_duties" in org.review
    if not len(ticks):
        raise NotAssessable("no_sensitive_duties")
    held = {int(p): dict(zip(part["duty"], part["row"], strict=True)) for p, part in ticks.groupby("position")}
    table = "sensitive_duties" if declared else "duties"
    divided = _divided_positions(org)
    hits = {
        position: pairs
        for position, own in sorted(held.items())
        if position not in divided
        and (pairs := [p for p in _pairs() if p["duty_a_zh"] in own and p["duty_b_zh"] in own])
    }
    offenders = Offenders(
        "position",
        list(hits),
        severity=[min((pair["severity"] for pair in pairs), key=SEVERITIES.index) for pairs in hits.values()],
        confidence="declared" if declared else "inferred",
        variant="declared" if declared else "text",
        position=[org.position_name(position) for position in hits],
        pairs=[_named(pairs) for pairs in hits.values()],
        source=[re.sub(r"\s*https?://\S+", "", pairs[0]["source"].split(";")[0]) for pairs in hits.values()],
    )
    for i, (position, pairs) in enumerate(hits.items()):
        rows = {held[position][pair[f"duty_{side}_zh"]] for pair in pairs for side in "ab"}
        offenders.seen(table, "duty" if declared else "statement", sorted(rows), [i] * len(rows))
    return Result(offenders, max(1, len(held)))


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
    keys = values.distinct_map(table.text("duty"), lambda text: _names().get(values.key(text))).to_numpy()
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
    """What duty texts of positions suggest, by precise patterns of low recall: ``position, duty, row``."""
    duties = org.work.duties
    own = duties[(duties["position"] >= 0).to_numpy() & ~duties["catch_all"].to_numpy(dtype=bool)]
    rows = []
    for text, part in own.groupby("statement", sort=False):
        for name in spoken_duties(str(text)):
            rows += [(int(p), name, int(r)) for p, r in zip(part["position"], part["row"], strict=True)]
    return pd.DataFrame(rows, columns=["position", "duty", "row"])


@cache
def spoken_duties(text: str) -> tuple[str, ...]:
    """Sensitive duties that a statement plainly names."""
    return tuple(
        name
        for name, include, exclude in _patterns()
        if include.search(text) and not (exclude and exclude.search(text))
    )


_QUALITY_TITLE = r"质检|检验|品质|品管|质量|\bqc\b|\bqa\b|\biqc\b|\bipqc\b|\boqc\b|quality|inspector"
_PRODUCTION_FUNCTION = "production"


@CHAPTER.check(5, "high", subject="position", confidence="declared", needs=["posts.superior"])
def producer_inspects(org: Organization, limits: SimpleNamespace) -> Result:
    """Quality control answers to somebody who leads production, or one department leads both (domain.md C19)."""
    kinds = org.departments["kinds"].tolist()
    place = org.seats["department"].to_numpy()
    title = org.titles.str.contains(_QUALITY_TITLE, case=False, na=False).to_numpy(dtype=bool)
    by_department = np.array(
        [d >= 0 and "quality" in kinds[d] and "production" not in kinds[d] for d in place], dtype=bool
    )
    quality = title | by_department
    if not quality.any():
        raise NotAssessable("no_quality_seat")
    makers = _production_leaders(org, kinds)
    superior = org.parent
    outside = quality & (superior >= 0)
    outside[outside] = ~quality[superior[outside]] & makers[superior[outside]] & ~org.general_manager[superior[outside]]
    outside &= ~_seconded(org, quality)
    seats = np.flatnonzero(outside)
    position = org.seats["position"].to_numpy()
    firsts = (
        pd.Series(seats).drop_duplicates()
        if not len(seats)
        else pd.Series(seats)[~pd.Series(position[seats]).duplicated().to_numpy()]
    )
    seats = firsts.to_numpy(dtype=np.int64)
    both = _departments_leading_both(org)
    offenders = Offenders(
        "position",
        [*position[seats].tolist(), *[int(position[h]) for _, h, _ in both]],
        variant=["line"] * len(seats) + ["department"] * len(both),
        position=[*org.seat_names(seats), *[org.departments["name"].iat[d] for d, _, _ in both]],
        superior=[*org.seat_names(superior[seats]), *[""] * len(both)],
    ).apart([""] * len(seats) + [f"department|{d}" for d, _, _ in both])
    offenders.also("position", [*position[superior[seats]].tolist(), *[-1] * len(both)])
    row = org.seats["row"].to_numpy()
    offenders.seen("posts", "superior", [*row[seats].tolist(), *[-1] * len(both)])
    for i, (department, _, rows) in enumerate(both, start=len(seats)):
        offenders.also("department", [department], [i])
        offenders.seen("duties", "statement", rows, [i] * len(rows))
    return Result(offenders, max(1, int(pd.Series(position[quality]).nunique())))


def _seconded(org: Organization, quality: np.ndarray) -> np.ndarray:
    """Boolean per seat: it works in production with a dotted line to quality control."""
    result = np.zeros(org.n, dtype=bool)
    if len(org.dotted):
        lines = org.dotted[(org.dotted["target"] >= 0).to_numpy()]
        result[lines["seat"].to_numpy()[quality[lines["target"].to_numpy()]]] = True
    return result


def _production_leaders(org: Organization, kinds: list[set[str]]) -> np.ndarray:
    """Boolean per seat: it heads a production department or bears a lead duty of production itself."""
    result = np.zeros(org.n, dtype=bool)
    heads = org.departments["head"].to_numpy()
    for department, own in enumerate(kinds):
        if "production" in own and heads[department] >= 0:
            result[heads[department]] = True
    named = org.titles.str.contains(
        r"生产|制造|车间|production|manufacturing|plant manager|workshop", case=False, na=False
    )
    named &= org.titles.str.contains(
        r"经理|总监|主任|副总|部长|厂长|主管|班长|组长|manager|director|head|\bvp\b|supervisor|chief",
        case=False,
        na=False,
    )
    named &= ~org.titles.str.contains(r"计划|质量|品质|安全|planning|quality|safety", case=False, na=False)
    result |= named.to_numpy(dtype=bool)
    duties = org.work.duties
    if len(duties):
        lead = duties[
            (duties["lead"] & (duties["position"] >= 0) & (duties["function"] == _PRODUCTION_FUNCTION)).to_numpy()
        ]
        result |= np.isin(org.seats["position"].to_numpy(), lead["position"].unique())
    return result


def _departments_leading_both(org: Organization) -> list[tuple[int, int, list[int]]]:
    """(department, its head, rows) where one department leads production and inspection by declared function."""
    duties = org.work.duties
    if not len(duties):
        return []
    lead = duties[
        (duties["lead"] & duties["declared"] & (duties["department"] >= 0) & (duties["position"] < 0)).to_numpy(
            dtype=bool
        )
    ]
    found = []
    for department, part in lead.groupby("department"):
        making = part[part["function"] == _PRODUCTION_FUNCTION]
        checking = part[(part["function"] == "quality control")]
        head = int(org.departments["head"].iat[int(department)])
        if len(making) and len(checking) and head >= 0 and not org.general_manager[head]:
            found.append((int(department), head, [int(making["row"].iloc[0]), int(checking["row"].iloc[0])]))
    return found
