"""One list of departments and people: a code that grows by level, a name, an e-mail in the rows of people only → the
table of departments and that of posts. The header row, if there is one, is not needed: the values tell.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd

from orgaudit.reading import rows, values
from orgaudit.reading.files import Grid
from orgaudit.table import Column, SheetEntry, Source, Table

_CODE = r"[A-Za-z0-9]{1,80}"
_MAIL = r"[^\s@]+@[^\s@]+"


@dataclass
class Layout:
    """Columns of the list, the first row of its data (0-based, of the sheet), and which rows are departments."""

    code: int
    name: int
    email: int
    roles: int | None
    first: int
    unit: pd.Series  # boolean, labeled with the rows of the list


def detect(grid: Grid) -> Layout | None:
    """The layout, or None where the sheet is no such list.

    Rows without an e-mail name departments, each with a code of its own; codes have few lengths, nest by their
    beginnings, and nearly all people carry the code of a department.
    """
    if not 3 <= grid.width <= 8 or grid.height < 4:
        return None
    email = next(
        (c for c in grid.cells.columns if _share(grid.cells[c], _MAIL) > 0.8 and _blanks(grid.cells[c]) > 0.05), None
    )
    if email is None:
        return None
    body = grid.cells
    person = body[email].str.fullmatch(_MAIL).fillna(False).to_numpy(dtype=bool)
    for code in (c for c in body.columns if c < email and _share(body[c], _CODE) > 0.9):
        keys = body[code].str.strip()
        first = int(np.argmax(keys.str.fullmatch(_CODE).fillna(False).to_numpy(dtype=bool)))
        listed = np.arange(grid.height) >= first
        unit = listed & ~person & keys.notna().to_numpy()
        people = listed & person
        codes = keys[unit]
        if unit.sum() < 2 or not people.any() or codes.duplicated().any() or codes.str.len().nunique() > 8:
            continue
        if keys[people].isin(codes).mean() < 0.8 or not _beginnings(codes):
            continue
        name = next((c for c in body.columns if c not in (code, email) and body[c][unit].notna().all()), None)
        if name is None:
            continue
        roles = next((c for c in body.columns if c > email and body[c][people].notna().mean() > 0.5), None)
        if roles is not None and body[roles][unit].notna().mean() > 0.2:
            continue  # departments have no role: then it is something else
        at = body.index[first]
        return Layout(int(code), int(name), int(email), roles, int(at), pd.Series(unit, index=body.index).loc[at:])
    return None


def _share(cells: pd.Series, pattern: str) -> float:
    filled = cells.dropna().str.strip()
    return float(filled.str.fullmatch(pattern).mean()) if len(filled) else 0.0


def _blanks(cells: pd.Series) -> float:
    return float(cells.isna().mean())


def build(grid: Grid, layout: Layout) -> tuple[list[Table], SheetEntry]:
    """The two tables of a list and its ledger line."""
    body = grid.cells.loc[layout.first :]
    header = layout.first - 1 if layout.first - 1 in grid.cells.index else None
    texts = grid.cells.loc[header] if header is not None else pd.Series(dtype="str")

    def column(at: int) -> list[Column]:
        text = texts.get(at)
        return [Column(at, text if isinstance(text, str) else "", "values")]

    people = body[layout.email].notna().to_numpy(dtype=bool)
    units = layout.unit.to_numpy(dtype=bool)
    codes = body[layout.code][units].str.strip()
    departments = pd.DataFrame({"department_id": codes, "name": body[layout.name][units], "parent": _parents(codes)})
    posts = pd.DataFrame(
        {n: body[at][people] for n, at in (("department", layout.code), ("name", layout.name), ("email", layout.email))}
    )
    own = {"department": column(layout.code), "name": column(layout.name), "email": column(layout.email)}
    if layout.roles is not None:
        roles = body[layout.roles][people].map(values.split, na_action="ignore")
        posts["title"] = roles.map(lambda parts: parts[0] if parts else None, na_action="ignore")
        posts["further_posts"] = roles.map(lambda parts: "；".join(parts[1:]) or None, na_action="ignore")
        own |= {"title": column(layout.roles), "further_posts": column(layout.roles)}
    number = None if header is None else header + 1
    entry = SheetEntry(grid.file, grid.sheet, "posts", number, "mixed", own, rows=grid.height)
    entry.used = int(people.sum() + units.sum())
    entry.set_aside = +Counter(
        header=int(header is not None),
        title=grid.height - len(body) - int(header is not None),
        blank=len(body) - entry.used,
    )
    of_units = {"department_id": column(layout.code), "name": column(layout.name), "parent": column(layout.code)}
    entry.source = Source(grid.file, grid.sheet, number, own, "mixed")
    return [
        _table("departments", departments, Source(grid.file, grid.sheet, number, of_units, "mixed")),
        _table("posts", posts, entry.source),
    ], entry


def _table(kind: str, frame: pd.DataFrame, source: Source) -> Table:
    n = len(frame)
    row = frame.index.to_numpy(np.int32) + 1
    clean = frame.reset_index(drop=True).astype("str")
    for name in clean.columns:
        clean[name] = rows.clean(clean[name])
    return Table(kind, clean, np.zeros(n, np.int32), row, np.full(n, -1, np.int32), [source])


def _parents(codes: pd.Series) -> pd.Series:
    """Each code's parent: its beginning of the next shorter length in use; of the shortest the one code of the root.

    A beginning that no row has is kept, so that the broken tree is seen.
    """
    begun = _beginnings(codes)
    nested = sorted({len(code) for code in begun})
    alone = [code for code in codes if len(code) < min(nested) and code not in begun]
    root = alone[0] if len(alone) == 1 else None

    def parent(code: str) -> str | None:
        shorter = [n for n in nested if n < len(code)]
        return None if code == root else code[: shorter[-1]] if shorter else root

    return codes.map(parent)


def _beginnings(codes: pd.Series) -> set[str]:
    """Those codes with which others begin."""
    known, lengths = set(codes), sorted(codes.str.len().unique())
    return {code[:n] for code in codes for n in lengths if n < len(code) and code[:n] in known}
