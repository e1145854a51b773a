"""Which column is which field: the header says what it may mean, the values decide.

``Reports To`` may hold person ids, post ids, names, e-mails or directory names, and several columns may claim one field.
What was decided by the values says so, with the share of values that fit.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING

import pandas as pd

from orgaudit import catalog
from orgaudit.reading import headers, spelling, values
from orgaudit.table import Column

if TYPE_CHECKING:
    from orgaudit.reading.files import Grid
    from orgaudit.reading.headers import Layout, Meaning

SAMPLE = 2000  # rows that decide
_FURTHER = 0.5  # share of values that must fit for a second superior column to fill what the first leaves blank
_KEYS = ("employee_id", "position_id", "email", "name", "title", "phone", "distinguished_name", "department")
Claim = tuple[float, int, int]  # weight, minus order, column


def recognize(grid: Grid) -> Layout | None:
    """How a grid is to be read as rows of one table, or None."""
    layout = headers.find(grid)
    if layout is None:
        return None
    assign(grid, layout)
    needs = catalog.toml("tables")[layout.table]["needs"]
    return layout if all(any(name in layout.columns for name in group) for group in needs) else None


def assign(grid: Grid, layout: Layout) -> None:
    """Give each column its field; where several claim one field, the surest header, then the values decide."""
    texts = layout.texts
    body = grid.cells.loc[layout.last + 1 :].head(SAMPLE)
    options: dict[int, list[Meaning]] = {}
    claims: dict[str, list[Claim]] = defaultdict(list)
    for column, text in texts.items():
        found = [meaning for meaning in headers.meanings(text) if meaning.table == layout.table]
        options[column] = sorted(found, key=lambda meaning: (-meaning.weight, meaning.order))
        for meaning in options[column][:1]:
            claims[meaning.field].append((meaning.weight, -meaning.order, column))
    taken = {name: _choose(name, claimed, texts, body) for name, claimed in claims.items()}
    used = {column for columns in taken.values() for column in columns}
    for column, found in options.items():  # a column that lost its first meaning may serve a second, unclaimed one
        if column not in used:
            second = next((meaning for meaning in found[1:] if meaning.field not in taken), None)
            if second is not None:
                taken[second.field] = [column]
                used.add(column)
    if layout.table == "posts":
        _units(taken, claims, texts, body)
        _title_or_code(taken, texts, body)
        _periods(taken, texts, body)
    used = {column for columns in taken.values() for column in columns}
    sure = {column: found[0].weight >= headers.TEMPLATE for column, found in options.items() if found}
    layout.columns = {}
    for name, columns in taken.items():
        contested = len(claims.get(name, ())) > 1 and name != "department_level"
        layout.columns[name] = [
            Column(
                column,
                texts[column].strip(),
                _how(name, contested, bool(sure.get(column))),
                *_fit(name, column, taken, body),
            )
            for column in columns
        ]
    layout.ignored = [text.strip() for column, text in texts.items() if column not in used]


def _how(name: str, contested: bool, template: bool) -> str:
    return "values" if contested else "template" if template else "known"


def _fit(name: str, column: int, taken: dict[str, list[int]], body: pd.DataFrame) -> tuple[float | None, str | None]:
    """Of a reference to somebody, the share of values that stand in a column of the same table, and which field that is."""
    if name not in ("superior", "dotted_superior", "appraiser"):
        return None, None
    spelled = _references(body[column])
    if not len(spelled):
        return None, None
    best, against = 0.0, None
    for other in _KEYS:
        for at in taken.get(other, ()):
            own = _name_keys(body[at])
            rate = sum(bool(forms & own) for forms in spelled) / len(spelled)
            if rate > best:
                best, against = rate, other
    return round(best, 2), against


def _choose(name: str, claimed: list[Claim], texts: dict[int, str], body: pd.DataFrame) -> list[int]:
    if name == "department_level":
        return sorted(column for *_, column in claimed)
    if len(claimed) == 1:
        return [claimed[0][2]]
    if name == "superior":
        plain = [claim for claim in claimed if values.header_key(texts[claim[2]]) not in headers.SUPERIOR_LAST]
        rated = [
            ((_reference_rate(body, claim[2], texts), _id_like(body[claim[2]]), claim), claim[2])
            for claim in plain or claimed
        ]
        rated.sort(reverse=True)
        return [rated[0][1], *(column for (rate, *_), column in rated[1:] if rate >= _FURTHER)]
    if name in ("department", "title"):  # a name rather than a code; of several units the narrowest
        narrow = name == "department"
        return [
            max(
                claimed,
                key=lambda claim: (
                    _id_like(body[claim[2]]) < 0.8,
                    claim[0] == headers.TEMPLATE,
                    body[claim[2]].nunique() if narrow else 0,
                    claim[1],
                    -claim[2],
                ),
            )[2]
        ]
    return [max(claimed, key=lambda claim: (claim[0], body[claim[2]].notna().mean() > 0.3, claim[1], -claim[2]))[2]]


def _references(cells: pd.Series) -> list[set[str]]:
    """Per distinct value, the keys under which it may be known: each of its parts, without brackets and with theirs."""
    return [spelling.forms(str(text)) for text in cells.dropna().unique()]


def _name_keys(cells: pd.Series) -> set[str]:
    return {
        form
        for text in cells.dropna().unique()
        for form in (*spelling.name_forms(str(text)), spelling.damaged_id(str(text)))
    }


def _reference_rate(body: pd.DataFrame, column: int, texts: dict[int, str]) -> float:
    """Share of a superior column's values that stand in some other column of the same table that is no superior column."""
    spelled = _references(body[column])
    if not spelled:
        return 0.0
    best = 0.0
    for other in texts:
        if other == column or any(m.field == "superior" for m in headers.meanings(texts[other])):
            continue
        own = _name_keys(body[other])
        best = max(best, sum(bool(forms & own) for forms in spelled) / len(spelled))
    return round(best, 1)


