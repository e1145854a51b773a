"""The model of the report page: everything an audit shows, as plain data for the templates."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from orgaudit import catalog, texts
from orgaudit.auditing import Audit, field_name, table_name
from orgaudit.checks import PRINCIPLES, all_checks
from orgaudit.checks.descriptions import headcounts
from orgaudit.finding import SEVERITIES
from orgaudit.judging import NOT_ASSESSABLE
from orgaudit.organization import Status
from orgaudit.reading import values
from orgaudit.writing import audit_json
from orgaudit.writing.masking import Mask

Pair = dict[str, str]


def model(audit: Audit, *, names: bool, anonymized: bool, lang: str, jobs: bool = False) -> dict[str, Any]:
    """What the report page is filled with; see templates/report."""
    mask = Mask(audit.org, shown=names or anonymized)
    data = audit_json.as_data(audit, mask)
    for entry, finding in zip(data["findings"], audit.findings, strict=True):
        entry["principle"] = finding.principle
        entry["name"] = all_checks()[finding.code].name
        entry["headline"] = finding.cause is None
        for cell, item in zip(entry["evidence"], finding.evidence, strict=True):
            cell["row_cells"] = mask.row_cells(item)
    if not mask.shown:
        _public_ids(audit, data)
    title = organization_name(audit)
    return {
        "audit": data,
        "title": title,
        "company": title,
        "names": names,
        "anonymized": anonymized,
        "default_lang": lang,
        "jobs": jobs,  # job descriptions stand beside the report
        "checks": {code: _check(audit, code) for code in all_checks()},
        "principles": {
            key: {
                "name": texts.both(f"checks.principles.{key}.name"),
                "idea": texts.both(f"checks.principles.{key}.idea"),
            }
            for key in PRINCIPLES
        },
        "tables": {kind: {"en": entry["en"], "zh": entry["zh"]} for kind, entry in catalog.toml("tables").items()},
        "missing": missing_tables(audit),
        "repairs": _repairs(audit, mask),
        "headcount": headcount(audit),
        "mode_note": next(
            ({k: n[k] for k in texts.LANGUAGES} for n in audit.notes if n["key"] == "modes_unstated"), None
        ),
        "chart": chart(audit, mask),
    }


def organization_name(audit: Audit) -> str:
    """What the organization is called: by its settings, else after its only file, else after the first input."""
    settings, review = audit.org.settings, audit.org.review
    files = {entry.file for entry in review.ledger}
    named = Path(files.pop()) if len(files) == 1 else Path(review.inputs[0]).resolve()
    return settings.branding.get("name") or settings.name or named.stem


def public_seat_ids(audit: Audit) -> list[str]:
    """Seat ids without employee ids: the position's key, numbered where it has several seats."""
    org = audit.org
    keys = org.position_keys.tolist()
    position = org.seats["position"].to_numpy()
    number = org.seats.groupby("position").cumcount().to_numpy() + 1
    several = org.positions["seats"].to_numpy()[position] > 1 if org.n else []
    return [f"{keys[p]}#{n}" if many else keys[p] for p, n, many in zip(position, number, several, strict=True)]


def _public_ids(audit: Audit, data: dict[str, Any]) -> None:
    public = dict(zip(audit.org.seats["id"], public_seat_ids(audit), strict=True))
    for finding in data["findings"]:
        for subject in finding["subjects"]:
            if subject["kind"] == "seat":
                subject["id"] = public.get(subject["id"], subject["id"])
    for item in data["readiness"]["held_up"]:
        item["seat"] = public.get(item["seat"], item["seat"])
    data["organization"]["roots"] = [public.get(root, root) for root in data["organization"]["roots"]]


def _check(audit: Audit, code: str) -> dict[str, Any]:
    check = all_checks()[code]
    return {
        "principle": check.principle,
        "name": check.name,
        "severity": check.severity,
        "logic": texts.both(f"checks.{code}.logic"),
        "threshold": texts.both(f"checks.{code}.threshold"),
        "remedy": texts.both(f"checks.{code}.remedy"),
        "question": texts.both(f"checks.{code}.question"),
        "tables": check.tables,
        "core": check.core,
    }


def missing_tables(audit: Audit) -> list[dict[str, Any]]:
    """Tables and columns that were not given, with the checks that each would make assessable, most useful first."""
    codes: dict[str, list[str]] = defaultdict(list)
    for code, run in audit.runs.items():
        if run.status == NOT_ASSESSABLE and run.missing:
            codes[run.missing].append(code)
    order = sorted(codes, key=lambda need: (-len(codes[need]), need))
    return [{"table": need.partition(".")[0], "name": need_name(need), "codes": codes[need]} for need in order]


