"""What the report shows of findings and of the two gates: plain data in, plain data for the templates out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from orgaudit import texts
from orgaudit.finding import SEVERITIES
from orgaudit.writing.rendering import Data, Pair, text

STATES = ("ready", "conditional", "not_ready", "not_assessable")
EVIDENCE = 40  # cells shown of one finding
LEADING, NEAR = 3, 2  # columns of a row that are printed: the first ones, and those around the cell
ROWS = 300  # seats held up that are listed


def rank(finding: Data) -> tuple[bool, int, int]:
    certainty = ("certain", "declared", "inferred")
    return (
        finding["status"] == "waived",
        SEVERITIES.index(finding["severity"]),
        certainty.index(finding["confidence"]),
    )


def root(finding: Data, by_id: Data) -> Data:
    """The first cause of a finding; itself if it has none that is known."""
    seen = {finding["id"]}
    while finding.get("cause") in by_id and finding["cause"] not in seen:
        finding = by_id[finding["cause"]]
        seen.add(finding["id"])
    return finding


def shown_finding(
    finding: Data, model: Data, seats: Mapping[str, list[int]], follows: Mapping[str, list[str]]
) -> dict[str, Any]:
    """What a page says about a finding; the same for the template and for the script."""
    chart, visible = model["chart"], names_shown(model)
    check = model["checks"].get(finding["code"], {})
    at = sorted({seat for subject in finding["subjects"] for seat in seats.get(subject["id"], ())})
    named = [subject for subject in finding["subjects"] if visible or subject["kind"] != "person"]
    departments = {subject["name"] for subject in finding["subjects"] if subject["kind"] == "department"}
    departments |= {chart["department"][seat] for seat in at if chart["department"][seat]}
    return {
        "id": finding["id"],
        "code": finding["code"],
        "principle": finding["principle"],
        "severity": finding["severity"],
        "confidence": finding["confidence"],
        "waived": finding["status"] == "waived",
        "gate": finding.get("gate") or 0,
        "cause": finding.get("cause"),
        "name": finding["name"],
        "message": finding["message"],
        "remedy": finding["remedy"],
        "question": finding.get("question") or check.get("question"),
        "departments": sorted(departments),
        "subjects": _subjects(named[:EVIDENCE]),
        "evidence": [_evidence(cell) for cell in finding["evidence"][:EVIDENCE]],
        "cut": max(0, len(finding["evidence"]) - EVIDENCE),
        "voices": [_voice(said) for said in finding.get("voices", ())],
        "seats": at,
        "follows": follows.get(finding["id"], []),
    }


def _voice(said: Data) -> Pair:
    """What somebody said, and where it stands."""
    place = " · ".join(
        str(part) for part in (said["sheet"] or said["file"], f"{said['column'] or ''}{said['row'] or ''}") if part
    )
    return {"who": said["department"] or "", "text": said["text"] or "", "place": place}


def _subjects(named: Sequence[Data]) -> list[Pair]:
    """Names, and their kind where it differs from the one before."""
    before = [None, *(subject["kind"] for subject in named)]
    return [
        {"kind": "" if subject["kind"] == last else subject["kind"], "name": subject["name"]}
        for subject, last in zip(named, before, strict=False)
    ]


def _evidence(cell: Data) -> dict[str, Any]:
    """A cell with its row: header, text, whether it is the cell, whether it is near enough to be printed."""
    row = cell.get("row_cells") or cell.get("row_values") or []
    at = next((place for place, (_, _, is_it) in enumerate(row) if is_it), 0)
    return {
        "file": cell["file"],
        "sheet": cell["sheet"] or "",
        "cell": f"{cell['column'] or ''}{cell['row'] or ''}",
        "value": cell["value"] or "",
        "row": [
            [header, "" if value is None else str(value), bool(is_it), place < LEADING or abs(place - at) <= NEAR]
            for place, (header, value, is_it) in enumerate(row)
        ],
    }


def blank_finding() -> dict[str, Any]:
    """A finding that says nothing: the script clones its markup for findings that the page does not print."""
    nothing = {"en": "", "zh": ""}
    cell = {"file": "", "sheet": "", "cell": "", "value": "", "row": [["", "", False, True]]}
    return {
        **dict.fromkeys(("id", "code", "principle", "severity", "confidence", "cause"), ""),
        "name": nothing,
        "message": nothing,
        "remedy": nothing,
        "question": nothing,
        "waived": False,
        "gate": 0,
        "departments": [],
        "subjects": [{"kind": "", "name": ""}],
        "evidence": [cell],
        "cut": 0,
        "voices": [{"who": "", "text": "", "place": ""}],
        "seats": [],
        "follows": [],
    }


def counts(findings: Sequence[Data], kept: int) -> dict[str, Any]:
    heads = [finding for finding in findings if not finding.get("cause")]
    severity = Counter(finding["severity"] for finding in heads if finding["status"] == "open")
    return {
        "all": len(findings),
        "kept": kept,
        "heads": len(heads),
        "severity": {name: severity[name] for name in SEVERITIES},
    }


def names_shown(model: Data) -> bool:
    return bool(model["names"] or model["anonymized"])


def verdict(model: Data) -> dict[str, Any]:
    """The sentence a director acts on, and the two gates in figures."""
    gates = sorted(model["audit"]["readiness"]["gates"], key=lambda gate: int(gate["gate"]))
    first, second = gates
    total = sum(first[state] for state in STATES)
    best = [repair for repair in model["repairs"] if repair["releases"] > 0][:3]
    figures = {"total": total, "one": first["ready"], "two": second["ready"]}
    if total == 0:
        sentence = text("report.verdict.nobody")
    elif first["not_assessable"] == total:
        sentence = _join(text("report.verdict.unjudged", **figures), text("report.verdict.end"))
    else:
        key = "all" if second["ready"] == total else "first_only" if second["not_assessable"] == total else "counts"
        released = sum(repair["releases"] for repair in best)
        end = text("report.verdict.repairs", k=len(best), n=released) if best else text("report.verdict.end")
        sentence = _join(text(f"report.verdict.{key}", **figures), end)
    return {
        "sentence": sentence,
        "total": total,
        "no_indicators": bool(total) and second["not_assessable"] == total and first["not_assessable"] < total,
        "gates": [{**gate, "parts": _parts([gate[state] for state in STATES])} for gate in gates],
    }


def _join(*pairs: Pair) -> Pair:
    return {lang: "".join(pair[lang] for pair in pairs) for lang in texts.LANGUAGES}


def _parts(figures: Sequence[int]) -> list[dict[str, Any]]:
    """Figures as adjoining stretches of a bar that is 1,000 long."""
    whole, at, parts = sum(figures) or 1, 0.0, []
    for state, figure in zip(STATES, figures, strict=True):
        length = 1000 * figure / whole
        parts.append({"state": state, "n": figure, "x": round(at, 1), "width": round(length, 1)})
        at += length
    return parts


def held(model: Data, by_id: Data, seats: Mapping[str, list[int]]) -> dict[str, Any]:
    """Which checks hold how many seats up, and the seats themselves."""
    checks, waiting = model["checks"], model["audit"]["readiness"]["held_up"]
    rows: list[dict[str, Any]] = []
    by_code = Counter[str]()
    for one in waiting:
        causes = {
            cause["id"]: cause for mark in one["blockers"] if mark in by_id for cause in [root(by_id[mark], by_id)]
        }
        by_code.update({cause["code"] for cause in causes.values()})
        if len(rows) < ROWS:
            rows.append(_held_seat(one, model, next(iter(seats.get(one["seat"], ())), None), causes))
    top = by_code.most_common(8)
    most = top[0][1] if top else 1
    return {
        "causes": [
            {
                "code": code,
                "n": n,
                "width": round(1000 * n / most, 1),
                "name": checks[code]["name"],
                "severity": checks[code]["severity"],
            }
            for code, n in top
            if code in checks
        ],
        "rows": rows,
        "total": len(waiting),
    }


def _held_seat(one: Data, model: Data, seat: int | None, causes: Data) -> dict[str, Any]:
    """A line of the list of seats held up; ``seat`` is its place in the chart."""
    chart = model["chart"]
    return {
        "title": one["seat"] if seat is None else chart["title"][seat],
        "department": "" if seat is None else chart["department"][seat] or "",
        "person": (one["person"] or "") if names_shown(model) else "",
        "state": one["state"],
        "gate": one["gate"],
        "because": [{"id": key, "code": cause["code"], "name": cause["name"]} for key, cause in causes.items()],
    }


def repairs(model: Data, by_id: Data) -> list[dict[str, Any]]:
    """The repairs worth naming first, each with the severity of its finding."""
    return [
        {**repair, "severity": by_id[repair["finding"]]["severity"] if repair["finding"] in by_id else "info"}
        for repair in model["repairs"]
        if repair["releases"] or repair["conditional"]
    ][:5]
