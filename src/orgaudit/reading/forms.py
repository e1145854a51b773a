"""Forms that describe one position, label beside value (岗位说明书), one or several in a sheet → posts, duties,
authorities and indicators that still know their cells."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
import pandas as pd

from orgaudit import catalog
from orgaudit.reading import headers, rows, values
from orgaudit.reading.files import Grid
from orgaudit.table import Column, SheetEntry, Source, Table

_LARGEST = 600  # rows; a longer sheet is no form
_NUMBERED = re.compile(r"(?:^|\n|(?<=[。；;]))\s*(?:[(（]\d+[)）]|\d+\s*[.、．)）]|[①-⑳]|[•·\-*]\s)\s*")


@cache
def _labels() -> dict[str, tuple[str, str]]:
    """Label key → (table or part, field)."""
    listed = catalog.toml("forms")
    found = {values.header_key(text): ("posts", "title") for text in listed["title"]}
    for name, texts in listed["posts"].items():
        found |= {values.header_key(text): ("posts", name) for text in texts}
    for part in ("qualifications", "duties", "authorities", "indicators", "services", "other"):
        found |= {
            values.header_key(text): (part, "")
            for text in listed[part]["labels"]
            if values.header_key(text) not in found
        }
    return found


_SECTION = re.compile(r"^\s*(?:[一二三四五六七八九十]+|\d+|[IVX]+)\s*[、.．)）]\s*")


def label(text: object) -> tuple[str, str] | None:
    """What a label cell of a form means, or None."""
    if not isinstance(text, str) or len(text) > 24:
        return None
    return _labels().get(values.header_key(_SECTION.sub("", text)).rstrip("：:"))


def split(grid: Grid) -> list[Grid]:
    """The forms of a sheet, top to bottom; empty where it holds none.

    A form has a label for the title of the position with a value beside it, and at least three further labels of which
    one is the superior, the department or a block of duties.
    """
    if not 3 <= grid.height <= _LARGEST or grid.width < 2 or grid.width > 30:
        return []
    tops = [
        at
        for at in range(grid.height)
        if any(label(text) == ("posts", "title") and _beside(grid, at, c) for c, text in _cells(grid, at))
    ]
    if not tops or any(_is_header(grid, at) for at in range(grid.height)):
        return []
    starts = []
    for top in tops:
        first = top
        while first > 0 and len(_cells(grid, first - 1)) <= 1 and first - 1 not in tops and _cells(grid, first - 1):
            first -= 1
        starts.append(first)
    edges = [0, *starts[1:], grid.height]
    parts = [replace(grid, cells=grid.cells.iloc[a:b]) for a, b in itertools.pairwise(edges)]
    return parts if all(_is_form(part) for part in parts) else []


def _is_header(grid: Grid, at: int) -> bool:
    """Whether a row heads a table of posts: four headers or more, and little else."""
    cells = _cells(grid, at)
    known = sum(any(m.table == "posts" for m in headers.meanings(text)) for _, text in cells)
    return known >= 4 and known * 5 > len(cells) * 3


def _is_form(grid: Grid) -> bool:
    seen = {
        meaning
        for at in range(grid.height)
        for c, text in _cells(grid, at)
        if (meaning := label(text)) and (_beside(grid, at, c) or not meaning[1])
    }
    telling = seen & {("posts", "superior"), ("posts", "department"), ("duties", "")}
    return len(seen) >= 4 and bool(telling) and ("posts", "title") in seen


def _cells(grid: Grid, at: int) -> list[tuple[int, str]]:
    row = grid.cells.iloc[at]
    return [(int(c), text.strip()) for c, text in row.items() if isinstance(text, str) and text.strip()]


def _beside(grid: Grid, at: int, column: int) -> tuple[int, str] | None:
    """The value cell of a label: the next filled cell to the right. In a row of labels alone nothing is a value."""
    cells = _cells(grid, at)
    if sum(label(text) is not None for _, text in cells) * 2 > len(cells) + 1:
        return None
    following = next(((c, text) for c, text in cells if c > column), None)
    if following is None or following[1].endswith(("：", ":")):
        return None
    further = next((text for c, text in cells if c > following[0]), None)
    if label(following[1]) and (further is None or not label(further)):
        return None if further is not None else following  # label, label, value: the first has none
    return following


@dataclass
class _Form:
    """What a form says, each value with its row position and column."""

    post: dict[str, tuple[int, int, str]] = field(default_factory=dict)
    header: dict[str, str] = field(default_factory=dict)
    lines: dict[str, list[dict[str, tuple[int, int, str]]]] = field(default_factory=dict)
    qualifications: list[str] = field(default_factory=list)
    used: set[int] = field(default_factory=set)


def build(grid: Grid) -> tuple[list[Table], SheetEntry]:
    """The tables of one form and its ledger line, whose rows are those of the sheet."""
    form = _read(grid)
    offset = int(grid.cells.index[0])
    tables = [_table("posts", [form.post], form, grid, offset)]
    title = form.post.get("title")
    place = form.post.get("department")
    for kind, subject in (("duties", "position"), ("authorities", "position"), ("indicators", "bearer")):
        lines = form.lines.get(kind, [])
        for line in lines:
            if title:
                line[subject] = title
            if place and kind != "indicators":
                line["department"] = place
        if lines:
            tables.append(_table(kind, lines, form, grid, offset))
    first = tables[0].sources[0]
    entry = SheetEntry(grid.file, grid.sheet, "posts", None, "form", first.columns, source=first)
    entry.rows, entry.used = grid.height, len(form.used)
    for at in range(grid.height):
        if at not in form.used:
            filled = _cells(grid, at)
            entry.set_aside["blank" if not filled else "title" if len(filled) == 1 else "note"] += 1
    return tables, entry


def _table(kind: str, lines: list[dict[str, tuple[int, int, str]]], form: _Form, grid: Grid, offset: int) -> Table:
    names = list(dict.fromkeys(name for line in lines for name in line))
    frame = pd.DataFrame({n: pd.Series([line.get(n, (0, 0, None))[2] for line in lines], dtype="str") for n in names})
    frame = frame.where(frame.notna(), None).astype("str")
    for name in names:
        frame[name] = rows.clean(frame[name])
    columns = {
        n: [Column(next(line[n][1] for line in lines if n in line), form.header.get(n, n), "form")] for n in names
    }
    subject = {"posts": "title", "duties": "statement", "authorities": "matter", "indicators": "indicator"}[kind]
    row = np.array([offset + line[subject][0] + 1 if subject in line else offset + 1 for line in lines], np.int32)
    source = Source(grid.file, grid.sheet, None, columns, "form")
    return Table(kind, frame, np.zeros(len(lines), np.int32), row, np.full(len(lines), -1, np.int32), [source])


def _read(grid: Grid) -> _Form:
    form = _Form()
    block = ""
    header: dict[str, int] = {}
    for at in range(grid.height):
        cells = _cells(grid, at)
        if not cells:
            block = "" if block != "duties" else block
            continue
        named = [(c, text, meaning) for c, text in cells if (meaning := label(text))]
        first = label(cells[0][1])
        if first and first[0] in ("duties", "indicators") and len(cells) > 2:  # 岗位职责 beside the header of its lines
            known = _header(cells[1:], catalog.toml("forms")[first[0]]["columns"], least=1)
            if known:
                block, header = first[0], known
                form.used.add(at)
                continue
        if first and not first[1] and len(cells) == 1:  # the title of a block of lines
            block, header = first[0], {}
            form.used.add(at)
            continue
        if first and not first[1]:
            found = _beside(grid, at, cells[0][0])
            if found and first[0] != "other":
                _take_lines(form, first[0], at, found)
                form.used.add(at)
                block, header = (first[0], {}) if len(cells) <= 3 and first[0] == "duties" else ("", {})
                continue
        values_of = [(meaning, text, _beside(grid, at, c)) for c, text, meaning in named]
        if any(meaning[0] == "posts" and found for meaning, _, found in values_of):
            for meaning, text, found in values_of:
                if found and meaning[0] == "posts":
                    form.post.setdefault(meaning[1], (at, found[0], _tidy(meaning[1], found[1])))
                    form.header.setdefault(meaning[1], text)
                elif found and meaning[0] == "qualifications":
                    form.qualifications.append(found[1])
            form.used.add(at)
            block, header = "", {}
            continue
        if block in ("duties", "indicators"):
            known = _header(cells, catalog.toml("forms")[block]["columns"])
            if known:
                header = known
                form.used.add(at)
                continue
            if not first or first[0] == block:
                _take_row(form, block, at, cells, header)
                continue
        if first and first[0] == "other":
            block = ""
    if form.qualifications:
        at, column, _ = form.post.get("title", (0, 0, ""))
        form.post["qualifications"] = (at, column, "；".join(form.qualifications))
    return form


def _header(cells: list[tuple[int, str]], known: dict[str, list[str]], least: int = 2) -> dict[str, int]:
    """Columns of a table inside a form: field → column; empty where the row is no header."""
    found: dict[str, int] = {}
    for column, text in cells:
        spelled = values.header_key(text)
        for name, words in known.items():
            if spelled in words and name not in found:
                found[name] = column
                break
    subject = next(iter(known))
    return found if subject in found and len(found) >= least else {}


def _take_row(form: _Form, block: str, at: int, cells: list[tuple[int, str]], header: dict[str, int]) -> None:
    subject = "statement" if block == "duties" else "indicator"
    line: dict[str, tuple[int, int, str]] = {}
    if header:
        by_column = dict(cells)
        line = {n: (at, c, by_column[c]) for n, c in header.items() if c in by_column}
    else:
        texts = [(c, text) for c, text in cells if not re.fullmatch(r"\d+[.、．]?|[①-⑳]", text)]
        if texts:
            c, text = texts[0]
            line[subject] = (at, c, _NUMBERED.sub("", text).strip())
    if line.get(subject, (0, 0, ""))[2]:
        form.lines.setdefault(block, []).append(line)
        form.used.add(at)


def _take_lines(form: _Form, part: str, at: int, found: tuple[int, str]) -> None:
    """A label with its lines in the cell beside it."""
    column, text = found
    if part == "qualifications":
        form.qualifications.append(text)
        return
    subject = {"duties": "statement", "authorities": "matter", "indicators": "indicator"}.get(part)
    if subject is None or values.key(text) in values.words("empty"):
        return
    for piece in re.split(r"[\n；;]", _NUMBERED.sub("\n", text)):
        piece = piece.strip(" 。.　")
        if not piece or values.key(piece) in values.words("empty"):
            continue
        line = {subject: (at, column, piece)}
        if part == "authorities":
            power, amount = _right(piece)
            line["power"] = (at, column, power)
            if amount:
                line["limit_to"] = (at, column, amount)
        form.lines.setdefault(part, []).append(line)


_RIGHTS = (
    (r"建议|提名|提出|申请|推荐|propose|recommend|request", "propose"),
    (r"审核|复核|review|check|endorse", "review"),
    (r"审批|批准|核准|决定|决策|签发|任免|approve|decide|sign|authori[sz]e", "approve"),
    (r"知情|inform", "inform"),
)


def _right(text: str) -> tuple[str, str | None]:
    """(power, amount) of a right written as a sentence: ``5万元以下采购审批权``; what names no power is execution."""
    from orgaudit.reading import marks

    power = next((name for pattern, name in _RIGHTS if re.search(pattern, text, re.IGNORECASE)), "execute")
    amount = re.search(marks.BAND, text, re.IGNORECASE)
    return power, amount.group() if amount and "%" not in amount.group() else None


def _tidy(name: str, text: str) -> str:
    if name == "headcount":
        found = re.search(r"\d+", text)
        return found.group() if found else text
    return text
