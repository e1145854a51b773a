"""Which table a grid is, where its header stands, and which column is which field."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache

import pandas as pd

from orgaudit import catalog
from orgaudit.reading import values
from orgaudit.reading.files import Grid
from orgaudit.table import Column

TEMPLATE, KNOWN = 3.0, 2.0

_RUNNING_NUMBERS = {"序号", "no", "项次", "ref", "行号", "stepid", "sn"}
# Look-alikes of a superior that name a person; several are superiors in some layouts, so they serve only alone.
_SUPERIOR_LAST = {"主管", "分管领导", "teamlead"}


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

    def learn(text: str, table: str, name: str, weight: float, order: int) -> None:
        for spelled in values.header_keys(text):
            if spelled in _RUNNING_NUMBERS:
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
                if spelled not in _SUPERIOR_LAST:
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


@dataclass
class Layout:
    """How a grid is to be read: header rows (0-based, first and last) and the columns of every field."""

    table: str
    first: int
    last: int
    columns: dict[str, list[Column]]
    ignored: list[str] = field(default_factory=list)
    layout: str = "rows"
    score: float = 0.0


def meanings(text: str) -> tuple[Meaning, ...]:
    """What a header cell may mean; nothing for texts too long to be headers."""
    if len(text) > 60:
        return ()
    known = knowledge()
    for spelled in values.header_keys(text):
        if spelled in known:
            return known[spelled]
    return ()


def recognize(grid: Grid, rows_searched: int = 40) -> Layout | None:
    """The table whose headers a row of the grid fits best, or None."""
    hint = _sheet_hint(grid)
    best: Layout | None = None
    for index in range(min(rows_searched, grid.height)):
        texts = _row(grid, index)
        if len(texts) < 2:
            continue
        for table, score in _scores(texts, hint).items():
            if best is None or score > best.score + 0.01:
                best = Layout(table, index, index, {}, score=score)
    if best is None:
        return None
    if best.first and _same_header(grid, best.first - 1, best.table):
        best.first -= 1
    elif _same_header(grid, best.first, best.table):
        best.last += 1
    if _is_form(grid, best):
        return None
    _assign(grid, best)
    needs = catalog.toml("tables")[best.table]["needs"]
    if not all(any(name in best.columns for name in group) for group in needs):
        return None
    return best


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


def _row(grid: Grid, index: int) -> dict[int, str]:
    row = grid.cells.iloc[index]
    return {column: str(text) for column, text in row.items() if isinstance(text, str) and text.strip()}


def _scores(texts: dict[int, str], hint: str | None) -> dict[str, float]:
    """Per table: the sum over its fields of how surely a header of the row names it, rarer headers counting more."""
    fields: dict[str, dict[str, float]] = defaultdict(dict)
    for text in texts.values():
        found = meanings(text)
        tables = {meaning.table for meaning in found}
        for meaning in found:
            value = meaning.weight / TEMPLATE / len(tables) ** 0.5
            own = fields[meaning.table]
            own[meaning.field] = max(own.get(meaning.field, 0.0), value)
    scores = {}
    tables_known = catalog.toml("tables")
    for table, own in fields.items():
        if len(own) < 2 or not all(any(name in own for name in group) for group in tables_known[table]["needs"]):
            continue
        scores[table] = sum(own.values()) + (0.8 if table == hint else 0.0)
    return scores


def _same_header(grid: Grid, index: int, table: str) -> bool:
    """Whether the row after ``index`` repeats its headers in other words (system keys above labels)."""
    if index + 1 >= grid.height:
        return False
    above, below = _row(grid, index), _row(grid, index + 1)
    agreeing = 0
    for column, text in below.items():
        upper = {meaning.field for meaning in meanings(above.get(column, "")) if meaning.table == table}
        if upper & {meaning.field for meaning in meanings(text) if meaning.table == table}:
            agreeing += 1
    return agreeing >= 3 and agreeing * 2 >= len(below)


def _is_form(grid: Grid, layout: Layout) -> bool:
    """A form alternates labels and values: the rows below its first labels hold further labels, not values."""
    header = _row(grid, layout.first)
    labels = {column for column, text in header.items() if meanings(text)}
    if len(labels) * 5 > len(header) * 3:
        return False
    below = [_row(grid, index) for index in range(layout.last + 1, min(layout.last + 7, grid.height))]
    return sum(column in labels and bool(meanings(text)) for row in below for column, text in row.items()) >= 2


def _assign(grid: Grid, layout: Layout) -> None:
    """Give each column its field; where several claim one field, the surest header, then the values decide."""
    texts = _row(grid, layout.last) | _row(grid, layout.first)
    claims: dict[str, list[tuple[float, int, int]]] = defaultdict(list)
    options: dict[int, list[Meaning]] = {}
    for column, text in texts.items():
        found = [meaning for meaning in meanings(text) if meaning.table == layout.table]
        options[column] = sorted(found, key=lambda meaning: (-meaning.weight, meaning.order))
        for meaning in options[column][:1]:
            claims[meaning.field].append((meaning.weight, -meaning.order, column))
    body = grid.cells.iloc[layout.last + 1 : layout.last + 2001]
    taken: dict[str, list[int]] = {}
    for name, claimed in claims.items():
        if name == "department_level":
            taken[name] = sorted(column for *_, column in claimed)
        else:
            taken[name] = [_choose(name, claimed, texts, body)]
    used = {column for columns in taken.values() for column in columns}
    for column, found in options.items():  # a column that lost its first meaning may serve a second, unclaimed one
        if column not in used:
            second = next((meaning for meaning in found[1:] if meaning.field not in taken), None)
            if second is not None:
                taken[second.field] = [column]
                used.add(column)
    _title_or_code(taken, texts, body)
    sure = {column: found[0].weight >= TEMPLATE for column, found in options.items() if found}
    layout.columns = {
        name: [Column(column, texts[column].strip(), "template" if sure.get(column) else "known") for column in columns]
        for name, columns in taken.items()
    }
    for name, claimed in claims.items():
        if len(claimed) > 1 and name in layout.columns and name != "department_level":
            chosen = layout.columns[name][0]
            layout.columns[name] = [Column(chosen.index, chosen.header, "values")]
    layout.ignored = [text.strip() for column, text in texts.items() if column not in used]


def _choose(name: str, claimed: list[tuple[float, int, int]], texts: dict[int, str], body: pd.DataFrame) -> int:
    if len(claimed) == 1:
        return claimed[0][2]
    if name == "superior":
        plain = [claim for claim in claimed if values.header_key(texts[claim[2]]) not in _SUPERIOR_LAST]
        return max(
            plain or claimed,
            key=lambda claim: (_reference_rate(body, claim[2], texts), _id_like(body[claim[2]]), claim),
        )[2]
    if name in ("department", "title"):  # a name rather than a code; of several units the narrowest
        narrow = name == "department"
        return max(
            claimed,
            key=lambda claim: (
                _id_like(body[claim[2]]) < 0.8,
                claim[0] == TEMPLATE,
                body[claim[2]].nunique() if narrow else 0,
                claim[1],
                -claim[2],
            ),
        )[2]
    return max(claimed, key=lambda claim: (claim[0], body[claim[2]].notna().mean() > 0.3, claim[1], -claim[2]))[2]


def _reference_rate(body: pd.DataFrame, column: int, texts: dict[int, str]) -> float:
    """Share of a superior column's values that stand in some other column of the same table."""
    cells = body[column].dropna()
    if cells.empty:
        return 0.0
    spelled = set(values.keys(cells))
    best = 0.0
    for other in texts:
        if other != column:
            best = max(best, len(spelled & set(values.keys(body[other].dropna()))) / len(spelled))
    return round(best, 1)


def _id_like(cells: pd.Series) -> float:
    """Share of values that look like codes: digits, with at most a few letters before them."""
    filled = cells.dropna()
    if filled.empty:
        return 0.0
    return float(filled.str.fullmatch(r"\s*[A-Za-z]{0,6}[-_]?[\d０-９]+(?:\.0)?\s*").mean())


def _title_or_code(taken: dict[str, list[int]], texts: dict[int, str], body: pd.DataFrame) -> None:
    """A column headed Position or Job may hold codes: the values decide."""
    if "title" in taken and "position_id" not in taken and _id_like(body[taken["title"][0]]) > 0.8:
        taken["position_id"] = taken.pop("title")
    if "position_id" in taken and "title" not in taken and _id_like(body[taken["position_id"][0]]) < 0.2:
        header = values.header_key(texts[taken["position_id"][0]])
        if any(meaning.field == "title" for meaning in knowledge().get(header, ())):
            taken["title"] = taken.pop("position_id")
