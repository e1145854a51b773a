"""The report and the job descriptions as HTML: plain data in, the text of one self-contained page out.

Nothing here reads or writes anything but the templates. A page carries both languages, its style, its script and its
data; the policy in its head names the hashes of exactly that style and script, so nothing else can run. Every sentence
comes from ``texts`` and every tag from ``templates/``; this module only arranges what they show.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from orgaudit import texts
from orgaudit.writing import templates

if TYPE_CHECKING:
    from jinja2 import Environment

Data = Mapping[str, Any]
Pair = dict[str, str]

SEVERITIES = ("blocker", "high", "medium", "low", "info")
STATES = ("ready", "conditional", "not_ready", "not_assessable")
PRINCIPLES = ("SUP", "AUT", "DUT", "CHN", "OBE", "SRV", "SOD")

IN_PAGE = 200  # findings that are readable without scripts
IN_DATA = 5_000  # findings that the page holds at all
EVIDENCE = 40  # cells shown of one finding
CONSEQUENCES = 20  # consequences listed under their cause without scripts
ROWS = 300  # rows of the chart's table, of the seats held up, of a sheet's rejected rows


def report_page(model: Data, lang: str) -> str:
    """The report: the lead's model of an audit in, one page that opens in ``lang`` out."""
    audit = model["audit"]
    seats = _seats_by_id(model["chart"])
    ordered = sorted(audit["findings"], key=_rank)
    by_id = {finding["id"]: finding for finding in ordered}
    headlines = [finding for finding in ordered if not finding.get("cause")]
    kept = [*headlines, *(finding for finding in ordered if finding.get("cause"))][:IN_DATA]
    follows: dict[str, list[str]] = defaultdict(list)
    for finding in kept:
        if finding.get("cause"):
            follows[_root(finding, by_id)["id"]].append(finding["id"])
    shown = {finding["id"]: _finding(finding, model, seats, follows) for finding in kept}
    tree = _tree(model["chart"])
    return _page(
        "report",
        lang,
        model=model,
        audit=audit,
        verdict=_verdict(model),
        held=_held(model, by_id, seats),
        repairs=_repairs(model, by_id),
        principles=_principles(model),
        unjudged=_unjudged(model),
        findings=[shown[finding["id"]] for finding in kept if not finding.get("cause")][:IN_PAGE],
        waived=[one for one in shown.values() if one["waived"]],
        blank=_blank_finding(),
        shown=shown,
        counts=_counts(ordered, len(kept)),
        departments=sorted({name for finding in shown.values() for name in finding["departments"]}),
        chart_rows=_chart_rows(model, tree),
        chart_size=len(model["chart"]["id"]),
        units=sorted({name for name in model["chart"]["department"] if name}),
        headcount=_headcount(model["headcount"]),
        ledger=[_sheet(sheet, model["tables"]) for sheet in audit["inputs"]],
        method=_method(model),
        severities=SEVERITIES,
        states=STATES,
        consequences=CONSEQUENCES,
        data={
            "findings": list(shown.values()),
            "chart": _chart_data(model, tree),
            "texts": {group: _group(group) for group in ("findings", "severity", "gate", "kind", "chart", "page")},
        },
    )


def job_page(job: Data, lang: str) -> str:
    """One job description: the drafted job in, one page that opens in ``lang`` out."""
    numbers = {finding["id"]: number for number, finding in enumerate(job["open_findings"], 1)}
    missing = [{"key": key, "known": texts.get("en").has(f"jobs.gap.{key}")} for key in job["gaps"]]

    def marked(rows: Iterable[Data]) -> list[dict[str, Any]]:
        return [{**row, "notes": sorted({numbers[mark] for mark in row["marks"] if mark in numbers})} for row in rows]

    def worded(rows: Iterable[Data]) -> list[dict[str, Any]]:
        return [{**row, "text": _pair(row["text"])} for row in rows]

    view = {
        **job,
        "duties": marked(job["duties"]),
        "rights": marked(job["rights"]),
        "indicators": marked(job["indicators"]),
        "qualifications": worded(job["qualifications"]),
        "conditions": worded(job["conditions"]),
        "version": _pair(job["version"]),
        "development": _development(job["development"]),
    }
    return _page("jobs", lang, template="job", job=view, missing=missing)