def need_name(need: str) -> Pair:
    """What a need (``duties``, ``posts.grade``) is called: the table, and the column where only that is missing."""
    table, _, column = need.partition(".")
    if not column:
        return table_name(table)
    both = table_name(table), field_name(table, column)
    return {lang: f"{both[0][lang]} · {both[1][lang]}" for lang in texts.LANGUAGES}


def _repairs(audit: Audit, mask: Mask, most: int = 10) -> list[dict[str, Any]]:
    by_id = {finding.id: finding for finding in audit.findings}
    names = audit.org.departments["name"]
    result = []
    for repair in audit.gates.repairs[:most]:
        finding = by_id[repair["finding"]]
        decider = str(names.iat[finding.decider]) if finding.decider >= 0 else None
        result.append(
            {
                "finding": finding.id,
                "releases": repair["releases"],
                "conditional": repair["touches"] - repair["releases"],
                "code": finding.code,
                "message": mask.sentence(finding.message),
                "remedy": texts.both(f"checks.{finding.code}.remedy"),
                "decider": {"en": decider, "zh": decider} if decider else None,
            }
        )
    return result


def headcount(audit: Audit) -> list[dict[str, Any]]:
    """Approved and filled heads per department, where headcount is given."""
    org = audit.org
    if not org.n or not (org.review.has("posts", "headcount") or org.review.has("departments", "headcount")):
        return []
    groups = headcounts(org).groupby("department")
    result = groups[["actual"]].sum()
    result["vacant"] = pd.Series(org.vacant).groupby(org.seats["department"].to_numpy()).sum().reindex(result.index)
    approved = groups["approved"].sum(min_count=1)
    return [
        {
            "department": str(org.departments["name"].iat[int(d)]),
            "approved": None if np.isnan(approved.loc[d]) else int(approved.loc[d]),
            "actual": int(row["actual"]),
            "vacant": int(row["vacant"]),
        }
        for d, row in result.iterrows()
        if int(d) >= 0
    ]


def chart(audit: Audit, mask: Mask) -> dict[str, Any]:
    """The chart in columns, one entry per seat; see the report's script."""
    org = audit.org
    n = org.n
    worst: list[str | None] = [None] * n
    count = [0] * n
    for finding in audit.findings:
        if finding.status != "open":
            continue
        for seat in finding.seats:
            count[seat] += 1
            if worst[seat] is None or SEVERITIES.index(finding.severity) < SEVERITIES.index(worst[seat] or "info"):
                worst[seat] = finding.severity
    department = org.seats["department"].to_numpy() if n else []
    names = org.departments["name"].tolist()
    solid = org.solid[((org.solid["target"] >= 0) & (org.solid["status"] == Status.FOUND)).to_numpy()].drop_duplicates(
        ["seat", "target"]
    )
    further = solid[solid["target"].to_numpy() != org.parent[solid["seat"].to_numpy()]] if len(solid) else solid
    dotted = org.dotted[(org.dotted["target"] >= 0).to_numpy()] if len(org.dotted) else org.dotted
    is_new = (
        values.yes(org.table("posts").text("is_new"))[org.seats["row"].to_numpy()]
        if org.review.has("posts", "is_new")
        else np.zeros(n, bool)
    )
    return {
        "id": org.seats["id"].tolist() if mask.shown else public_seat_ids(audit),
        "parent": org.parent.tolist() if n else [],
        "title": [
            org.position_name(int(p)) if pd.isna(t) else str(t)
            for p, t in zip(org.seats["position"], org.titles, strict=True)
        ],
        "department": [names[d] if d >= 0 else "" for d in department],
        "person": [audit_json.person_name(audit, seat) if mask.shown else None for seat in range(n)],
        "vacant": org.vacant.tolist() if n else [],
        "new": is_new.tolist(),
        "severity": worst,
        "findings": count,
        "dotted": [[int(a), int(b)] for a, b in zip(dotted["seat"], dotted["target"], strict=True)]
        if len(dotted)
        else [],
        "extra": [[int(a), int(b)] for a, b in zip(further["seat"], further["target"], strict=True)]
        if len(further)
        else [],
        "loops": org.loops,
    }
