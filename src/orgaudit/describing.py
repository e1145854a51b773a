"""What the terminal says: the summary of an audit, how sheets were understood, the checks. Text out, no printing.

No person's name, id or e-mail appears in any of it.
"""

from __future__ import annotations

import textwrap
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import click

from orgaudit import catalog, texts
from orgaudit.auditing import Audit, field_name, table_name
from orgaudit.checks import PRINCIPLES, all_checks
from orgaudit.errors import OUTPUT_FAILED, OrgauditError
from orgaudit.finding import SEVERITIES
from orgaudit.judging import ERROR
from orgaudit.organization import Organization, Status
from orgaudit.pipeline import Written
from orgaudit.reading import mapping
from orgaudit.table import Review, SheetEntry
from orgaudit.understanding import SURE, function_names
from orgaudit.writing import report
from orgaudit.writing.masking import Mask

_COLORS = {"blocker": "red", "high": "yellow"}


def _wide(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _pad(text: str, width: int) -> str:
    return text + " " * max(0, width - _wide(text))


def _visible(text: str) -> str:
    return "".join(c if c.isprintable() or c == "\u3000" else " " if c in "\n\t" else f"\\x{ord(c):02x}" for c in text)


def summary(audit: Audit, written: Written, lang: str, *, color: bool = False) -> str:
    """What a manager needs to know: both gates, the best repairs, the principles, what was not judged, where the report is."""
    tell = texts.get(lang)
    org = audit.org
    lines = [
        tell("cli.summary.organization", seats=int(org.listed_seats.sum()),
             positions=int(org.listed_positions.sum()), persons=len(org.persons),
             departments=len(org.departments), layers=org.layers, date=audit.as_of.isoformat()),
        "",
    ]  # fmt: skip
    total = sum(audit.gates.states[1].values())
    if not total:
        lines.append(tell("cli.summary.nobody"))
    for gate in (1, 2) if total else ():
        states = audit.gates.states[gate]
        judged = states["not_assessable"] < total
        figures = {state: states[state] for state in ("ready", "conditional", "not_ready", "not_assessable")}
        line = (
            tell(f"cli.summary.gate_{gate}", total=total, **figures)
            if judged
            else tell(f"cli.summary.gate_{gate}_unjudged")
        )
        lines.append(click.style(line, bold=True) if color else line)
        if judged and states["ready"] < total:
            lines.append(tell("cli.summary.held", **figures))
    lines += _repairs(audit, lang)
    lines += ["", *_principles(audit, lang, color)]
    missing = report.missing_tables(audit)
    if missing:
        lines += ["", tell("cli.summary.missing")]
        lines += [
            tell("cli.summary.missing_line", table=item["name"][lang], codes=" ".join(item["codes"]))
            for item in missing
        ]
    lines += ["", *[note[lang] for note in audit.notes]] if audit.notes else []
    failed = [code for code, run in audit.runs.items() if run.status == ERROR]
    lines += ["", tell("cli.summary.failed", codes=" ".join(failed))] if failed else []
    lines += ["", tell("cli.summary.kept", files=", ".join(written.kept))] if written.kept else []
    lines.append("")
    if (written.out / "index.html").exists():
        lines.append(tell("cli.summary.report", path=written.out / "index.html"))
    if written.jobs:
        lines.append(tell("cli.summary.jobs", n=written.jobs, path=written.out / "jobs" / "index.html"))
    if written.jobs_left_out:
        lines.append(tell("cli.summary.jobs_left_out"))
    return "\n".join(line if color else _visible(line) for line in lines).rstrip()


def _repairs(audit: Audit, lang: str, most: int = 5) -> list[str]:
    tell, mask = texts.get(lang), Mask(audit.org, shown=False)
    by_id = {finding.id: finding for finding in audit.findings}
    lines = []
    for repair in audit.gates.repairs[:most]:
        message = mask.sentence(by_id[repair["finding"]].message)[lang]
        key, n = ("repair", repair["releases"]) if repair["releases"] else ("repair_part", repair["touches"])
        lines.append(
            tell(f"cli.summary.{key}", n=n, message=textwrap.shorten(_visible(message), 150, placeholder=" …"))
        )
    return ["", tell("cli.summary.repairs"), *lines] if lines else []


def _principles(audit: Audit, lang: str, color: bool) -> list[str]:
    tell = texts.get(lang)
    header = tell("cli.summary.principles")
    lines = [header]
    for score in audit.scores:
        opened = [f for f in audit.open() if f.principle == score.key]
        counts = [(s, sum(f.severity == s for f in opened)) for s in SEVERITIES]
        parts = []
        for severity, n in counts:
            if n:
                part = f"{n} {tell(f'cli.severity.{severity}')}"
                parts.append(click.style(part, fg=_COLORS[severity]) if color and severity in _COLORS else part)
        name = f"{score.key} {tell(f'checks.principles.{score.key}.name')}"
        figure = tell("cli.summary.no_score") if score.score is None else f"{score.score:.0f}"
        width = 48 if lang == "en" else 33
        lines.append(
            f"{_pad(name, width)} {figure:>5}  {score.coverage:>7.0%}  {', '.join(parts) or tell('cli.summary.none')}"
        )
    return lines


def inspection(review: Review, lang: str, org: Organization | None = None) -> str:
    """How each sheet was understood, where its rows went, what references mean, and what each principle still needs."""
    tell = texts.get(lang)
    lines: list[str] = []
    for entry in review.ledger:
        lines += [*_sheet(entry, lang), ""]
    if org is not None:
        lines += _references(org, lang)
        lines += _functions(org, lang)
    if review.unused_mappings:
        lines += [tell("cli.inspect.mapping_unused", numbers=", ".join(map(str, review.unused_mappings))), ""]
    lines.append(tell("cli.inspect.needs"))
    for key in PRINCIPLES:
        lacking: dict[str, list[str]] = defaultdict(list)
        for code, check in all_checks().items():
            if check.principle == key:
                for need in check.lacking(review):
                    table, _, column = need.partition(".")
                    name = table_name(table)[lang] + (
                        f" · {field_name(table, column.rstrip('?'))[lang]}" if column else ""
                    )
                    lacking[name] += [code] if code not in lacking[name] else []
        needs = "; ".join(f"{name} ({', '.join(codes)})" for name, codes in lacking.items()) or tell(
            "cli.inspect.complete"
        )
        lines.append(tell("cli.inspect.need", principle=tell(f"checks.principles.{key}.name"), needs=needs))
    return "\n".join(_visible(line) for line in lines)


def _references(org: Organization, lang: str) -> list[str]:
    """Per referring column, how many of its references mean something, and how the others end, each in its own words."""
    tell = texts.get(lang)
    lines = []
    for (table, column), links in sorted(org.links.items()):
        if table == "posts":
            links = links.take(org.row_seat[links.row] >= 0)
        counts = {name: int((links.status == i).sum()) for i, name in enumerate(Status.NAMES)}
        if (table, column) == ("posts", "superior"):
            solid = org.solid[
                (org.solid["status"] == Status.FOUND).to_numpy() & (org.solid["position"] >= 0).to_numpy()
            ]
            empty = int((org.incumbents[solid["position"].to_numpy(dtype=int)] == 0).sum())
            counts["found"], counts["vacant"] = counts["found"] - empty, counts["vacant"] + empty
        told = [tell(f"cli.inspect.reference.{name}", n=n) for name, n in counts.items() if n]
        if told:
            place = f"{table_name(table)[lang]} · {field_name(table, column)[lang]}"
            lines.append(tell("cli.inspect.reference_line", place=place, outcomes=tell("cli.inspect.join").join(told)))
    if org.repairs:
        lines.append(tell("cli.inspect.repairs", n=org.repairs))
    if org.derived_superiors:
        lines.append(tell("cli.inspect.derived_superiors"))
    return [tell("cli.inspect.references"), *lines, ""] if lines else []


def _functions(org: Organization, lang: str, most: int = 12) -> list[str]:
    """Functions suggested for duties that name none, and how sure that is; the register lists them all."""
    if "duties" not in org.review:
        return []
    tell = texts.get(lang)
    duties = org.work.duties.drop_duplicates("row")
    open_ = duties[
        (duties["function"].isna() & duties["text"].notna() & ~duties["empty"].astype(bool)).to_numpy(dtype=bool)
    ]
    if not len(open_):
        return []
    names = function_names(lang)
    sure = int((open_["confidence"] >= SURE).sum())
    lines = [tell("cli.inspect.functions", n=len(open_), sure=sure)]
    for text, key, confidence in open_[["text", "suggested", "confidence"]].head(most).itertuples(index=False):
        known = (
            tell("cli.inspect.function", text=text, function=names[key], percent=round(confidence * 100))
            if isinstance(key, str)
            else ""
        )
        lines.append(known or tell("cli.inspect.function_none", text=text))
    if len(open_) > most:
        lines.append(tell("cli.inspect.function_more", n=len(open_) - most))
    return [*lines, ""]


def save_mapping(review: Review, path: Path, lang: str) -> None:
    """Write how the sheets were read as a mapping.toml.

    Raises:
        OrgauditError: the file cannot be written.
    """
    tell = texts.get(lang)
    text = mapping.dumps(review.ledger, [tell("cli.inspect.mapping_head_1"), tell("cli.inspect.mapping_head_2")])
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise OrgauditError("output", exit_code=OUTPUT_FAILED, file=path.name, cause=error.strerror or "") from None


def _sheet(entry: SheetEntry, lang: str) -> list[str]:
    tell = texts.get(lang)
    place = entry.file + (f" · {entry.sheet}" if entry.sheet else "")
    if entry.table is None:
        reason = tell(f"cli.reason.{entry.note or 'not_recognized'}")
        return [f"{place}: {tell('cli.inspect.not_table', reason=reason, rows=entry.rows)}"]
    lines = [f"{place}: {tell('cli.inspect.table', table=table_name(entry.table)[lang], used=entry.used)}"]
    layout = tell(f"cli.inspect.{entry.layout}_layout")
    key = "header" if entry.header_row else "header_none"
    lines.append(tell(f"cli.inspect.{key}", row=entry.header_row or 0, layout=layout))
    for name, columns in entry.columns.items():
        header = ", ".join(dict.fromkeys(column.header for column in columns[:12])) + (
            " …" if len(columns) > 12 else ""
        )
        how = tell(f"cli.inspect.confidence.{columns[0].confidence}")
        if columns[0].rate is not None and columns[0].against:
            against = field_name(entry.table, columns[0].against)[lang]
            how += tell("cli.inspect.rate", percent=round(columns[0].rate * 100), field=against)
        lines.append(
            tell(
                "cli.inspect.column",
                field=f"{field_name(entry.table, name)[lang]} [{name}]",
                header=f"{header} ({how})",
            )
        )
    if entry.legend:
        lines.append(tell("cli.inspect.legend", marks=", ".join(f"{m} = {w}" for m, w in sorted(entry.legend.items()))))
    if entry.ignored_columns:
        lines.append(tell("cli.inspect.ignored", headers=", ".join(entry.ignored_columns)))
    if entry.hidden_rows:
        lines.append(tell("cli.inspect.hidden_rows", n=len(entry.hidden_rows), rows=_some(entry.hidden_rows)))
    for what in ("error", "formula"):
        cells = [cell for cell, kind in entry.lost if kind == what]
        if cells:
            lines.append(tell(f"cli.inspect.lost_{what}", n=len(cells), cells=_some(cells)))
    aside = ", ".join(f"{tell(f'cli.reason.{reason}')} {n}" for reason, n in sorted(entry.set_aside.items()))
    lines.append(
        tell(
            "cli.inspect.account",
            rows=entry.rows,
            used=entry.used,
            aside=sum(entry.set_aside.values()),
            reasons=f" ({aside})" if aside else "",
            rejected=len(entry.rejected),
        )
    )
    lines += [
        tell("cli.inspect.rejected", row=row, reason=tell(f"cli.reason.{reason}"))
        for row, reason in entry.rejected[:10]
    ]
    return lines


def _some(items: Sequence[object], most: int = 8) -> str:
    return ", ".join(map(str, items[:most])) + (" …" if len(items) > most else "")


def check_list(principle: str | None, lang: str) -> str:
    """One line per check: code, severity, name, tables."""
    tell = texts.get(lang)
    lines = []
    for key in PRINCIPLES:
        if principle and key != principle:
            continue
        lines.append(f"{key}  {tell(f'checks.principles.{key}.name')}")
        for code, check in all_checks().items():
            if check.principle == key:
                tables = ", ".join(catalog.toml("tables")[table][lang] for table in check.tables[:3])
                lines.append(
                    f"  {code}  {_pad(tell(f'cli.severity.{check.severity}'), 8)} {_pad(check.name[lang], 44)} {tables}"
                )
    return "\n".join(lines)


def explanation(code: str, lang: str) -> str:
    """One check in full."""
    tell, check = texts.get(lang), all_checks()[code]
    gate = tell(f"cli.explain.gate_{check.gate or 'none'}") + (
        "" if check.scored else f"; {tell('cli.explain.reference')}"
    )
    needs = "; ".join(" / ".join(_need(option, lang) for option in need.split("|")) for need in check.needs)
    rows = [
        ("severity", tell(f"cli.severity.{check.severity}")),
        ("confidence", tell(f"cli.confidence.{check.confidence}")),
        ("gate", gate),
        ("needs", needs),
        ("concept", tell(f"checks.principles.{check.principle}.idea")),
        *[(part, tell(f"checks.{code}.{part}")) for part in ("logic", "threshold")],
        ("configured", ", ".join(f"{name} = {value:g}" for name, value in check.thresholds.items())),
        *[(part, tell(f"checks.{code}.{part}")) for part in ("traps", "fires", "silent", "remedy", "question")],
    ]
    head = f"{code}  {check.name[lang]}  ({tell(f'checks.principles.{check.principle}.name')})"
    lines = [head, ""]
    for part, text in rows:
        if text:
            lines += [f"{tell(f'cli.explain.{part}')}", *_wrap(text)]
    return "\n".join(lines)


def _need(option: str, lang: str) -> str:
    table, _, column = option.partition(".")
    return table_name(table)[lang] + (f" · {field_name(table, column.rstrip('?'))[lang]}" if column else "")


def _wrap(text: str, width: int = 96) -> list[str]:
    """Lines of a text, indented; Chinese breaks anywhere."""
    if all(_wide(c) == 1 for c in text):
        return textwrap.wrap(text, width, initial_indent="    ", subsequent_indent="    ")
    lines, line = [], "    "
    for c in text:
        if _wide(line) + _wide(c) > width and c not in "，。；：、）”":
            lines.append(line)
            line = "    "
        line += c
    return [*lines, line]
