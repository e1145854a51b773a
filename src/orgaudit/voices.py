"""What departments report and interviews show, beside the findings of the same principle and department."""

from __future__ import annotations

from collections import defaultdict

from orgaudit.finding import Evidence, Finding
from orgaudit.organization import Organization
from orgaudit.reading import values

_ORDER = ("SUP", "AUT", "DUT", "CHN", "OBE", "SRV", "SOD")  # principles 1 to 7
_MOST = 5  # beside one finding


def hear(org: Organization, findings: list[Finding]) -> None:
    """Give every finding the concerns and observations on its principle from a department that it touches."""
    said = _voices(org)
    for finding in findings if said else ():
        if finding.severity in ("low", "info"):
            continue
        units = {unit for unit in _units(org, finding) for unit in org.department_line(unit)}
        found = dict.fromkeys(voice for unit in sorted(units) for voice in said.get((finding.principle, unit), ()))
        finding.voices = [Evidence(org.table(table).cell(row, name), table, name, row) for table, name, row in found][
            :_MOST
        ]


def _voices(org: Organization) -> dict[tuple[str, int], list[tuple[str, str, int]]]:
    """(principle, department) → (table, field, row) of what was said."""
    result: dict[tuple[str, int], list[tuple[str, str, int]]] = defaultdict(list)
    for table, name, others in (
        ("concerns", "example", ("department", "other_department")),
        ("observations", "statement", ("department",)),
    ):
        if table not in org.review:
            continue
        source = org.table(table)
        column = "kind" if table == "concerns" else "principle"
        principles = values.closed(source.text(column), "concern_kind").to_numpy()
        places: dict[int, set[int]] = defaultdict(set)
        for field in others:
            links = org.link(table, field).found("department")
            for row, unit in zip(links.row, links.index, strict=True):
                places[int(row)].add(int(unit))
        for row, units in places.items():
            text = source.text(name)
            if isinstance(principles[row], str) and isinstance(text.iat[row], str):
                for unit in units:
                    result[principles[row], unit].append((table, name, row))
    return result


def _units(org: Organization, finding: Finding) -> set[int]:
    """Departments that a finding touches: those it names, and those of its seats and positions."""
    found = {
        int(subject) for kind, subject in finding.about if kind == "department" and not isinstance(subject, str | tuple)
    }
    place = org.seats["department"].to_numpy()
    found |= {int(place[seat]) for seat in finding.seats[:200]}
    for kind, subject in finding.about[:50]:
        if kind == "position":
            found.add(int(org.positions["department"].iat[int(subject)]))
        elif kind == "seat" and not isinstance(subject, str):
            found.add(int(place[int(subject)]))
    return {unit for unit in found if unit >= 0}
