"""Any organization, written out in any layout and any kind of file, reads back to the same organization."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import orgaudit
from orgaudit import pipeline

from .containers import CONTAINERS

UNITS = {
    "en": ["Finance", "Accounting", "Treasury", "Operations", "Assembly", "Quality", "Sales", "Export", "Logistics"],
    "zh": ["财务部", "会计科", "资金科", "生产中心", "装配车间", "品质部", "营销中心", "海外销售部", "物流科"],
}
TITLES = {
    "en": ["Director", "Controller", "Supervisor", "Analyst", "Planner", "Clerk", "Engineer", "Technician"],
    "zh": ["总监", "主管", "班长", "分析员", "计划员", "文员", "工程师", "技师"],
}
NAMES = {
    "en": ["Ada Holt", "Ben Okafor", "Cleo Raman", "Dan Novak", "Eva Sand", "Finn Berg", "Gus Mensah", "Hal Rossi",
           "Ida Zhang", "Jon Weber", "Kim Dubois", "Lea Silva"],
    "zh": ["陈国栋", "林晓梅", "王志强", "赵敏", "孙丽华", "周海涛", "吴倩", "郑伟", "冯雪", "黄俊杰", "许静", "罗斌"],
}  # fmt: skip
HEADERS = {
    "en": {"id": "Employee ID", "name": "Name", "email": "Work Email", "title": "Job Title", "unit": "Department",
           "post": "Position ID", "dn": "DistinguishedName", "above": "Reports To",
           "levels": ["Level 1", "Level 2", "Level 3"]},
    "zh": {"id": "工号", "name": "姓名", "email": "邮箱", "title": "岗位名称", "unit": "所属部门", "post": "岗位编号",
           "dn": "DistinguishedName", "above": "直接上级", "levels": ["一级部门", "二级部门", "三级部门"]},
}  # fmt: skip
REFERENCES = ("id", "name", "email", "name(id)", "id name", "post", "last, first", "dn", "damaged id")
PLACES = ("leaf", "path /", "path >", "path -", "path ->", "/path/", "levels", "levels, filled down", "table")
FRAMES = ("bare", "title and total", "keys and labels", "groups above", "page breaks")


@dataclass
class Person:
    """One person of a made-up organization."""

    number: int
    name: str
    title: str
    path: tuple[str, ...]
    above: int | None

    @property
    def id(self) -> str:
        return f"{self.number:05d}"

    @property
    def email(self) -> str:
        return f"p{self.number}@firm.example"

    @property
    def post(self) -> str:
        return f"GW-{self.number:03d}"

    @property
    def dn(self) -> str:
        return f"CN={self.name.replace(' ', chr(92) + ', ')},OU=Staff,DC=firm,DC=example"


@st.composite
def organizations(draw: st.DrawFn) -> tuple[str, list[Person]]:
    """A tree of two to twelve persons in a tree of departments whose names are all different."""
    lang = draw(st.sampled_from(["en", "zh"]))
    units = UNITS[lang]
    paths = [tuple(units[3 * i : 3 * i + depth]) for i in range(3) for depth in (1, 2, 3)]
    n = draw(st.integers(2, len(NAMES[lang])))
    people = []
    for i in range(n):
        above = None if i == 0 else draw(st.integers(0, i - 1))
        title = draw(st.sampled_from(TITLES[lang]))
        people.append(Person(101 + i, NAMES[lang][i], title, draw(st.sampled_from(paths)), above))
    people.sort(key=lambda person: (person.path, person.number))
    return lang, people


def reference(style: str, person: Person) -> str:
    first, _, last = person.name.partition(" ")
    return {
        "id": person.id, "name": person.name, "email": person.email, "name(id)": f"{person.name}({person.id})",
        "id name": f"{person.id} {person.name}", "post": person.post, "dn": person.dn,
        "last, first": f"{last}, {first}" if last else first, "damaged id": str(person.number),
    }[style]  # fmt: skip


def whole(lang: str, person: Person, place: str) -> tuple[str, ...]:
    """The units of a person from the top down. Dashes also stand inside names, so such paths begin with the company."""
    company = ({"en": "Northbridge", "zh": "恒远公司"}[lang],) if place == "path -" else ()
    return company + person.path


def table(lang: str, people: list[Person], style: str, place: str, frame: str) -> list[list[str]]:
    """The organization as rows: a header, one row per person, and what people put around them."""
    words = HEADERS[lang]
    by_number = {person.number: person for person in people}
    leveled = place.startswith("levels")
    head = [words["id"], words["name"], words["email"], words["post"], words["title"]]
    head += words["levels"] if leveled else [words["unit"]]
    head += [words["above"]] + ([words["dn"]] if style == "dn" else [])
    rows, last = [], ("", "", "")
    for person in people:
        above = None if person.above is None else by_number[101 + person.above]
        row = [person.id, person.name, person.email, person.post, person.title]
        full = (*person.path, "", "", "")[:3]
        if leveled:
            blank = place != "levels" and full[0] == last[0]
            keep = next((i for i in range(3) if full[i] != last[i]), 3) if blank else 0
            if blank and any(last[i] and not full[i] for i in range(3)):
                keep = 0  # a blank level means the one above, so a shorter path is written out
            row += ["" if i < keep else full[i] for i in range(3)]
            last = full
        else:
            mark = {"path /": "/", "path >": ">", "path -": "-", "path ->": "->", "/path/": "/"}.get(place)
            text = mark.join(whole(lang, person, place)) if mark else person.path[-1]
            row.append(f"/{text}/" if place == "/path/" else text)
        row.append("" if above is None else reference(style, above))
        rows.append(row + ([person.dn] if style == "dn" else []))
    if frame == "title and total":
        count = len(people)
        title, total, note = {
            "en": ("Staff list", "Total", "Note: confidential"),
            "zh": ("人员名单", "合计", "注：内部资料"),
        }[lang]
        return [[title], [], head, *rows, [], [total, str(count)], [note]]
    if frame == "keys and labels":
        keys = {"id": "employee_id", "name": "name", "email": "email", "post": "position_id", "title": "title",
                "unit": "department", "above": "superior", "dn": "distinguished_name"}  # fmt: skip
        named = {text: keys[key] for key, text in words.items() if key in keys}
        named |= {text: f"Level {i}" for i, text in enumerate(words["levels"], start=1)}
        return [[named[text] for text in head], head, *rows]
    if frame == "groups above":
        groups = [""] * len(head)
        groups[0], groups[4] = {"en": ("Person", "Employment"), "zh": ("人员信息", "任职信息")}[lang]
        return [groups, head, *rows]
    if frame == "page breaks" and len(rows) > 3:
        return [head, *rows[:2], [], head, *rows[2:]]
    return [head, *rows]


def read_back(folder: Path) -> tuple[dict[str, str | None], dict[str, tuple[str, ...]]]:
    """(person → superior, person → department from the top down) as orgaudit reads them."""
    org = pipeline.inspect(orgaudit.read(folder), as_of=date(2026, 11, 1))
    ids = org.persons["employee_id"].tolist()
    held = org.seats["person"].tolist()
    above = {
        ids[held[seat]]: (ids[held[target]] if target >= 0 else None) for seat, target in enumerate(org.parent.tolist())
    }
    names = org.departments["name"].tolist()
    places = {
        ids[held[seat]]: tuple(names[d] for d in reversed(org.department_line(int(department))))
        for seat, department in enumerate(org.seats["department"])
    }
    assert not org.unresolved.any()
    for entry in org.review.ledger:
        assert entry.rows == entry.used + sum(entry.set_aside.values()) + len(entry.rejected)
    return above, places


def check(lang: str, people: list[Person], style: str, place: str, frame: str, container: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        CONTAINERS[container](folder / container, table(lang, people, style, place, frame))
        if place == "table":
            words = {"en": ("Department", "Parent Department"), "zh": ("部门名称", "上级部门")}[lang]
            edges = dict.fromkeys(
                (unit, above) for p in people for above, unit in zip(("", *p.path), p.path, strict=False)
            )
            CONTAINERS["people.xlsx"](folder / "departments.xlsx", [list(words), *map(list, edges)])
        above, places = read_back(folder)
    by_number = {person.number: person for person in people}
    assert above == {p.id: None if p.above is None else by_number[101 + p.above].id for p in people}
    if place == "leaf":
        assert {key: path[-1] for key, path in places.items()} == {p.id: p.path[-1] for p in people}
    else:
        assert places == {p.id: whole(lang, p, place) for p in people}


@given(
    organizations(),
    st.sampled_from(REFERENCES),
    st.sampled_from(PLACES),
    st.sampled_from(FRAMES),
    st.sampled_from(sorted(CONTAINERS)),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
def test_any_layout_reads_back(
    made: tuple[str, list[Person]], style: str, place: str, frame: str, container: str
) -> None:
    assume(place != "path -" or len({person.path for person in made[1]}) > 1)  # one dashed text says nothing
    check(*made, style, place, frame, container)


SMALL = [
    Person(101, "陈国栋", "总监", ("生产中心",), None),
    Person(102, "林晓梅", "主管", ("生产中心", "装配车间"), 0),
    Person(103, "王志强", "班长", ("生产中心", "装配车间", "品质部"), 1),
    Person(104, "赵敏", "主管", ("财务部", "会计科"), 0),
]


@pytest.mark.parametrize("container", sorted(CONTAINERS))
def test_every_container(container: str) -> None:
    check("zh", SMALL, "name", "path /", "title and total", container)


@pytest.mark.parametrize("style", REFERENCES)
def test_every_way_to_name_a_superior(style: str) -> None:
    check("zh", SMALL, style, "levels, filled down", "groups above", "people.xlsx")


@pytest.mark.parametrize("place", PLACES)
def test_every_way_to_name_a_department(place: str) -> None:
    check("zh", SMALL, "id", place, "page breaks", "people.csv")
