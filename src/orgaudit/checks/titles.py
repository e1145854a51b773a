"""Data quality of titles: positions are named by function and level, one title for one kind of work."""

from __future__ import annotations

import re
from itertools import combinations
from types import SimpleNamespace

import numpy as np
import pandas as pd

from orgaudit import catalog
from orgaudit.checks.data_quality import CHAPTER
from orgaudit.finding import Offenders, Result, listing
from orgaudit.organization import Organization
from orgaudit.reading import spelling, values


@CHAPTER.check(4, "medium", subject="position", confidence="inferred", core=False, needs=["posts", "posts.title"])
def named_after_person(org: Organization, limits: SimpleNamespace) -> Result:
    """A position called by a person's name or surname, duties given to a person, or a person without any title."""
    words = catalog.toml("words")["personal_titles"]
    title = org.positions["title"]
    spelled = values.keys(title)
    tight = spelled.str.replace(" ", "", regex=False)
    names = {key for key in values.keys(org.persons["name"].astype("str")).dropna() if len(key.replace(" ", "")) > 1}
    bare = {key.replace(" ", "") for key in names}
    named = (
        tight.isin(bare).to_numpy()
        | values.distinct_map(spelled, lambda text: _contains(text, names)).eq(True).to_numpy()
    )
    called = tight.str.fullmatch(words["zh"]).fillna(False).to_numpy(dtype=bool)
    called = called & ~tight.isin(words["not"]).to_numpy()
    called = called | spelled.str.contains(words["en"], na=False).to_numpy(dtype=bool)
    untitled = np.zeros(len(title), dtype=bool)
    held = org.seats[(org.seats["person"] >= 0).to_numpy()]
    untitled[held["position"].to_numpy()] = True
    untitled &= title.isna().to_numpy()
    by_person = _by_person(org)
    wrong = {int(p): "name" for p in np.flatnonzero(named)} | {
        int(p): "surname" for p in np.flatnonzero(called & ~named)
    }
    wrong |= {int(p): "untitled" for p in np.flatnonzero(untitled)}
    wrong = {p: by for p, by in wrong.items() if org.listed_positions[p]}
    wrong |= {p: "duties" for p in by_person if p not in wrong}
    positions = sorted(wrong)
    offenders = Offenders(
        "position",
        positions,
        variant=[wrong[p] for p in positions],
        confidence=["certain" if wrong[p] != "surname" else "inferred" for p in positions],
        title=[
            {"person": str(title.iat[p])} if wrong[p] in ("name", "surname") else org.position_name(p)
            for p in positions
        ],
    ).holding([[] for _ in positions])
    row = org.positions["row"].to_numpy()
    offenders.seen("posts", "title", [int(row[p]) if wrong[p] != "duties" else -1 for p in positions])
    for i, p in enumerate(positions):
        for name, duty in by_person.get(p, ()) if wrong[p] == "duties" else ():
            offenders.seen("duties", name, [duty], [i])
    offenders.because(
        "RDY-01", "position", positions, np.array([wrong[p] == "untitled" for p in positions], dtype=bool)
    )
    return Result(offenders, max(1, len(title)))


def _contains(text: str, names: set[str]) -> bool:
    """Whether a title holds a full name: of two characters or more in Chinese, of two words or more otherwise."""
    tight = re.sub(r"[^\u4e00-\u9fff]", "", text)
    pieces = {tight[i : i + n] for n in (3, 4) for i in range(len(tight) - n + 1)}
    words = re.findall(r"[^\W\d_]+", text)
    pieces |= {" ".join(words[i : i + n]) for n in (2, 3) for i in range(len(words) - n + 1)}
    return bool(pieces & names)


