"""What of a person a reader sees: by default nothing, titles stand for people."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from orgaudit import texts
from orgaudit.auditing import PERSON_MARK
from orgaudit.finding import Evidence
from orgaudit.organization import KINDS, Organization, Status

_MARKED = re.compile(f"{PERSON_MARK}[^{PERSON_MARK}]*{PERSON_MARK}")
_ALWAYS = {"name", "first_name", "last_name", "employee_id", "email", "phone", "distinguished_name"}


class Mask:
    """Shows or hides person fields; ``shown`` shows everything."""

    def __init__(self, org: Organization, *, shown: bool) -> None:
        self.org = org
        self.shown = shown
        self._personal: dict[tuple[str, str], set[int]] = {}

    def sentence(self, text: dict[str, str]) -> dict[str, str]:
        """A message pair with its marked names shown or replaced."""
        if self.shown:
            return {lang: one.replace(PERSON_MARK, "") for lang, one in text.items()}
        return {lang: _MARKED.sub(texts.get(lang)("checks.notes.hidden"), one) for lang, one in text.items()}

    def hides(self, table: str, field: str | None, row: int) -> bool:
        """Whether a cell may name a person and is therefore hidden."""
        if self.shown or field is None:
            return False
        if field in _ALWAYS and table == "posts":
            return True
        return row in self._rows(table, field)

    def _rows(self, table: str, field: str) -> set[int]:
        """Rows of a referring column that mean persons, or mean nothing known and so may be names."""
        if (table, field) not in self._personal:
            links = self.org.links.get((table, field))
            if links is None:
                rows: set[int] = set()
            else:
                unsure = np.isin(links.status, [Status.UNKNOWN, Status.AMBIGUOUS, *Status.GONE])
                if field in (
                    "department",
                    "provider",
                    "customer",
                    "parent",
                    "other_department",
                    "expected_department",
                    "support_department",
                ):
                    unsure[:] = False
                person = np.isin(links.kind, [KINDS.index("person"), KINDS.index("seat")])
                rows = set(links.row[unsure | person].tolist())
            self._personal[table, field] = rows
        return self._personal[table, field]

    def value(self, item: Evidence, text: str | None) -> str | None:
        """The value of an evidence cell, or a mark in its place."""
        return "***" if text is not None and self.hides(item.table, item.field, item.row) else text

    def row_cells(self, item: Evidence) -> list[list[Any]]:
        """The row around an evidence cell: [header, value, is it the cell]."""
        table = self.org.table(item.table)
        return [
            [header, "***" if self.hides(item.table, name, item.row) else text, name == item.field]
            for name, header, text in table.row_cells(item.row)
        ]
