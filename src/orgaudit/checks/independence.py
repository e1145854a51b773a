"""Principle 7, independence: quality control, internal audit and the sources of appraisal data do not depend on whom they
check.
"""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pandas as pd

from orgaudit import catalog, wording
from orgaudit.check import NotAssessable
from orgaudit.checks.authority import indicator_offenders
from orgaudit.checks.checks_and_balances import CHAPTER
from orgaudit.finding import Offenders, Result, phrases
from orgaudit.organization import Organization

_QUALITY_TITLE = catalog.pattern("quality")
_PRODUCTION_FUNCTION = "production"
_OWN_WORK = catalog.pattern("self_check")


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
        [*position[seats].tolist(), *[int(position[h]) for _, h, *_ in both]],
        confidence=["declared"] * len(seats) + ["declared" if sure else "inferred" for *_, sure in both],
        variant=["line"] * len(seats) + ["department"] * len(both),
        position=[*org.seat_names(seats), *[org.departments["name"].iat[d] for d, *_ in both]],
        superior=[*org.seat_names(superior[seats]), *[""] * len(both)],
    ).apart([""] * len(seats) + [f"department|{d}" for d, *_ in both])
    offenders.also("position", [*position[superior[seats]].tolist(), *[-1] * len(both)])
    row = org.seats["row"].to_numpy()
    offenders.seen("posts", "superior", [*row[seats].tolist(), *[-1] * len(both)])
    for i, (department, _, rows, _) in enumerate(both, start=len(seats)):
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


def _departments_leading_both(org: Organization) -> list[tuple[int, int, list[int], bool]]:
    """(department, its head, rows, declared) where one department leads production and inspection of the product."""
    duties = org.work.duties
    if not len(duties):
        return []
    lead = duties[
        (duties["lead"] & duties["likely"].notna() & (duties["department"] >= 0) & (duties["position"] < 0)).to_numpy(
            dtype=bool
        )
    ]
    lead = lead[~lead["statement"].str.contains(_OWN_WORK, na=False).to_numpy(dtype=bool)]
    found = []
    for department, part in lead.groupby("department"):
        making = part[(part["likely"] == _PRODUCTION_FUNCTION).to_numpy()]
        checking = part[(part["likely"] == "quality control").to_numpy()]
        head = int(org.departments["head"].iat[int(department)])
        if len(making) and len(checking) and head >= 0 and not org.general_manager[head]:
            sure = bool(making["declared"].any() and checking["declared"].any())
            rows = [
                int(side.sort_values("declared", ascending=False, kind="stable")["row"].iloc[0])
                for side in (making, checking)
            ]
            found.append((int(department), head, rows, sure))
    return found


_AUDIT_TITLE = catalog.pattern("internal_audit")
_FINANCE_TITLE = catalog.pattern("finance")
_OPERATING = {
    "accounting", "treasury & cash", "tax", "procurement", "sales", "production", "warehouse", "budget management",
    "risk management", "risk & compliance", "compensation & benefits", "fixed-asset management", "logistics & transport",
}  # fmt: skip
_OPERATES = catalog.pattern("operates")


@CHAPTER.check(6, "high", subject="position", confidence="declared", needs=["posts.superior"])
def audit_not_independent(org: Organization, limits: SimpleNamespace) -> Result:
    """Internal audit answers to finance or a business head, or carries out operations itself."""
    kinds = org.departments["kinds"].tolist()
    place = org.seats["department"].to_numpy()
    own_unit = np.array(
        [d >= 0 and "audit" in kinds[d] and not kinds[d] & {"finance", "top"} for d in place], dtype=bool
    )
    audit = (
        org.titles.str.contains(_AUDIT_TITLE, case=False, na=False).to_numpy(dtype=bool) | own_unit
    ) & ~org.general_manager
    if not audit.any():
        raise NotAssessable("no_audit_seat")
    above = org.tree
    safe = np.maximum(above, 0)
    finance = org.titles.str.contains(_FINANCE_TITLE, case=False, na=False).to_numpy(dtype=bool) & ~audit
    heads_other = np.array([h >= 0 and not kinds[h] & {"audit", "top"} for h in org.headed], dtype=bool)
    dependent = audit & (above >= 0) & ~audit[safe] & ~org.general_manager[safe] & (finance[safe] | heads_other[safe])
    position = org.seats["position"].to_numpy()
    lines = pd.DataFrame({"seat": np.flatnonzero(dependent)})
    lines = lines.assign(position=position[lines["seat"]]).drop_duplicates("position")
    doing = _audit_operates(org, np.unique(position[audit]))
    seats = lines["seat"].to_numpy()
    by_line = dict(zip(position[seats].tolist(), seats.tolist(), strict=True))
    found = sorted({*by_line, *doing})
    problems: list[dict[str, object]] = [{} for _ in found]
    for own, p in zip(problems, found, strict=True):
        if p in by_line:
            own["line"] = org.seat_names(above[[by_line[p]]])[0]
        if p in doing:
            own["duties"] = ""
    offenders = Offenders(
        "position",
        found,
        confidence=["declared" if p in by_line or doing[p][1] else "inferred" for p in found],
        position=[org.position_name(p) for p in found],
        problems=[phrases("checks.SOD-06.problem", own) for own in problems],
    )
    for i, p in enumerate(found):
        if p in by_line:
            offenders.also("position", [int(position[above[by_line[p]]])], [i])
            offenders.seen("posts", "superior", [int(org.seats["row"].iat[by_line[p]])], [i])
        rows = doing[p][0] if p in doing else []
        offenders.seen("duties", "statement", rows, [i] * len(rows))
    return Result(offenders, max(1, len(np.unique(position[audit]))))