def jobs_index(jobs: Sequence[Data], lang: str) -> str:
    """The list of all job descriptions by department: the drafted jobs in, one page out."""
    departments: dict[str, list[Data]] = defaultdict(list)
    for job in jobs:
        departments[job["department"] or ""].append(job)
    settled = sum(bool(job["structure_settled"]) for job in jobs)
    return _page(
        "jobs", lang, template="index", departments=list(departments.items()), total=len(jobs), settled=settled
    )


# --- the page ---------------------------------------------------------------------------------------------------------


def _page(folder: str, lang: str, *, template: str = "index", data: Data | None = None, **view: Any) -> str:
    """A template filled with its view, its own style and script inlined and named in its policy."""
    from markupsafe import Markup

    style, script = _asset(folder, "css"), _asset(folder, "js")
    text = (
        _environment()
        .get_template(f"{folder}/{template}.html.j2")
        .render(
            lang=lang,
            style=Markup(style),
            script=Markup(script),
            style_hash=_digest(style),
            script_hash=_digest(script),
            data=Markup(_json(data)) if data is not None else "",
            **view,
        )
    )
    return text.encode("utf-8", "replace").decode("utf-8")  # lone surrogates in data cannot be written


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(templates.folder()),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["t"] = _text
    environment.filters["number"] = lambda value: f"{value:,}" if isinstance(value, int) else value
    return environment


@cache
def _asset(folder: str, kind: str) -> str:
    name = {"css": f"{folder}.css", "js": f"{folder}.js"}[kind]
    return (templates.folder() / folder / name).read_text("utf-8")


