"""Which table a grid is, where its header stands, and which column is which field."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache, lru_cache

from orgaudit import catalog
from orgaudit.reading import values
from orgaudit.reading.files import Grid
from orgaudit.table import Column

TEMPLATE, KNOWN, PATTERN = 3.0, 2.0, 1.5

_RUNNING_NUMBERS = {"序号", "no", "项次", "ref", "行号", "stepid", "sn"}
# Look-alikes of a superior that name a person; several are superiors in some layouts, so they serve only alone.
SUPERIOR_LAST = {"主管", "分管领导", "teamlead"}


@dataclass(frozen=True)
class Meaning:
    """What a header may mean."""

    table: str
    field: str
    weight: float
    order: int  # place in its list: earlier spellings are the commoner ones


@cache
def knowledge() -> dict[str, tuple[Meaning, ...]]:
    """Every known header key → what it may mean, from the template's headers and those of known systems."""
    known: dict[str, dict[tuple[str, str], Meaning]] = defaultdict(dict)

    barred = {
        (table, name): {values.header_key(text) for text in spec["not"]}
        for table, definition in catalog.toml("tables").items()
        for name, spec in definition["fields"].items()
        if "not" in spec
    }

    def learn(text: str, table: str, name: str, weight: float, order: int) -> None:
        for spelled in values.header_keys(text):
            if spelled in _RUNNING_NUMBERS or spelled in barred.get((table, name), ()):
                continue
            old = known[spelled].get((table, name))
            if old is None or (weight, -order) > (old.weight, -old.order):
                known[spelled][(table, name)] = Meaning(table, name, weight, order)

    for table, definition in catalog.toml("tables").items():
        for name, spec in definition["fields"].items():
            for text in (spec["en"], spec["zh"], name):
                learn(text, table, name, TEMPLATE, 0)
            for order, text in enumerate(spec.get("also", ())):
                learn(text, table, name, KNOWN, order)
    systems = catalog.json_file("headers")
    for group, mapped in catalog.toml("system_fields").items():
        table = mapped["table"]
        for system_field, name in mapped["fields"].items():
            entry = systems[f"{group}.{system_field}"]
            for lang in ("en", "zh"):
                for order, text in enumerate(entry.get(lang, ())):
                    if not (
                        name == "department_leader" and "assistant" in text.lower()
                    ):  # an assistant's box is no head's
                        learn(text, table, name, KNOWN, order)
    for lang in ("en", "zh"):
        for text in systems["people.NOT_manager"][lang]:
            for spelled in values.header_keys(text):
                if spelled not in SUPERIOR_LAST:
                    known.get(spelled, {}).pop(("posts", "superior"), None)
    return {spelled: tuple(meanings.values()) for spelled, meanings in known.items()}


@cache
def sheet_names() -> dict[str, str]:
    """Sheet-name keys → table."""
    return {
        values.header_key(text): table
        for table, definition in catalog.toml("tables").items()
        for text in (*definition["sheets"], definition["en"], definition["zh"])
    }


@cache
def patterns() -> tuple[tuple[re.Pattern[str], str, str], ...]:
    """(pattern of a header key, table, field): spellings that are made of the same few parts in every system."""
    return tuple(
        (re.compile(spec["pattern"]), table, name)
        for table, definition in catalog.toml("tables").items()
        for name, spec in definition["fields"].items()
        if "pattern" in spec
    )


@cache
def _no_superiors() -> frozenset[str]:
    listed = catalog.json_file("headers")["people.NOT_manager"]
    return frozenset(values.header_key(text) for lang in ("en", "zh") for text in listed[lang]) - SUPERIOR_LAST


def is_instruction(sheet: str | None) -> bool:
    """Whether a sheet's name says that it is a cover or tells people how to fill in the others."""
    return sheet is not None and values.header_key(sheet) in values.words("instruction_sheets")


@dataclass
class Layout:
    """How a grid is to be read: header rows (labels of the sheet, 0-based, first and last), the header text of every
    column, and the columns of every field."""

    table: str
    first: int
    last: int
    columns: dict[str, list[Column]]
    ignored: list[str] = field(default_factory=list)
    layout: str = "rows"
    score: float = 0.0
    texts: dict[int, str] = field(default_factory=dict)


@lru_cache(maxsize=20_000)
def meanings(text: str) -> tuple[Meaning, ...]:
    """What a header cell may mean; nothing for texts too long to be headers."""
    if len(text) > 60:
        return ()
    known = knowledge()
    for spelled in values.header_keys(text):
        if spelled in known:
            return known[spelled]
    for spelled in values.header_keys(text):
        if spelled not in _no_superiors():
            found = tuple(Meaning(t, n, PATTERN, 99) for pattern, t, n in patterns() if pattern.fullmatch(spelled))
            if found:
                return found
    return ()


