"""The report and the job descriptions as HTML: plain data in, the text of one self-contained page out.

Nothing here reads or writes anything but the templates. Every sentence comes from ``texts`` and every tag from
``templates/``; these modules only arrange what they show.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from orgaudit import texts
from orgaudit.finding import SEVERITIES
from orgaudit.writing import chart_view, findings_view, tables_view
from orgaudit.writing.rendering import Data, group, page, pair, text

IN_PAGE = 200  # findings that are readable without scripts
IN_DATA = 5_000  # findings that the page holds at all
CONSEQUENCES = 20  # consequences listed under their cause without scripts


def report_page(model: Data, lang: str) -> str:
    """The report: the lead's model of an audit in, one page that opens in ``lang`` out."""
    audit = model["audit"]
    seats = chart_view.seats_by_id(model["chart"])
    ordered = sorted(audit["findings"], key=findings_view.rank)
    by_id = {finding["id"]: finding for finding in ordered}
    headlines = [finding for finding in ordered if not finding.get("cause")]
    kept = [*headlines, *(finding for finding in ordered if finding.get("cause"))][:IN_DATA]
    follows: dict[str, list[str]] = defaultdict(list)
    for finding in kept:
        if finding.get("cause"):
            follows[findings_view.root(finding, by_id)["id"]].append(finding["id"])
    shown = {finding["id"]: findings_view.shown_finding(finding, model, seats, follows) for finding in kept}
    tree = chart_view.tree(model["chart"])
    return page(
        "report",
        lang,
        model=model,
        audit=audit,
        verdict=findings_view.verdict(model),
        held=findings_view.held(model, by_id, seats),
        repairs=findings_view.repairs(model, by_id),
        principles=tables_view.principles(model),
        unjudged=tables_view.unjudged(model),
        findings=[shown[finding["id"]] for finding in kept if not finding.get("cause")][:IN_PAGE],
        waived=[one for one in shown.values() if one["waived"]],
        blank=findings_view.blank_finding(),
        shown=shown,
        counts=findings_view.counts(ordered, len(kept)),
        departments=sorted({name for finding in shown.values() for name in finding["departments"]}),
        chart_rows=chart_view.chart_rows(model, tree),
        chart_size=len(model["chart"]["id"]),
        units=sorted({name for name in model["chart"]["department"] if name}),
        headcount=tables_view.headcount(model["headcount"]),
        workforce=tables_view.workforce(model["audit"]["organization"].get("workforce", [])),
        ledger=[tables_view.sheet(sheet, model["tables"]) for sheet in audit["inputs"]],
        method=tables_view.method(model),
        severities=SEVERITIES,
        states=findings_view.STATES,
        consequences=CONSEQUENCES,
        data={
            "findings": list(shown.values()),
            "chart": chart_view.chart_data(model, tree),
            "texts": {name: group(name) for name in ("findings", "severity", "gate", "kind", "chart", "page")},
        },
    )


def job_page(job: Data, lang: str) -> str:
    """One job description: the drafted job in, one page that opens in ``lang`` out."""
    numbers = {finding["id"]: number for number, finding in enumerate(job["open_findings"], 1)}
    missing = [{"key": key, "known": texts.get("en").has(f"jobs.gap.{key}")} for key in job["gaps"]]

    def marked(rows: Iterable[Data]) -> list[dict[str, Any]]:
        return [{**row, "notes": sorted({numbers[mark] for mark in row["marks"] if mark in numbers})} for row in rows]

    def worded(rows: Iterable[Data]) -> list[dict[str, Any]]:
        return [{**row, "text": pair(row["text"])} for row in rows]

    view = {
        **job,
        "duties": marked(job["duties"]),
        "rights": marked(job["rights"]),
        "indicators": marked(job["indicators"]),
        "qualifications": worded(job["qualifications"]),
        "conditions": worded(job["conditions"]),
        "version": pair(job["version"]),
        "development": _development(job["development"]),
    }
    return page("jobs", lang, template="job", job=view, missing=missing)


def jobs_index(jobs: Sequence[Data], lang: str) -> str:
    """The list of all job descriptions by department: the drafted jobs in, one page out."""
    departments: dict[str, list[Data]] = defaultdict(list)
    for job in jobs:
        departments[job["department"] or ""].append(job)
    settled = sum(bool(job["structure_settled"]) for job in jobs)
    return page("jobs", lang, template="index", departments=list(departments.items()), total=len(jobs), settled=settled)


def _development(value: Any) -> list[dict[str, Any]]:
    """The block on development as lines of label and text; empty when nothing was given."""
    if not isinstance(value, Mapping):
        return []
    lines = []
    for key, entry in value.items():
        known = texts.get("en").has(f"jobs.development.{key}")
        words = entry if isinstance(entry, list | tuple) else [entry]
        label = text(f"jobs.development.{key}") if known else pair(key)
        lines.append({"label": label, "text": " · ".join(str(word) for word in words if word)})
    return [line for line in lines if line["text"]]