@cache
def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _json(value: Any) -> str:
    """JSON that no HTML parser can leave and no script parser can misread."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


@cache
def _plain(key: str) -> Pair:
    return texts.both(key)


def _text(key: str, **params: Any) -> Pair:
    """The text of a key in both languages; a parameter that is a pair gives each language its own."""
    return texts.both(key, **params) if params else _plain(key)


def _group(name: str) -> dict[str, Pair]:
    """A section of the catalogue as it stands, placeholders included, for the script to fill."""
    english, chinese = (texts.get(lang).entry(f"report.{name}") for lang in ("en", "zh"))
    return {key: {"en": english[key], "zh": chinese[key]} for key in english if "|" not in english[key]}


def _pair(value: Any) -> Pair:
    """A text that may be one for both languages, as a pair."""
    return dict(value) if isinstance(value, Mapping) else {"en": str(value), "zh": str(value)}


# --- findings ---------------------------------------------------------------------------------------------------------


def _rank(finding: Data) -> tuple[bool, int, int]:
    certainty = ("certain", "declared", "inferred")
    return (
        finding["status"] == "waived",
        SEVERITIES.index(finding["severity"]),
        certainty.index(finding["confidence"]),
    )


def _root(finding: Data, by_id: Data) -> Data:
    """The first cause of a finding; itself if it has none that is known."""
    seen = {finding["id"]}
    while finding.get("cause") in by_id and finding["cause"] not in seen:
        finding = by_id[finding["cause"]]
        seen.add(finding["id"])
    return finding


def _finding(
    finding: Data, model: Data, seats: Mapping[str, list[int]], follows: Mapping[str, list[str]]
) -> dict[str, Any]:
    """What a page says about a finding; the same for the template and for the script."""
    chart, visible = model["chart"], _names_shown(model)
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
        "seats": at,
        "follows": follows.get(finding["id"], []),
    }


def _subjects(named: Sequence[Data]) -> list[Pair]:
    """Names, and their kind where it differs from the one before."""
    before = [None, *(subject["kind"] for subject in named)]
    return [
        {"kind": "" if subject["kind"] == last else subject["kind"], "name": subject["name"]}
        for subject, last in zip(named, before, strict=False)
    ]


def _evidence(cell: Data) -> dict[str, Any]:
    row = cell.get("row_cells") or cell.get("row_values") or []
    return {
        "file": cell["file"],
        "sheet": cell["sheet"] or "",
        "cell": f"{cell['column'] or ''}{cell['row'] or ''}",
        "value": cell["value"] or "",
        "row": [[header, "" if value is None else str(value), bool(is_it)] for header, value, is_it in row],
    }


def _blank_finding() -> dict[str, Any]:
    """A finding that says nothing: the script clones its markup for findings that the page does not print."""
    nothing = {"en": "", "zh": ""}
    cell = {"file": "", "sheet": "", "cell": "", "value": "", "row": [["", "", False]]}
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
        "seats": [],
        "follows": [],
    }


def _counts(findings: Sequence[Data], kept: int) -> dict[str, Any]:
    heads = [finding for finding in findings if not finding.get("cause")]
    severity = Counter(finding["severity"] for finding in heads if finding["status"] == "open")
    return {
        "all": len(findings),
        "kept": kept,
        "heads": len(heads),
        "severity": {name: severity[name] for name in SEVERITIES},
    }


def _names_shown(model: Data) -> bool:
    return bool(model["names"] or model["anonymized"])


# --- the verdict ------------------------------------------------------------------------------------------------------


def _verdict(model: Data) -> dict[str, Any]:
    """The sentence a director acts on, and the two gates in figures."""
    gates = sorted(model["audit"]["readiness"]["gates"], key=lambda gate: int(gate["gate"]))
    first, second = gates
    total = sum(first[state] for state in STATES)
    best = [repair for repair in model["repairs"] if repair["releases"] > 0][:3]
    figures = {"total": total, "one": first["ready"], "two": second["ready"]}
    if total == 0:
        sentence = _text("report.verdict.nobody")
    elif first["not_assessable"] == total:
        sentence = _join(_text("report.verdict.unjudged", **figures), _text("report.verdict.end"))
    else:
        key = "all" if second["ready"] == total else "first_only" if second["not_assessable"] == total else "counts"
        released = sum(repair["releases"] for repair in best)
        end = _text("report.verdict.repairs", k=len(best), n=released) if best else _text("report.verdict.end")
        sentence = _join(_text(f"report.verdict.{key}", **figures), end)
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


def _held(model: Data, by_id: Data, seats: Mapping[str, list[int]]) -> dict[str, Any]:
    """Which checks hold how many seats up, and the seats themselves."""
    chart, checks = model["chart"], model["checks"]
    rows, by_code = [], Counter[str]()
    for held in model["audit"]["readiness"]["held_up"]:
        roots = {root["id"]: root for mark in held["blockers"] if mark in by_id for root in [_root(by_id[mark], by_id)]}
        codes = sorted({root["code"] for root in roots.values()})
        by_code.update(codes)
        if len(rows) < ROWS:
            seat = next(iter(seats.get(held["seat"], ())), None)
            title, department = (
                (held["seat"], "") if seat is None else (chart["title"][seat], chart["department"][seat])
            )
            rows.append(
                {
                    "title": title,
                    "department": department or "",
                    "person": (held["person"] or "") if _names_shown(model) else "",
                    "state": held["state"],
                    "gate": held["gate"],
                    "because": [{"id": key, "code": root["code"], "name": root["name"]} for key, root in roots.items()],
                }
            )
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
        "total": len(model["audit"]["readiness"]["held_up"]),
    }


def _repairs(model: Data, by_id: Data) -> list[dict[str, Any]]:
    return [
        {**repair, "severity": by_id[repair["finding"]]["severity"] if repair["finding"] in by_id else "info"}
        for repair in model["repairs"]
        if repair["releases"] or repair["conditional"]
    ][:5]


# --- principles, gaps, method -----------------------------------------------------------------------------------------


def _principle_name(model: Data, key: str) -> Pair:
    return _text("report.principle.obe") if key == "OBE" else dict(model["principles"][key]["name"])


def _principles(model: Data) -> list[dict[str, Any]]:
    """One line per principle: its figures, and what is open under it."""
    open_now: dict[str, Counter[str]] = defaultdict(Counter)
    for finding in model["audit"]["findings"]:
        if finding["status"] == "open" and not finding.get("cause"):
            open_now[finding["principle"]][finding["severity"]] += 1
    numbers = {entry["key"]: entry for entry in model["audit"]["principles"]}
    order = [key for key in (*PRINCIPLES, "DAT", "RDY") if key in numbers]
    return [
        {
            **numbers[key],
            "name": _principle_name(model, key),
            "idea": model["principles"][key]["idea"],
            "number": PRINCIPLES.index(key) + 1 if key in PRINCIPLES else None,
            "score": None if numbers[key]["score"] is None else round(numbers[key]["score"]),
            "percent": round(100 * numbers[key]["coverage"]),
            "open": [{"severity": name, "n": open_now[key][name]} for name in SEVERITIES if open_now[key][name]],
            "open_total": sum(open_now[key].values()),
        }
        for key in order
    ]


def _unjudged(model: Data) -> dict[str, Any]:
    """What could not be judged: by the table that would change it, and for other reasons."""
    explained = {code for gap in model["missing"] for code in gap["codes"]}

    def named(status: str) -> list[dict[str, Any]]:
        return [
            {"code": check["code"], "name": model["checks"][check["code"]]["name"], "reason": check.get("reason")}
            for check in model["audit"]["checks"]
            if check["status"] == status and check["code"] not in explained and check["code"] in model["checks"]
        ]

    tables = [
        {
            "table": _table_name(model["tables"], gap["table"]),
            "checks": [
                {"code": code, "name": model["checks"][code]["name"]}
                for code in gap["codes"]
                if code in model["checks"]
            ],
        }
        for gap in model["missing"]
    ]
    return {"tables": tables, "others": named("not_assessable"), "errors": named("error")}


def _method(model: Data) -> list[dict[str, Any]]:
    """Every check with its state, rule and threshold, by principle."""
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for state in model["audit"]["checks"]:
        check = model["checks"].get(state["code"])
        if check:
            groups[check["principle"]].append({**check, **state, "reason": state.get("reason")})
    order = [key for key in (*PRINCIPLES, "DAT", "RDY") if key in groups]
    return [{"key": key, "name": _principle_name(model, key), "checks": groups[key]} for key in order]


def _table_name(tables: Data, table: str) -> Pair:
    return _pair(tables.get(table, table))


# --- chart, headcount, ledger -----------------------------------------------------------------------------------------


def _seats_by_id(chart: Data) -> dict[str, list[int]]:
    """Places in the chart by seat id, and by the position id that seat ids begin with."""
    found: dict[str, list[int]] = defaultdict(list)
    for place, seat in enumerate(chart["id"]):
        for key in {seat, seat.rsplit("/", 1)[0], seat.rsplit("#", 1)[0]}:
            found[key].append(place)
    return found


def _tree(chart: Data) -> dict[str, Any]:
    """The chart without its loops: parents, what was cut, tops with the largest tree first, and the order of drawing."""
    parents, cuts = list(chart["parent"]), []
    state = [0] * len(parents)  # 0 not seen, 1 on the way up, 2 known to reach a top
    for start in range(len(parents)):
        path, seat = [], start
        while seat >= 0 and state[seat] == 0:
            state[seat] = 1
            path.append(seat)
            seat = parents[seat]
        if seat >= 0 and state[seat] == 1:
            cuts.append([seat, parents[seat]])
            parents[seat] = -1
        for passed in path:
            state[passed] = 2
    children: list[list[int]] = [[] for _ in parents]
    for seat, parent in enumerate(parents):
        if parent >= 0:
            children[parent].append(seat)
    tops = [seat for seat, parent in enumerate(parents) if parent < 0]
    size = [1] * len(parents)
    for seat in reversed(_walk(tops, children)):
        if parents[seat] >= 0:
            size[parents[seat]] += size[seat]
    tops.sort(key=lambda seat: -size[seat])
    order = _walk(tops, children)
    depth = [0] * len(parents)
    for seat in order:
        depth[seat] = depth[parents[seat]] + 1 if parents[seat] >= 0 else 0
    return {"parents": parents, "cuts": cuts, "children": children, "order": order, "depth": depth, "tops": tops}


def _walk(tops: Sequence[int], children: Sequence[Sequence[int]]) -> list[int]:
    """Every seat, each superior before its subordinates, without recursion."""
    order, stack = [], list(reversed(tops))
    while stack:
        seat = stack.pop()
        order.append(seat)
        stack.extend(reversed(children[seat]))
    return order


def _chart_rows(model: Data, tree: Data) -> list[dict[str, Any]]:
    """The chart as a table: the same boxes in the order of drawing, superiors, subordinates and peers in words."""
    chart, rows = model["chart"], []
    for seat in tree["order"][:ROWS]:
        parent = tree["parents"][seat]
        below = len(tree["children"][seat])
        peers = len(tree["children"][parent]) - 1 if parent >= 0 else 0
        rows.append(
            {
                "title": chart["title"][seat],
                "depth": min(tree["depth"][seat], 8),
                "department": chart["department"][seat] or "",
                "person": (chart["person"][seat] or "") if _names_shown(model) else "",
                "superior": chart["title"][parent] if parent >= 0 else "",
                "below": below,
                "peers": peers,
                "vacant": chart["vacant"][seat],
                "new": chart["new"][seat],
                "severity": chart["severity"][seat],
                "findings": chart["findings"][seat],
            }
        )
    return rows


def _chart_data(model: Data, tree: Data) -> dict[str, Any]:
    """The chart for the script: repeated words once, ids left out (they may name people)."""
    chart = model["chart"]
    titles, title = _numbered(chart["title"])
    departments, department = _numbered(chart["department"])
    people = chart["person"] if _names_shown(model) and any(chart["person"]) else None
    return {
        "titles": titles,
        "title": title,
        "departments": departments,
        "department": department,
        "person": people,
        "parent": tree["parents"],
        "tops": tree["tops"],
        "cuts": tree["cuts"],
        "vacant": [place for place, flag in enumerate(chart["vacant"]) if flag],
        "new": [place for place, flag in enumerate(chart["new"]) if flag],
        "severity": [SEVERITIES.index(name) + 1 if name else 0 for name in chart["severity"]],
        "findings": chart["findings"],
        "dotted": chart["dotted"],
        "extra": chart["extra"],
    }


def _numbered(words: Sequence[str | None]) -> tuple[list[str], list[int]]:
    places: dict[str, int] = {}
    numbers = [places.setdefault(word or "", len(places)) for word in words]
    return list(places), numbers


def _headcount(rows: Sequence[Data]) -> dict[str, Any]:
    """Approved against actual heads by department, and the sums of what was given."""

    def total(column: str) -> int | None:
        given = [row[column] for row in rows if row[column] is not None]
        return sum(given) if given else None

    def difference(row: Data) -> int | None:
        return None if row["approved"] is None or row["actual"] is None else row["actual"] - row["approved"]

    lines = [{**row, "difference": difference(row)} for row in rows]
    known = [line["difference"] for line in lines if line["difference"] is not None]
    sums = {column: total(column) for column in ("approved", "actual", "vacant")}
    partial = any(row[column] is None for row in rows for column in ("approved", "actual"))
    return {"rows": lines, "sums": {**sums, "difference": sum(known) if known else None}, "partial": partial}


def _sheet(sheet: Data, tables: Data) -> dict[str, Any]:
    """A line of the ledger: what a sheet was read as and where its rows went."""
    known = texts.get("en").entry("report.ledger")
    aside = [
        {"reason": _text(f"report.ledger.aside_{reason}") if f"aside_{reason}" in known else _pair(reason), "n": n}
        for reason, n in sheet["set_aside"].items()
        if n
    ]
    return {
        **sheet,
        "sheet": sheet["sheet"] or "",
        "table": _table_name(tables, sheet["table"]) if sheet["table"] else None,
        "aside": aside,
        "aside_total": sum(entry["n"] for entry in aside),
        "columns": list(sheet["columns"].items()),
        "ignored": sheet.get("ignored_columns") or [],
        "rejected": [{"row": entry["row"], "reason": _pair(entry["reason"])} for entry in sheet["rejected"][:ROWS]],
        "rejected_total": len(sheet["rejected"]),
    }


def _development(value: Any) -> list[dict[str, Any]]:
    """The block on development as lines of label and text; empty when nothing was given."""
    if not isinstance(value, Mapping):
        return []
    lines = []
    for key, entry in value.items():
        known = texts.get("en").has(f"jobs.development.{key}")
        words = entry if isinstance(entry, list | tuple) else [entry]
        label = _text(f"jobs.development.{key}") if known else _pair(key)
        lines.append({"label": label, "text": " · ".join(str(word) for word in words if word)})
    return [line for line in lines if line["text"]]