def find(grid: Grid, rows_searched: int = 40) -> Layout | None:
    """The table whose headers a row of the grid, or two rows together, fit best, its columns still open; or None."""
    hint = _sheet_hint(grid)
    best: Layout | None = None
    above: dict[int, str] = {}
    for label in grid.cells.index[: min(rows_searched, grid.height)]:
        texts = row_texts(grid, label)
        options = [(label, texts, 0.0)]
        if len(above) >= 2 and texts:
            options.append((label - 1, paired(grid, label - 1, above, texts), 0.3))
        for first, spoken, margin in options:
            if len(spoken) < 2:
                continue
            for table, score in scores(spoken, hint).items():
                if best is None or score - margin > best.score + 0.01:
                    best = Layout(table, first, label, {}, score=score, texts=spoken)
        above = texts
    if best is None:
        return None
    if best.first == best.last:
        if best.first - 1 in grid.cells.index and _same_header(grid, best.first - 1, best.table):
            best.first -= 1
        elif _same_header(grid, best.first, best.table):
            best.last += 1
        if best.last > best.first:
            best.texts = row_texts(grid, best.last) | row_texts(grid, best.first)
    return best


def _is_one_header(text: str) -> bool:
    """Whether two labels together, as they stand, are a known header."""
    spelled = values.header_key(text)
    return spelled in knowledge() or any(pattern.fullmatch(spelled) for pattern, *_ in patterns())


def paired(grid: Grid, upper_row: int, upper: dict[int, str], lower: dict[int, str]) -> dict[int, str]:
    """Two header rows as one: a lower label below a group's name says both where that is a known header (``直接上级`` over
    ``工号``), else only itself; a label without one below it stands alone."""
    spread: dict[int, str] = {}
    held: dict[int, int] = {
        c: left for top, bottom, left, right in grid.merges if top == upper_row for c in range(left, right + 1)
    }
    last = None
    for column in range(max([*upper, *lower]) + 1):
        if column in upper:
            last = column
        source = held.get(column, last)
        if source is not None and source in upper:
            spread[column] = upper[source]
    texts: dict[int, str] = {}
    for column in sorted({*upper, *lower}):
        below, group = lower.get(column), spread.get(column)
        if below is None:
            texts[column] = upper[column]
        elif group and group != below and _is_one_header(group + below):
            texts[column] = group + below
        else:
            texts[column] = below
    return texts


def _sheet_hint(grid: Grid) -> str | None:
    names = sheet_names()
    for text in (grid.sheet or "", grid.file.rsplit(".", 1)[0]):
        spelled = values.header_key(text)
        if spelled in names:
            return names[spelled]
        inside = [name for name in names if len(name) >= 2 and name in spelled]
        if inside:
            return names[max(inside, key=len)]
    return None


def row_texts(grid: Grid, label: int) -> dict[int, str]:
    """The filled cells of a row: column → text."""
    row = grid.cells.loc[label]
    return {int(column): text for column, text in row.items() if isinstance(text, str) and text.strip()}


_PERSONAL = {
    "title",
    "employee_id",
    "superior",
    "email",
    "first_name",
    "position_id",
    "grade",
    "phone",
    "hire_date",
    "headcount",
}


def scores(texts: dict[int, str], hint: str | None = None) -> dict[str, float]:
    """Per table whose needs are met: the sum over its fields of how surely a header names it, rarer headers counting more."""
    fields: dict[str, dict[str, float]] = defaultdict(dict)
    for text in texts.values():
        found = meanings(text)
        tables = {meaning.table for meaning in found}
        for meaning in found:
            value = meaning.weight / TEMPLATE / len(tables) ** 0.5
            own = fields[meaning.table]
            own[meaning.field] = max(own.get(meaning.field, 0.0), value)
    if "departments" in fields and not _PERSONAL & set(fields.get("posts", ())):
        fields.pop("posts", None)  # units with codes and parents, and nobody in them
    result = {}
    tables_known = catalog.toml("tables")
    for table, own in fields.items():
        if len(own) < 2 or not all(any(name in own for name in group) for group in tables_known[table]["needs"]):
            continue
        result[table] = sum(own.values()) + (0.8 if table == hint else 0.0)
    return result


def _same_header(grid: Grid, label: int, table: str) -> bool:
    """Whether the row after ``label`` repeats its headers in other words (system keys above labels)."""
    if label + 1 not in grid.cells.index:
        return False
    above, below = row_texts(grid, label), row_texts(grid, label + 1)
    agreeing = 0
    for column, text in below.items():
        upper = {meaning.field for meaning in meanings(above.get(column, "")) if meaning.table == table}
        if upper & {meaning.field for meaning in meanings(text) if meaning.table == table}:
            agreeing += 1
    return agreeing >= 3 and agreeing * 2 >= len(below)