def _id_like(cells: pd.Series) -> float:
    """Share of values that look like codes: digits, with at most a few letters before them."""
    filled = cells.dropna()
    if filled.empty:
        return 0.0
    return float(filled.str.fullmatch(r"\s*[A-Za-z]{0,6}[-_. ]?[\d０-９]+(?:\.0)?\s*").mean())


def _title_or_code(taken: dict[str, list[int]], texts: dict[int, str], body: pd.DataFrame) -> None:
    """A column headed Position or Job may hold codes: the values decide."""
    if "title" in taken and "position_id" not in taken and _id_like(body[taken["title"][0]]) > 0.8:
        taken["position_id"] = taken.pop("title")
    if "position_id" in taken and "title" not in taken and _id_like(body[taken["position_id"][0]]) < 0.2:
        header = values.header_key(texts[taken["position_id"][0]])
        if any(meaning.field == "title" for meaning in headers.knowledge().get(header, ())):
            taken["title"] = taken.pop("position_id")


def _periods(taken: dict[str, list[int]], texts: dict[int, str], body: pd.DataFrame) -> None:
    """A start date is that of a period, not of the hire, where persons have numbered rows with different dates."""
    if "valid_from" in taken or "hire_date" not in taken or "employee_id" not in taken:
        return
    column = taken["hire_date"][0]
    if values.header_key(texts[column]) not in ("startdate", "effectivestartdate", "开始日期"):
        return
    person, date = body[taken["employee_id"][0]], body[column]
    moving = "valid_to" in taken and bool(date.groupby(person).nunique().gt(1).any())
    if "sequence" in taken or moving:
        taken["valid_from"] = taken.pop("hire_date")


@cache
def _unit_ranks() -> dict[str, int]:
    listed = catalog.toml("words")["unit_levels"]
    return {values.header_key(name): rank for rank, names in enumerate(listed) for name in names}


def _units(
    taken: dict[str, list[int]], claims: dict[str, list[Claim]], texts: dict[int, str], body: pd.DataFrame
) -> None:
    """Code and name of one unit are told apart; several units of different breadth are levels of one tree, where each
    narrower one lies in a single broader one."""
    if "department_code" in taken and not {"department", "department_level"} & set(taken):
        taken["department"] = taken.pop("department_code")
    if "department" not in taken or "department_level" in taken:
        return
    ranks = _unit_ranks()
    claimed = [column for *_, column in claims.get("department", ())]
    codes = [c for c in claimed if c != taken["department"][0] and _id_like(body[c]) > 0.8]
    if codes and "department_code" not in taken:
        taken["department_code"] = codes[:1]
    named = sorted(
        (ranks[values.header_key(texts[c])], c)
        for c in claimed
        if c not in codes and values.header_key(texts[c]) in ranks and _id_like(body[c]) < 0.8
    )
    by_rank = dict(reversed(named))
    levels = [by_rank[rank] for rank in sorted(by_rank)]
    levels = [c for c in levels if body[c].nunique() > 1 or c == taken["department"][0]]
    if len(levels) < 2 or any("/" in t or ">" in t for t in body[levels[-1]].dropna().head(50)):
        return
    for broad, narrow in itertools.pairwise(levels):
        pairs = body[[broad, narrow]].dropna()
        pairs = pairs[pairs[broad] != pairs[narrow]].drop_duplicates()
        if pairs[narrow].duplicated().mean() > 0.1 if len(pairs) else False:
            return
    del taken["department"]
    taken["department_level"] = levels
