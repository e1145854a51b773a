"""Exports in the layouts of some forty systems and of hand-made rosters, against what is known to be in them."""

from __future__ import annotations

import json
import unicodedata
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import pytest

import orgaudit
from orgaudit.auditing import Audit
from orgaudit.organization import Status

from .conftest import DATA

FOLDER = DATA / "systems"
TRUTH: dict[str, Any] = {
    name: truth for name, truth in json.loads((FOLDER / "truth.json").read_text("utf-8")).items() if name[0] != "_"
}
CHARTS = sorted(name for name, truth in TRUTH.items() if truth["table"] == "people")
AS_OF = date(2026, 11, 1)

# Where the truth file says that a fact may be read in two ways, or where domain.md settles it, ours stands here.
OURS: dict[str, dict[str, Any]] = {
    # A person's seats are judged one by one (domain.md C15): two posts under two superiors are no double superior.
    "adp_workforce_now.csv": {"multi_superior": {}},
    "orgpublisher.csv": {"multi_superior": {}},
    "oracle_hdl_worker.dat": {"multi_superior": {}},
    "oracle_hdl_assignment_supervisor.csv": {"multi_superior": {}, "people": 20},  # one whose only line has ended
    # Of two superiors one has left: that is one superior and one leaver.
    "html_table_staff_list.xls": {"multi_superior": {}},
    "entra_users.csv": {
        "people_active": 23,
        "roots": ["margaret.holloway@northbridge.example", "svc-scanner@northbridge.example"],
    },
    "07_weaver_hrm.xls": {"departments": 13},  # a sub-company above all departments of one path is not counted
    "12_hand_huamingce.xlsx": {"departments": 15},  # 人事部 beside 人力资源部: two units until orgaudit.toml says one
    "03b_feishu_members_nosuperior.csv": {"departments": 14},  # with the table of departments
    "ukg_hrsd_employees.csv": {"people_active": 24, "departments": 15},  # with the table of organizations
}


def truth_of(name: str) -> dict[str, Any]:
    return TRUTH[name] | OURS.get(name, {})


@cache
def audited(name: str) -> Audit:
    joint = TRUTH[name].get("joint_with")
    paths = [FOLDER / name] + ([FOLDER / joint] if joint else [])
    if name == "ukg_hrsd_employees.csv":
        paths.append(FOLDER / "ukg_hrsd_organizations.csv")
    return orgaudit.audit(paths, as_of=AS_OF)


def plain(text: object) -> str:
    return unicodedata.normalize("NFKC", str(text)).casefold().strip().replace(" ", "").lstrip("0")


def identities(audit: Audit, seat: int) -> set[str]:
    """Every key under which the truth file may name whoever holds a seat."""
    org = audit.org
    person = int(org.seats["person"].iat[seat])
    found = {org.seats["id"].iat[seat], org.positions["id"].iat[int(org.seats["position"].iat[seat])]}
    found.add(org.positions["title"].iat[int(org.seats["position"].iat[seat])])
    if person >= 0:
        row = org.persons.iloc[person]
        found |= {row[name] for name in ("employee_id", "email", "name")}
        found.add(f"{row['name']}/{org.positions['title'].iat[int(org.seats['position'].iat[seat])]}")
    return {plain(text) for text in found if isinstance(text, str)}


def matched(audit: Audit, seats: list[int], wanted: list[str]) -> tuple[list[str], list[str]]:
    """(found but not wanted, wanted but not found)."""
    left, extra = [plain(name) for name in wanted], []
    for seat in seats:
        own = identities(audit, seat)
        hit = next((name for name in left if name in own), None)
        if hit is None:
            extra.append("|".join(sorted(own)))
        else:
            left.remove(hit)
    return extra, left


@pytest.mark.parametrize("name", CHARTS)
def test_people_departments_and_tops(name: str) -> None:
    truth, audit = truth_of(name), audited(name)
    org = audit.org
    assert len(org.persons) == truth.get("people_active", truth["people"])
    assert len(org.departments) == truth["departments"]
    if truth["roots"] is not None:
        tops = np.flatnonzero((org.blank_superior | org.root_marked) & ~org.in_loop).tolist()
        assert matched(audit, tops, truth["roots"]) == ([], [])


@pytest.mark.parametrize("name", CHARTS)
def test_how_references_to_superiors_end(name: str) -> None:
    truth, audit = truth_of(name), audited(name)
    solid = audit.org.solid

    def seats(*states: int) -> list[int]:
        return solid["seat"][solid["status"].isin(states).to_numpy()].tolist()

    for key, states in (
        ("dangling", (Status.UNKNOWN,)),
        ("ambiguous_manager", (Status.AMBIGUOUS,)),
        ("inactive_manager", Status.GONE),
    ):
        if truth.get(key) is not None:
            assert matched(audit, seats(*states), [item["person"] for item in truth[key]]) == ([], []), key
    found = solid[(solid["status"] == Status.FOUND).to_numpy()]
    several = [int(seat) for seat, lines in found.groupby("seat") if lines["position"].nunique() > 1]
    assert matched(audit, several, list(truth["multi_superior"])) == ([], [])
    vacant = {seat for finding in audit.findings if finding.code == "SUP-09" for seat in finding.seats}
    assert len(vacant) == len(truth.get("reports_to_vacant") or [])


@pytest.mark.parametrize("name", CHARTS)
def test_every_superior(name: str) -> None:
    truth, audit = truth_of(name), audited(name)
    org = audit.org
    wanted = {plain(person): above for person, above in (truth.get("superior") or {}).items()}
    for seat in range(org.n):
        own = next((key for key in identities(audit, seat) if key in wanted), None)
        above = wanted.get(own or "")
        if above is None or int(org.persons["seats"].iat[int(org.seats["person"].iat[seat])]) > 1:
            continue
        allowed = {plain(text).removeprefix("vacant:") for text in (above if isinstance(above, list) else [above])}
        for target in org.solid["target"][(org.solid["seat"] == seat).to_numpy()]:
            assert target < 0 or allowed & identities(audit, int(target)), (own, above)


@pytest.mark.parametrize("name", CHARTS)
def test_loops_and_dotted_lines(name: str) -> None:
    truth, audit = truth_of(name), audited(name)
    loops = sorted(len(loop) for loop in audit.org.loops if len(loop) > 1)
    assert loops == sorted(len(loop) for loop in truth["cycles"])
    if truth.get("dotted") is not None:
        assert len(audit.org.dotted) == sum(map(len, truth["dotted"].values()))


@pytest.mark.parametrize("name", sorted(n for n in TRUTH if "department_parent" in TRUTH[n]))
def test_who_stands_above_each_department(name: str) -> None:
    frame = audited(name).org.departments
    names = frame["name"].tolist()
    parents = {own: names[above] if above >= 0 else None for own, above in zip(names, frame["parent"], strict=True)}
    missing = {item["department"].split()[-1] for item in TRUTH[name].get("department_dangling") or []}
    for own, above in TRUTH[name]["department_parent"].items():
        assert parents[own] == (None if own in missing else above)
    if name.startswith("05_u8"):
        assert frame["unknown_parent"].dropna().tolist() == ["106"]


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.[cx]*")), ids=lambda path: path.name)
def test_every_row_is_accounted_for(path: Any) -> None:
    review = orgaudit.read(path)
    orgaudit.audit(review, as_of=AS_OF)
    assert review.ledger
    for entry in review.ledger:
        assert entry.rows == entry.used + sum(entry.set_aside.values()) + len(entry.rejected), entry.sheet
        assert min(entry.set_aside.values(), default=0) >= 0
        assert entry.used >= 0
