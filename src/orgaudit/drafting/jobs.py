"""Job descriptions drafted from audited data: one per position or family (same title, same department, same duties).

What the data holds is taken over as written; what it lacks is shown as a gap. Qualifications are drafted from job facts
only and stay to be confirmed; nothing is derived from persons.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import defaultdict
from typing import Any

import numpy as np
import pandas as pd

from orgaudit import texts
from orgaudit.auditing import PERSON_MARK, Audit
from orgaudit.drafting import qualifications
from orgaudit.finding import SEVERITIES, Finding
from orgaudit.organization import Organization
from orgaudit.reading import values

Pair = dict[str, str]
_POWERS = ("propose", "review", "countersign", "deliberate", "approve", "execute", "record", "inform", "other")


def draft(audit: Audit, *, names: bool) -> list[dict[str, Any]]:
    """All job descriptions in the order of the chart's departments; ``names`` adds incumbents and names in findings."""
    desk = _Desk(audit, names)
    return [desk.job(family) for family in desk.families()]


def count(audit: Audit) -> int:
    """How many positions there are to describe."""
    return int(audit.org.listed_positions.sum())


class _Desk:
    """Indexes over the audited data, built once, from which each description is put together."""

    def __init__(self, audit: Audit, names: bool) -> None:
        self.audit = audit
        self.org = org = audit.org
        self.names = names
        self._named: dict[str, dict[int, str]] = {}
        duties = org.work.duties
        self.duties = (
            {int(p): part for p, part in duties[(duties["position"] >= 0).to_numpy()].groupby("position")}
            if len(duties)
            else {}
        )
        rights = org.work.rights
        self.rights = {int(p): part for p, part in rights.groupby("position")} if len(rights) else {}
        self.indicator_rows: dict[int, list[int]] = defaultdict(list)
        frame = org.work.indicators
        seat_position = org.seats["position"].to_numpy()
        for kind, index, row in zip(frame["kind"], frame["index"], frame["row"], strict=True):
            if kind == 1:
                self.indicator_rows[int(index)].append(int(row))
            elif kind in (2, 3):
                seats = org.person_seats(int(index)) if kind == 2 else np.array([index])
                for position in np.unique(seat_position[seats]):
                    self.indicator_rows[int(position)].append(int(row))
        self.findings: dict[int, list[Finding]] = defaultdict(list)
        for finding in audit.findings:
            if finding.status == "open":
                for position in {int(seat_position[s]) for s in finding.seats} | self._named_positions(finding):
                    self.findings[position].append(finding)
        solid = org.solid[(org.solid["target"] >= 0).to_numpy()]
        self.superiors = _pairs(seat_position[solid["seat"].to_numpy()], solid["position"].to_numpy())
        self.subordinates = _pairs(solid["position"].to_numpy(), seat_position[solid["seat"].to_numpy()])

    def _named_positions(self, finding: Finding) -> set[int]:
        primary = finding.about[0]
        return {int(primary[1])} if primary[0] == "position" else set()

    def families(self) -> list[list[int]]:
        """Positions of one title in one department with the same duties, described together."""
        org = self.org
        groups: dict[tuple[Any, ...], list[int]] = {}
        described = org.listed_positions | np.isin(np.arange(len(org.positions)), list(self.duties))
        for position in np.flatnonzero(described).tolist():
            title, department = org.positions["title"].iat[position], int(org.positions["department"].iat[position])
            own = self.duties.get(position)
            duties = tuple(sorted(own["statement"].dropna())) if own is not None else ()
            key = (department, values.key(title), duties) if isinstance(title, str) else (position,)
            groups.setdefault(key, []).append(position)
        order = {d: i for i, d in enumerate(_tree_order(org))}
        return sorted(
            groups.values(),
            key=lambda family: (
                order.get(int(org.positions["department"].iat[family[0]]), len(order)),
                self._depth(family[0]),
                family[0],
            ),
        )

    def _depth(self, position: int) -> int:
        return int(self.org.depth[self.org.position_seats(position)[0]])

    def job(self, family: list[int]) -> dict[str, Any]:
        """One description as plain data (see templates/jobs)."""
        org, first = self.org, family[0]
        row = int(org.positions["row"].iat[first])
        posts = org.table("posts")
        seats = np.concatenate([org.position_seats(p) for p in family])
        department = int(org.positions["department"].iat[first])
        found = sorted(
            {f.id: f for p in family for f in self.findings.get(p, ())}.values(),
            key=lambda f: SEVERITIES.index(f.severity),
        )
        duties, catch_all = self._duties(first, found)
        rights = self._rights(first, found)
        indicators = self._indicators(first, found)
        title = org.positions["title"].iat[first]
        purpose = posts.value(row, "purpose")
        job = {
            "file": self._file(first),
            "title": str(title) if isinstance(title, str) else org.position_key(first),
            "code": _text(org.positions["id"].iat[first]) if len(family) == 1 else None,
            "department": str(org.departments["name"].iat[department]) if department >= 0 else "",
            "department_path": " / ".join(
                str(org.departments["name"].iat[d]) for d in reversed(org.department_line(department))
            ),
            "grade": posts.value(row, "grade"),
            "superior": [org.position_name(p) for p in self._others(self.superiors, family)],
            "dotted": self._dotted(seats),
            "subordinates": [
                {"title": org.position_name(p), "n": int(org.positions["seats"].iat[p])}
                for p in self._others(self.subordinates, family)
            ],
            "peers": self._peers(family),
            "headcount": self._headcount(family, seats),
            "location": posts.value(row, "location"),
            "purpose": purpose,
            "purpose_drafted": False,
            "is_new": values.key(posts.value(row, "is_new") or "") in values.words("yes"),
            "incumbents": self._incumbents(seats) if self.names else [],
            "duties": duties,
            "catch_all": catch_all,
            "rights": rights,
            "relations": {"inside": self._relations(department), "outside": []},
            "indicators": indicators,
            "qualifications": self._qualifications(first, str(title)),
            "conditions": [{"text": posts.value(row, "conditions"), "drafted": False}]
            if posts.value(row, "conditions")
            else [],
            "development": None,
            "open_findings": self._margin(found),
            "structure_settled": not any(f.gate == 1 and f.severity == "blocker" for f in found),
            "as_of": self.audit.as_of.isoformat(),
            "version": texts.both("drafting.draft"),
        }
        job["gaps"] = [
            name
            for name in ("superior", "duties", "rights", "indicators", "purpose", "conditions", "grade")
            if not job[name]
        ]
        return job

    def _margin(self, found: list[Finding]) -> list[dict[str, Any]]:
        """Findings as the margin shows them: one for all incumbents of the position who have the same one."""
        margin: dict[tuple[str, str], dict[str, Any]] = {}
        for finding in found:
            message = self._sentence(finding)
            remedy = texts.both(f"checks.{finding.code}.remedy")
            entry = {
                "id": finding.id,
                "code": finding.code,
                "severity": finding.severity,
                "message": message,
                "remedy": remedy,
            }
            margin.setdefault((finding.code, message["en"]), entry)
        return list(margin.values())

    def _sentence(self, finding: Finding) -> Pair:
        hidden = {lang: texts.get(lang)("checks.notes.hidden") for lang in texts.LANGUAGES}
        pattern = re.compile(f"{PERSON_MARK}[^{PERSON_MARK}]*{PERSON_MARK}")
        if self.names:
            return {lang: text.replace(PERSON_MARK, "") for lang, text in finding.message.items()}
        return {lang: pattern.sub(hidden[lang], text) for lang, text in finding.message.items()}

    def _others(self, of: dict[int, list[int]], family: list[int]) -> list[int]:
        return list(dict.fromkeys(p for own in family for p in of.get(own, ()) if p not in family))

    def _peers(self, family: list[int]) -> list[dict[str, Any]]:
        org = self.org
        above = self._others(self.superiors, family)[:1]
        beside = [p for p in self.subordinates.get(above[0], ()) if p not in family] if above else []
        return [{"title": org.position_name(p), "n": int(org.positions["seats"].iat[p])} for p in dict.fromkeys(beside)]

    def _dotted(self, seats: np.ndarray) -> list[dict[str, Any]]:
        org = self.org
        lines = (
            org.dotted[(org.dotted["target"] >= 0).to_numpy() & org.dotted["seat"].isin(seats).to_numpy()]
            if len(org.dotted)
            else org.dotted
        )
        posts = org.table("posts")
        found = {
            org.position_name(int(p)): posts.value(int(r), "dotted_scope")
            for p, r in zip(lines["position"], lines["row"], strict=True)
        }
        return [{"title": title, "scope": scope or ""} for title, scope in found.items()]

    def _headcount(self, family: list[int], seats: np.ndarray) -> dict[str, Any]:
        org = self.org
        given = [
            values.number(org.table("posts").value(int(org.positions["row"].iat[p]), "headcount") or "") for p in family
        ]
        known = [int(number) for number in given if number is not None]
        return {
            "approved": sum(known) if known else None,
            "actual": int(org.occupied[seats].sum()),
            "vacant": int(org.vacant[seats].sum()),
        }

    def _incumbents(self, seats: np.ndarray) -> list[str]:
        people = self.org.seats["person"].to_numpy()[seats]
        return [
            str(self.org.persons["name"].iat[int(p)])
            for p in people
            if p >= 0 and isinstance(self.org.persons["name"].iat[int(p)], str)
        ]

    def _marks(self, found: list[Finding], table: str, row: int) -> list[str]:
        return [f.id for f in found if any(e.table == table and e.row == row for e in f.evidence)]

    def _duties(self, position: int, found: list[Finding]) -> tuple[list[dict[str, Any]], str | None]:
        """Duties, the weightiest first; a catch-all line closes the list and is not counted."""
        own = self.duties.get(position)
        if own is None:
            return [], None
        table = self.org.table("duties")
        lines: list[dict[str, Any]] = []
        weights: list[float] = []
        for row in dict.fromkeys(own.loc[~own["catch_all"].to_numpy(dtype=bool), "row"].tolist()):
            lines.append(
                {
                    "statement": table.value(row, "statement") or "",
                    "function": table.value(row, "function"),
                    "role": table.value(row, "role"),
                    "share": _percent(table.value(row, "share")),
                    "standard": table.value(row, "standard"),
                    "frequency": table.value(row, "frequency"),
                    "indicators": self._linked(row),
                    "marks": self._marks(found, "duties", row),
                }
            )
            weights.append(values.number(table.value(row, "share") or "") or 0.0)
        lines = [lines[i] for i in sorted(range(len(lines)), key=lambda i: -weights[i])]
        rest = own.loc[own["catch_all"].to_numpy(dtype=bool), "text"]
        return lines, str(rest.iloc[0]) if len(rest) else None

    def _linked(self, row: int) -> list[str]:
        """Indicators that name the duty by id or words."""
        if "indicators" not in self.org.review:
            return []
        table, duties = self.org.table("indicators"), self.org.table("duties")
        keys = {values.key(text) for text in (duties.value(row, "duty_id"), duties.value(row, "statement")) if text}
        return [table.value(i, "indicator") or "" for key in keys for i in self._by_duty().get(key, ())]

    def _by_duty(self) -> dict[str, list[int]]:
        if not hasattr(self, "_duty_index"):
            self._duty_index: dict[str, list[int]] = defaultdict(list)
            for i, key in enumerate(values.keys(self.org.table("indicators").text("duty"))):
                if isinstance(key, str):
                    self._duty_index[key].append(i)
        return self._duty_index

    def _rights(self, position: int, found: list[Finding]) -> list[dict[str, Any]]:
        own = self.rights.get(position)
        if own is None:
            return []
        table = self.org.table("authorities")
        return [
            {
                "matter": table.value(int(row), "matter") or table.value(int(row), "function") or "",
                "power": texts.both(f"drafting.power.{power}")
                if power in _POWERS[:-1]
                else {lang: table.value(int(row), "power") or "" for lang in texts.LANGUAGES},
                "limit": " – ".join(
                    text for text in (table.value(int(row), "limit_from"), table.value(int(row), "limit_to")) if text
                ),
                "condition": table.value(int(row), "condition"),
                "marks": self._marks(found, "authorities", int(row)),
            }
            for row, power in zip(own["row"], own["power"], strict=True)
        ]

    def _relations(self, department: int) -> list[dict[str, Any]]:
        """Services of the position's department, given and received."""
        if "services" not in self.org.review or department < 0:
            return []
        org, table = self.org, self.org.table("services")
        provider, customer = (org.link("services", name).found("department") for name in ("provider", "customer"))
        names = org.departments["name"]
        line = set(org.department_line(department))
        gives, takes = defaultdict(list), defaultdict(list)
        for row, d in zip(provider.row, provider.index, strict=True):
            gives[int(row)].append(int(d))
        for row, d in zip(customer.row, customer.index, strict=True):
            takes[int(row)].append(int(d))
        result = []
        for row in range(len(table)):
            for mine, others, direction in ((gives[row], takes[row], "gives"), (takes[row], gives[row], "receives")):
                if line & set(mine):
                    result += [
                        {
                            "department": str(names.iat[d]),
                            "matter": table.value(row, "service") or "",
                            "direction": direction,
                            "standard": table.value(row, "standard"),
                        }
                        for d in others
                    ]
        return result

    def _indicators(self, position: int, found: list[Finding]) -> list[dict[str, Any]]:
        if "indicators" not in self.org.review:
            return []
        table = self.org.table("indicators")
        return [
            {
                "name": table.value(row, "indicator") or "",
                "weight": table.value(row, "weight"),
                "target": table.value(row, "target"),
                "formula": table.value(row, "formula"),
                "source": self._source(row),
                "appraiser": self._titles("appraiser").get(row),
                "signed": table.value(row, "sign_off"),
                "marks": self._marks(found, "indicators", row),
            }
            for row in dict.fromkeys(self.indicator_rows.get(position, ()))
        ]

    def _source(self, row: int) -> str | None:
        """Where the data come from; a person is spoken of by title."""
        named = self._titles("data_provider").get(row)
        given = self.org.table("indicators").value(row, "data_provider")
        unresolved = self.org.link("indicators", "data_provider")
        return named or (given if self.names or row not in set(unresolved.row.tolist()) else None)

    def _titles(self, name: str) -> dict[int, str]:
        """Row of the indicators → who a column means, by title; worked out once."""
        if name not in self._named:
            links = self.org.link("indicators", name).found()
            self._named[name] = {
                int(r): self._title(int(k), int(i)) for r, k, i in zip(links.row, links.kind, links.index, strict=True)
            }
        return self._named[name]

    def _title(self, kind: int, index: int) -> str:
        org = self.org
        if kind == 0:
            return str(org.departments["name"].iat[index])
        if kind == 1:
            return org.position_name(index)
        seats = org.person_seats(index) if kind == 2 else np.array([index])
        return org.seat_names(seats[:1])[0] if len(seats) else ""

    def _qualifications(self, position: int, title: str) -> list[dict[str, Any]]:
        """What the file says, if it is lawful; else a draft from level, function and duties."""
        posts = self.org.table("posts")
        given = posts.value(int(self.org.positions["row"].iat[position]), "qualifications") or self._registered(
            position
        )
        if given and qualifications.lawful(given):
            return [
                {"kind": texts.both("drafting.qualification.given"), "text": given, "drafted": False, "required": True}
            ]
        return qualifications.draft(title, self.duties.get(position))

    def _registered(self, position: int) -> str | None:
        if not self.org.review.has("descriptions", "qualifications"):
            return None
        links = self.org.link("descriptions", "position").found("position")
        at = links.row[links.index == position]
        return self.org.table("descriptions").value(int(at[-1]), "qualifications") if len(at) else None

    def _file(self, position: int) -> str:
        """A safe, stable, readable file name: title and eight characters of the position's identity."""
        name = unicodedata.normalize("NFC", self.org.position_name(position))
        slug = re.sub(r"[^A-Za-z0-9\u4e00-\u9fff]+", "-", name).strip("-")
        slug = slug.encode()[:72].decode(errors="ignore") or "position"
        identity = hashlib.sha256(self.org.position_key(position).encode(errors="replace")).hexdigest()[:8]
        return f"{slug}-{identity}.html"


def _text(value: object) -> str | None:
    return str(value) if isinstance(value, str) else None


def _percent(text: str | None) -> str | None:
    if text is None:
        return None
    number = values.number(text)
    if number is None:
        return text
    return f"{number * 100 if number <= 1 and '%' not in text else number:g} %"


def _pairs(source: np.ndarray, target: np.ndarray) -> dict[int, list[int]]:
    """source → distinct targets in order of appearance."""
    frame = pd.DataFrame({"source": source, "target": target}).drop_duplicates()
    frame = frame[(frame["target"] >= 0).to_numpy()]
    return {int(s): part["target"].astype(int).tolist() for s, part in frame.groupby("source")}


def _tree_order(org: Organization) -> list[int]:
    """Departments, each before its units, in file order."""
    children: dict[int, list[int]] = defaultdict(list)
    for department, parent in enumerate(org.department_tree):
        children[int(parent)].append(department)
    order: list[int] = []
    stack = list(reversed(children[-1]))
    while stack:
        department = stack.pop()
        order.append(department)
        stack.extend(reversed(children[department]))
    return order