def _audit_operates(org: Organization, positions: np.ndarray) -> dict[int, tuple[list[int], bool]]:
    """Audit positions with operating duties: rows, and whether the function is declared."""
    duties = org.work.duties
    if not len(duties):
        return {}
    own = duties[np.isin(duties["position"].to_numpy(), positions) & (duties["r"] | duties["a"]).to_numpy(dtype=bool)]
    own = own[~own["statement"].str.contains("审计|稽核|检查|监督|audit|review|inspect", na=False).to_numpy(dtype=bool)]
    by_function = own["likely"].isin(_OPERATING) & own["action"].isin(["execute", "record", "custody", "approve"])
    by_text = own["statement"].str.contains(_OPERATES, case=False, na=False)
    found = own[(by_function | by_text).to_numpy(dtype=bool)].assign(sure=by_function & own["declared"].astype(bool))
    return {int(p): (part["row"].tolist(), bool(part["sure"].all())) for p, part in found.groupby("position")}


_TARGET = catalog.pattern("target")
_ASSESS = catalog.pattern("assess")


@CHAPTER.check(
    8,
    "medium",
    subject="department",
    confidence="inferred",
    core=False,
    needs=["duties.department|duties.bearer"],
)
def maker_doer_judge(org: Organization, limits: SimpleNamespace) -> Result:
    """One department sets its target, carries it out and assesses the result of the same function and object."""
    duties = org.work.duties
    lead = duties[
        (duties["lead"] & (duties["position"] < 0) & (duties["department"] >= 0) & duties["likely"].notna()).to_numpy(
            dtype=bool
        )
    ]
    kinds = org.departments["kinds"].tolist()
    found: list[tuple[int, str, list[int]]] = []
    groups = lead.groupby(["department", "likely"])
    for (department, function), part in groups:
        text = part["statement"].fillna("")
        assesses = text.str.contains(_ASSESS) & ~text.str.contains(
            "供应商|客户|supplier|customer|员工|部门绩效|employee"
        )
        sets = part["action"].eq("plan") & text.str.contains(_TARGET) & ~assesses
        does = part["action"].isin(["execute", "custody", "record"]) & ~sets & ~assesses
        if "hr" in kinds[int(department)] or not (sets.any() and does.any() and assesses.any()):
            continue
        objects = [_object(str(t)) for t in text[assesses]]
        others = [_object(str(t)) for t in text[sets]]
        same = any(a and b and len(a & b) >= 0.5 * min(len(a), len(b)) for a in objects for b in others)
        if same:
            rows = [int(part["row"][mark].iloc[0]) for mark in (sets, does, assesses)]
            found.append((int(department), str(org.table("duties").value(rows[0], "function") or function), rows))
    offenders = Offenders(
        "department",
        [d for d, _, _ in found],
        department=[org.departments["name"].iat[d] for d, _, _ in found],
        function=[name for _, name, _ in found],
    ).apart([name for _, name, _ in found])
    for i, (_, _, rows) in enumerate(found):
        offenders.seen("duties", "statement", rows, [i] * len(rows))
    return Result(offenders.holding([[] for _ in found]), max(1, groups.ngroups))


def _object(text: str) -> set[str]:
    bare = re.sub(
        rf"{_TARGET}|{_ASSESS}|完成情况|执行情况|达成情况|结果|年度|月度|季度|annual|monthly|results?|performance",
        "",
        text,
    )
    return wording.bigrams(wording.parse(bare).object or bare)


@CHAPTER.check(9, "medium", subject="indicator", confidence="declared", needs=["indicators.data_provider"])
def own_score_data(org: Organization, limits: SimpleNamespace) -> Result:
    """Who bears an indicator supplies its data, and nobody reviews the result."""
    frame = org.work.indicators
    links = org.link("indicators", "data_provider").found()
    measured = org.work.indicator_seats()
    row = org.seats["row"].to_numpy()
    reviewed = org.table("posts").filled("reviewer") if "posts" in org.review else np.zeros(0, dtype=bool)
    position, person, headed = org.seats["position"].to_numpy(), org.seats["person"].to_numpy(), org.headed
    bearer_seats: dict[int, list[int]] = {}
    for line, seat in zip(measured.row.tolist(), measured.index.tolist(), strict=True):
        bearer_seats.setdefault(line, []).append(seat)
    wrong: set[int] = set()
    for line, kind, index in zip(links.row.tolist(), links.kind.tolist(), links.index.tolist(), strict=True):
        own = bearer_seats.get(line, [])
        bearer = (int(frame["kind"].iat[line]), int(frame["index"].iat[line]))
        same = bearer == (kind, index)
        if kind == 0:
            same |= any(headed[s] == index for s in own)
        else:
            same |= any((kind == 1 and position[s] == index) or (kind == 2 and person[s] == index) or (kind == 3 and s == index)
                        for s in own)  # fmt: skip
        if same and not (own and all(reviewed[row[s]] for s in own)):
            wrong.add(line)
    rows = np.array(sorted(wrong), dtype=np.int64)
    offenders = indicator_offenders(org, rows).seen("indicators", "data_provider", rows)
    return Result(
        offenders.holding([[] for _ in rows]), max(1, int(org.table("indicators").filled("data_provider").sum()))
    )