def _by_person(org: Organization) -> dict[int, list[tuple[str, int]]]:
    """Positions whose duties are given to a person by name: (field, row of duties)."""
    result: dict[int, list[tuple[str, int]]] = {}
    for name in ("position", "bearer"):
        links = org.link("duties", name).found("person")
        for person, row, text in zip(links.index, links.row, links.text, strict=True):
            if re.search(r"\d", str(text)):
                continue  # an id is a key, not a name
            for seat in org.person_seats(int(person)):
                result.setdefault(int(org.seats["position"].iat[int(seat)]), []).append((name, int(row)))
    return result


@CHAPTER.check(6, "low", subject="group", confidence="inferred", core=False,
               needs=["posts.title", "duties.position|duties.bearer"], alike=0.8, fewest=2)  # fmt: skip
def titles_and_work(org: Organization, limits: SimpleNamespace) -> Result:
    """Different titles for one kind of work in a department, or one title there for work that has nothing in common."""
    duties = org.work.duties
    own = duties[
        (
            (duties["position"] >= 0)
            & duties["statement"].notna()
            & ~duties["catch_all"].astype(bool)
            & (duties["r"] | duties["a"])
        ).to_numpy(dtype=bool)
    ]
    said = {int(p): set(part["statement"]) for p, part in own.groupby("position")}
    said = {p: texts for p, texts in said.items() if len(texts) >= limits.fewest}
    functions = {int(p): set(part["function"].dropna()) for p, part in own.groupby("position")}
    title = values.keys(org.positions["title"])
    place = org.positions["department"].to_numpy()
    level = values.distinct_map(title, lambda text: _without_level(spelling.without_marks(text)))
    groups: list[tuple[str, list[int]]] = []
    frame = pd.DataFrame({"position": list(said), "department": place[list(said)] if said else []})
    for _, part in frame.groupby("department"):
        positions = part["position"].tolist()
        if len(positions) > 200:
            continue
        for a, b in combinations(positions, 2):
            same = level.iat[a] == level.iat[b] or title.iat[a] == title.iat[b]
            common = len(said[a] & said[b]) / len(said[a] | said[b])
            if not same and common >= limits.alike:
                groups.append(("names", [a, b]))
            elif (
                title.iat[a] == title.iat[b]
                and not common
                and not functions[a] & functions[b]
                and (functions[a] or functions[b])
            ):
                groups.append(("work", [a, b]))
    groups = _merged(groups)
    offenders = Offenders(
        "group",
        [" / ".join(dict.fromkeys(str(org.positions["title"].iat[p]) for p in members)) for _, members in groups],
        variant=[variant for variant, _ in groups],
        titles=[listing(dict.fromkeys(str(org.positions["title"].iat[p]) for p in members)) for _, members in groups],
        department=[
            str(org.departments["name"].iat[int(place[members[0]])]) if place[members[0]] >= 0 else "–"
            for _, members in groups
        ],
        n=[len(members) for _, members in groups],
    ).holding([[] for _ in groups])
    offenders.apart([f"{place[members[0]]}|{variant}" for variant, members in groups])
    for i, (_, members) in enumerate(groups):
        offenders.also("position", members, [i] * len(members))
        offenders.seen("posts", "title", org.positions["row"].to_numpy()[members], [i] * len(members))
    return Result(offenders, max(1, len(said)))


def _without_level(title: str) -> str:
    """A title without its rank: senior, junior, assistant, ordinals."""
    return re.sub(
        r"高级|中级|初级|资深|助理|副|首席|主任|[一二三四五\d]级|senior|junior|assistant|deputy|lead|\b[iv]+\b|\s+",
        "",
        title,
    )


def _merged(groups: list[tuple[str, list[int]]]) -> list[tuple[str, list[int]]]:
    """Pairs joined to groups where they share a position."""
    result: list[tuple[str, list[int]]] = []
    for variant, members in groups:
        home = next((own for kind, own in result if kind == variant and set(own) & set(members)), None)
        if home is None:
            result.append((variant, list(members)))
        else:
            home += [p for p in members if p not in home]
    return result
