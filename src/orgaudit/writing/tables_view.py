"""What the report shows of principles, gaps, checks, headcount and the input ledger: plain data in and out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from orgaudit import texts
from orgaudit.finding import SEVERITIES
from orgaudit.writing.rendering import Data, Pair, pair, text

PRINCIPLES = ("SUP", "AUT", "DUT", "CHN", "OBE", "SRV", "SOD")
COLUMNS = 80
ROWS = 300  # rejected rows listed of a sheet


def _principle_name(model: Data, key: str) -> Pair:
    return text("report.principle.obe") if key == "OBE" else dict(model["principles"][key]["name"])


def principles(model: Data) -> list[dict[str, Any]]:
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


def unjudged(model: Data) -> dict[str, Any]:
    """What could not be judged: by the table that would change it, and for other reasons."""
    explained = {code for gap in model["missing"] for code in gap["codes"]}

    def named(status: str) -> list[dict[str, Any]]:
        return [
            {"code": check["code"], "name": model["checks"][check["code"]]["name"], "reason": check.get("reasons")}
            for check in model["audit"]["checks"]
            if check["status"] == status and check["code"] not in explained and check["code"] in model["checks"]
        ]

    tables = [
        {
            "table": gap["name"],
            "checks": [
                {"code": code, "name": model["checks"][code]["name"]}
                for code in gap["codes"]
                if code in model["checks"]
            ],
        }
        for gap in model["missing"]
    ]
    return {"tables": tables, "others": named("not_assessable"), "errors": named("error")}


def method(model: Data) -> list[dict[str, Any]]:
    """Every check with its state, rule and threshold, by principle."""
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for state in model["audit"]["checks"]:
        check = model["checks"].get(state["code"])
        if check:
            groups[check["principle"]].append({**check, **state, "reason": state.get("reasons")})
    order = [key for key in (*PRINCIPLES, "DAT", "RDY") if key in groups]
    return [{"key": key, "name": _principle_name(model, key), "checks": groups[key]} for key in order]


def _table_name(tables: Data, table: str) -> Pair:
    return pair(tables.get(table, table))


def workforce(rows: Sequence[Data]) -> list[Data]:
    """Tenure, vacancies and leavers per department, the newest departments first."""
    shown: list[dict[str, Any]] = [
        {**row, "new": None if row["under_two_years"] is None else round(100 * row["under_two_years"])} for row in rows
    ]
    return sorted(shown, key=lambda row: (-(row["new"] or 0), -row["left"], row["department"]))


def headcount(rows: Sequence[Data]) -> dict[str, Any]:
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


def _reason(reason: str) -> Pair:
    key = f"cli.reason.{reason}"
    return text(key) if texts.get("en").has(key) else pair(reason)


def _plain_fields(sheet: Data) -> list[dict[str, Any]]:
    """Fields of a ledger line that an earlier version wrote without hit rates."""
    return [
        {"header": header, "field": name, "rate": None, "against": None} for name, header in sheet["columns"].items()
    ]


def sheet(sheet: Data, tables: Data) -> dict[str, Any]:
    """A line of the ledger: what a sheet was read as and where its rows went."""
    aside = [{"reason": _reason(reason), "n": n} for reason, n in sheet["set_aside"].items() if n]
    return {
        **sheet,
        "sheet": sheet["sheet"] or "",
        "table": _table_name(tables, sheet["table"]) if sheet["table"] else None,
        "aside": aside,
        "aside_total": sum(entry["n"] for entry in aside),
        "columns": [
            {**one, "rate": one["rate"] and round(one["rate"] * 100)}
            for one in sheet.get("fields", _plain_fields(sheet))[:COLUMNS]
        ],
        "hidden": sheet.get("hidden_rows", [])[:COLUMNS],
        "lost": {
            kind: [one["cell"] for one in sheet.get("lost_cells", []) if one["kind"] == kind][:COLUMNS]
            for kind in ("error", "formula")
        },
        "ignored": sheet.get("ignored_columns") or [],
        "rejected": [{"row": entry["row"], "reason": _reason(entry["reason"])} for entry in sheet["rejected"][:ROWS]],
        "rejected_total": len(sheet["rejected"]),
    }
