"""register.xlsx: a row per finding with owner, due date and status to fill in, and the functions suggested for duties.

The next audit reads the confirmed functions back when the register lies beside the review. Text stays text: no cell becomes a
formula, whatever it begins with.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from orgaudit import texts
from orgaudit.auditing import Audit, field_name, table_name
from orgaudit.understanding import function_names
from orgaudit.writing.masking import Mask

if TYPE_CHECKING:
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

_WIDE, _NARROW = 60, 16
_CONTROL = dict.fromkeys([*range(9), 11, 12, *range(14, 32)])  # characters that a workbook cannot hold
_LONGEST = 32_767


def write(audit: Audit, path: Path, lang: str, *, names: bool) -> None:
    """Write the register of an audit.

    Args:
        audit: the audit.
        path: the file to write.
        lang: language of sheet names, headers and sentences.
        names: show names of persons.
    """
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    mask = Mask(audit.org, shown=names)
    tell = texts.get(lang)
    states = [tell(f"report.register.{state}") for state in ("open", "settled", "no_problem", "accepted")]
    headers = _finding_headers(lang)
    _sheet(book, table_name("register")[lang], headers, _findings(audit, mask, lang), wide=(5,), choices={7: states})
    suggested = list(_suggested(audit, lang))
    if suggested:
        fields = (
            "duty_id",
            "department",
            "position",
            "statement",
            "function",
            "confidence",
            "alternative",
            "confirmed",
        )
        headers = [field_name("confirmed_functions", name)[lang] for name in fields]
        _sheet(book, table_name("confirmed_functions")[lang], headers, suggested, wide=(3,))
    book.save(path)


def _finding_headers(lang: str) -> list[str]:
    tell = texts.get(lang)
    own = [field_name("register", name)[lang] for name in ("finding", "owner", "due", "status", "decision", "reason")]
    return [own[0], *(tell(f"report.register.{name}") for name in ("severity", "confidence", "check", "where", "message")),
            *own[1:2], own[3], own[2], *own[4:]]  # fmt: skip


def _findings(audit: Audit, mask: Mask, lang: str) -> Iterable[Sequence[Any]]:
    """A row per open finding; those on retaliation (OBE-07) stay out of a list that is passed around."""
    tell, units = texts.get(lang), audit.org.departments["name"].tolist()
    for finding in audit.open():
        if finding.code == "OBE-07":
            continue
        named = dict.fromkeys(subject.name for subject in finding.subjects if subject.kind == "department")
        yield (
            finding.id,
            tell(f"cli.severity.{finding.severity}"),
            tell(f"cli.confidence.{finding.confidence}"),
            texts.both(f"checks.{finding.code}.name")[lang],
            "; ".join(named) or (units[finding.decider] if finding.decider >= 0 else None),
            mask.sentence(finding.message)[lang],
        )


def _suggested(audit: Audit, lang: str) -> Iterable[Sequence[Any]]:
    """A row per duty without a confirmed function: what is suggested, how surely, and the next best."""
    org = audit.org
    if "duties" not in org.review:
        return
    duties = org.work.duties.drop_duplicates("row")
    unsure = ~duties["declared"].astype(bool) | duties["confirmed"].astype(bool)  # answers of an earlier register stay
    open_ = duties[(unsure & duties["text"].notna() & ~duties["empty"].astype(bool)).to_numpy(dtype=bool)]
    names = function_names(lang)
    understood, departments = org.work.understood, org.departments["name"].tolist()
    keys = understood.judge.keys
    for line in open_.itertuples(index=False):
        likely = understood.functions[line.said] if isinstance(line.suggested, str) else np.zeros(len(keys))
        order = np.argsort(-likely, kind="stable")[:2]
        yield (
            line.duty_id if isinstance(line.duty_id, str) else None,
            departments[line.department] if line.department >= 0 else None,
            org.position_name(int(line.position)) if line.position >= 0 else None,
            line.text,
            names.get(line.suggested) if isinstance(line.suggested, str) else None,
            f"{line.confidence:.0%}" if isinstance(line.suggested, str) else None,
            names.get(keys[order[1]]) if isinstance(line.suggested, str) else None,
            names.get(line.function, line.function) if line.confirmed else None,
        )


def _sheet(
    book: Any,
    title: str,
    headers: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    wide: Sequence[int],
    choices: dict[int, list[str]] | None = None,
) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    sheet: WriteOnlyWorksheet = book.create_sheet(title[:31])
    sheet.freeze_panes = "A2"
    for column in range(len(headers)):
        sheet.column_dimensions[get_column_letter(column + 1)].width = _WIDE if column in wide else _NARROW
    bold, fill, wrap = (
        Font(bold=True),
        PatternFill("solid", fgColor="DDE5EC"),
        Alignment(wrap_text=True, vertical="top"),
    )
    sheet.append([_cell(sheet, header, font=bold, fill=fill, alignment=wrap) for header in headers])
    n = 1
    for row in rows:
        padded = [*row, *[None] * (len(headers) - len(row))]
        sheet.append([_cell(sheet, value, alignment=wrap) for value in padded])
        n += 1
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(headers))}{n}"
    for column, words in (choices or {}).items():
        listed = DataValidation(type="list", formula1='"' + ",".join(words) + '"', allow_blank=True)
        letter = get_column_letter(column + 1)
        listed.add(f"{letter}2:{letter}{max(n, 2)}")
        sheet.data_validations.append(listed)


def _cell(sheet: Any, value: Any, **style: Any) -> Any:
    from openpyxl.cell import WriteOnlyCell

    text = None if value is None else str(value).translate(_CONTROL)[:_LONGEST]
    cell = WriteOnlyCell(sheet, value=None)
    if text:
        cell.value = text
        cell.data_type = "s"  # also what begins with "="
    for name, own in style.items():
        setattr(cell, name, own)
    return cell
