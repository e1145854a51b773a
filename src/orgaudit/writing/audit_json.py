"""audit.json: the published shape of an audit (audit.schema.json), apart from the inner types."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from orgaudit import texts
from orgaudit.auditing import Audit
from orgaudit.finding import Finding
from orgaudit.organization import workforce
from orgaudit.table import SheetEntry, letter
from orgaudit.version import __version__
from orgaudit.writing.masking import Mask


def as_data(audit: Audit, mask: Mask | None = None) -> dict[str, Any]:
    """The audit as plain data. Without a mask person fields stand as the file gives them."""
    mask = mask or Mask(audit.org, shown=True)
    return {
        "schema_version": 1,
        "tool": {"name": "orgaudit", "version": __version__},
        "as_of": audit.as_of.isoformat(),
        "inputs": [sheet(entry) for entry in audit.org.review.ledger],
        "organization": _organization(audit),
        "principles": [
            {
                "key": s.key,
                "score": s.score,
                "coverage": s.coverage,
                "checks_assessed": s.assessed,
                "checks_total": s.total,
            }
            for s in audit.scores
        ],
        "checks": [
            {
                "code": run.check.code,
                "status": run.status,
                "reason": None if run.reason is None else f"{run.reason['en']} / {run.reason['zh']}",
                "reasons": run.reason,
                "missing": run.missing,
                "findings": sum(f.status == "open" for f in run.findings),
                "assessed": run.assessed,
            }
            for run in audit.runs.values()
        ],
        "findings": [finding(audit, item, mask) for item in audit.findings],
        "readiness": _readiness(audit, mask),
        "notes": audit.notes,
    }


def dumps(data: dict[str, Any]) -> str:
    """The text of audit.json: sorted where order has no meaning, stable from run to run."""
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def sheet(entry: SheetEntry) -> dict[str, Any]:
    """One line of the ledger."""
    return {
        "file": entry.file,
        "sheet": entry.sheet,
        "table": entry.table,
        "header_row": entry.header_row,
        "layout": entry.layout,
        "columns": {
            name: ", ".join(dict.fromkeys(column.header for column in columns))
            if entry.layout != "rows" or name == "department_level"
            else columns[0].header
            for name, columns in entry.columns.items()
        },
        "fields": [
            {
                "field": name,
                "header": column.header,
                "column": letter(column.index),
                "how": column.confidence,
                "rate": column.rate,
                "against": column.against,
            }
            for name, columns in entry.columns.items()
            for column in columns
        ],
        "ignored_columns": entry.ignored_columns,
        "legend": entry.legend,
        "hidden_rows": entry.hidden_rows,
        "lost_cells": [{"cell": cell, "kind": kind} for cell, kind in entry.lost],
        "rows": entry.rows,
        "used": entry.used,
        "set_aside": dict(sorted(entry.set_aside.items())),
        "rejected": [{"row": row, "reason": reason} for row, reason in entry.rejected],
    }


def _organization(audit: Audit) -> dict[str, Any]:
    org = audit.org
    leading = org.reports > 0
    tops: list[int] = np.flatnonzero((org.blank_superior | org.root_marked) & ~org.in_loop).tolist() if org.n else []
    return {
        "seats": int(org.listed_seats.sum()),
        "positions": int(org.listed_positions.sum()),
        "persons": len(org.persons),
        "departments": len(org.departments),
        "vacant_seats": int(org.vacant.sum()),
        "roots": [str(org.seats["id"].iat[int(seat)]) for seat in tops],
        "layers": org.layers,
        "managers": int(leading.sum()),
        "max_span": int(org.reports.max(initial=0)),
        "workforce": workforce(org),
        "mean_span": round(float(org.reports[leading].mean()), 3) if leading.any() else 0,
    }


def finding(audit: Audit, item: Finding, mask: Mask) -> dict[str, Any]:
    """One finding with its sentences and cells."""
    return {
        "id": item.id,
        "gate": item.gate,
        "code": item.code,
        "severity": item.severity,
        "confidence": item.confidence,
        "status": item.status,
        "cause": item.cause,
        "subjects": [
            {"kind": s.kind, "id": s.id, "name": s.name}
            if mask.shown or not s.person
            else {"kind": s.kind, "id": "***", "name": "***"}
            for s in item.subjects
        ],
        "evidence": [
            {
                "file": e.cell.file,
                "sheet": e.cell.sheet,
                "row": e.cell.row,
                "column": e.cell.column,
                "value": mask.value(e, e.cell.value),
            }
            for e in item.evidence
        ],
        "voices": [
            {
                "table": e.table,
                "text": e.cell.value,
                "file": e.cell.file,
                "sheet": e.cell.sheet,
                "row": e.cell.row,
                "column": e.cell.column,
                "department": audit.org.table(e.table).value(e.row, "department"),
            }
            for e in item.voices
        ],
        "message": mask.sentence(item.message),
        "remedy": texts.both(f"checks.{item.code}.remedy"),
        "question": texts.both(f"checks.{item.code}.question"),
    }


def _readiness(audit: Audit, mask: Mask) -> dict[str, Any]:
    org, gates = audit.org, audit.gates
    states = ("ready", "conditional", "not_ready", "not_assessable")
    return {
        "gates": [{"gate": gate, **{state: gates.states[gate][state] for state in states}} for gate in (1, 2)],
        "held_up": [
            {
                "seat": str(org.seats["id"].iat[item["seat"]]),
                "person": person_name(audit, item["seat"]) if mask.shown else None,
                "appraiser": None,
                "gate": item["gate"],
                "state": item["state"],
                "blockers": list(dict.fromkeys(f.id for f in item["findings"])),
            }
            for item in gates.held_up
        ],
        "repairs": [
            {"finding": r["finding"], "releases": r["releases"], "touches": r["touches"]} for r in gates.repairs
        ],
    }


def person_name(audit: Audit, seat: int) -> str | None:
    """The name of who holds a seat, else the employee id; None where nobody is named."""
    person = int(audit.org.seats["person"].iat[seat])
    if person < 0:
        return None
    row = audit.org.persons.iloc[person]
    return next((str(row[name]) for name in ("name", "employee_id", "email") if isinstance(row[name], str)), None)
