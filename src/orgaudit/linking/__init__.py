"""Tables → organization: who is meant by every name, title, id and department; what cannot be linked is kept as such.

This module joins the steps: departments, then seats, positions and persons, then solid lines, then all other columns
that refer to somebody.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from orgaudit import catalog
from orgaudit.linking import departments as dept
from orgaudit.linking import people as folk
from orgaudit.linking.lookup import AMBIGUOUS
from orgaudit.linking.references import DEPARTMENT, PERSON, POSITION, SEAT, Resolver, kinds_of
from orgaudit.organization import Links, Organization, Status
from orgaudit.reading import values
from orgaudit.settings import Settings
from orgaudit.table import Review, Source, Table

_MANAGER = r"经理|总监|主任|部长|主管|科长|处长|厂长|组长|班长|负责人|总经理|manager|director|head|chief|supervisor|lead\b|vp\b"


def link(review: Review, settings: Settings, as_of: date) -> Organization:
    """Join the tables of a review into an organization, as of a date.

    Moves rows that turn out to be leavers, expired or repeated from used to set aside in the review's ledger.
    """
    tree = dept.build(review, settings)
    posts = review.tables.get("posts") or _empty_posts()
    place = _places(posts, tree)
    people = folk.build(posts, np.maximum(place, -1), np.datetime64(as_of))
    _account(review, posts, people.aside)
    resolver = Resolver(tree, np.zeros(0, np.int64), settings.external_superiors, root_marks=True)
    _teach(resolver, posts, people, place)
    links: dict[tuple[str, str], Links] = {}
    heads = _heads(review, tree, resolver, people, place, links)
    seats = _complete_seats(posts, people, tree)
    solid, dotted, marked = _lines(posts, people, seats, resolver, place, heads, links)
    _guess_heads(heads, seats, solid, tree)
    solid = _through_heads(solid, heads)
    if settings.roots:
        marked |= _declared_roots(settings, seats, people, posts)
    for (kind, name), needed in _referring(review).items():
        if (kind, name) not in links:
            links[kind, name] = _column(review.tables[kind], kind, name, needed, resolver, tree)
    if "posts" in review:
        links["posts", "department"] = _department_links(posts, place, tree)
    org = Organization(
        review, settings, as_of, seats, people.positions, people.persons, _department_frame(tree, heads), solid, dotted, links,
        people.row_seat, people.aside, marked,
    )  # fmt: skip
    org.repairs = resolver.repairs
    org.hints = _hints(org, resolver)
    return org


def _empty_posts() -> Table:
    empty = np.zeros(0, np.int32)
    return Table("posts", pd.DataFrame({"title": pd.Series([], dtype="str")}), empty, empty, empty, [Source("", None, None, {})])


def _places(posts: Table, tree: dept.DepartmentTree) -> np.ndarray:
    """Department of every row of posts; AMBIGUOUS and unknown are told apart for the findings."""
    for name in ("department_level", "department"):
        if posts.has(name):
            found = dept.codes(tree, posts.text(name))
            several = np.flatnonzero((found < 0) & posts.filled(name))
            for i in several:  # several departments in one cell: the first is home
                parts = values.split(str(posts.value(int(i), name)), lambda piece: values.key(piece) in tree.by_key)
                known = [tree.find(part) for part in parts]
                if len(parts) > 1 and known[0] >= 0:
                    found[i] = known[0]
            return found
    return np.full(len(posts), -1, dtype=np.int64)


def _account(review: Review, posts: Table, aside: np.ndarray) -> None:
    """Tell the ledger which rows of posts are no seats after all."""
    for entry in review.ledger:
        if entry.source is None:
            continue
        for number, source in enumerate(posts.sources):
            if source is entry.source:
                reasons, counts = np.unique(aside[posts.source == number].astype(str), return_counts=True)
                for reason, n in zip(reasons, counts, strict=True):
                    if reason and reason not in entry.set_aside:
                        entry.move(str(reason), int(n))


def _teach(resolver: Resolver, posts: Table, people: folk.People, place: np.ndarray) -> None:
    text = {name: posts.text(name) for name in ("position_id", "employee_id", "email", "distinguished_name")}
    text["name_key"] = values.keys(folk.plain_names(posts.text("name")))
    text["title_key"] = values.keys(posts.text("title"))
    seat = people.row_seat
    used = seat >= 0
    position = np.full(len(posts), -1, dtype=np.int64)
    person = np.full(len(posts), -1, dtype=np.int64)
    position[used] = people.seats["position"].to_numpy()[seat[used]]
    person[used] = people.seats["person"].to_numpy()[seat[used]]
    left = people.aside == folk.LEFT
    resolver.learn(text, np.where(used, seat, -1), position, person, np.maximum(place, -1), left)
    resolver.first_damaged()
    resolver.seat_position = people.seats["position"].to_numpy()
    held = people.seats["person"].to_numpy()
    several = np.flatnonzero(held >= 0)
    for s, p in zip(several.tolist(), held[several].tolist(), strict=True) if len(several) < 200_000 else ():
        resolver.person_seats.setdefault(p, []).append(s)


def _complete_seats(posts: Table, people: folk.People, tree: dept.DepartmentTree) -> pd.DataFrame:
    """Seat ids for rows without position id, and who is appraised how (domain.md D)."""
    seats = people.seats
    row = seats["row"].to_numpy()
    mode = values.closed(posts.text("appraisal_mode"), "appraisal_mode").to_numpy()[row] if len(posts) else np.zeros(0, object)
    employment = values.closed(posts.text("employment_type"), "employment_type").to_numpy()[row] if len(posts) else np.zeros(0, object)
    seats["mode"], seats["employment"] = mode, employment
    unjudged = pd.Series(mode).eq("none") | pd.Series(employment).isin(["agency", "outsourced"]) | seats["status"].isin(["planned", "abolished"])
    seats["judged"] = ~unjudged.to_numpy(dtype=bool)
    if posts.has("assignment"):
        said = values.closed(posts.text("assignment"), "assignment")
        marked = posts.text("assignment").str.contains("兼", na=False) & said.ne("primary")
        seats["concurrent"] = (said.eq("concurrent") | marked).to_numpy(dtype=bool)[row]
        seats["primary"] = said.eq("primary").to_numpy(dtype=bool)[row]
    else:
        seats["concurrent"] = seats["primary"] = False
    missing = seats["id"].isna()
    if missing.any():
        at = seats[missing]
        employee = pd.Series(posts.text("employee_id").to_numpy()[at["row"]], index=at.index, dtype="str").where(at["person"] >= 0)
        names = pd.Series([node.name for node in tree.nodes] + [""], dtype="str").to_numpy()
        title = pd.Series(posts.text("title").to_numpy()[at["row"]], index=at.index, dtype="str").fillna("?")
        where = title + "@" + names[at["department"].to_numpy()]
        alone = people.persons["seats"].to_numpy()[at["person"].to_numpy()] == 1 if len(people.persons) else np.zeros(len(at), bool)
        by_person = employee.where(alone, employee + "/" + where)
        number = at.groupby("position").cumcount() + 1
        numbered = where + "#" + number.astype(str).astype("str")
        seats.loc[missing, "id"] = by_person.where(by_person.notna(), numbered)
    seats["id"] = seats["id"].astype("str")
    repeated = seats["id"].duplicated(keep=False)
    if repeated.any():
        extra = seats[repeated].groupby("id").cumcount() + 1
        seats.loc[repeated, "id"] = seats.loc[repeated, "id"] + "#" + extra.astype(str).astype("str")
    return seats


def _lines(
    posts: Table, people: folk.People, seats: pd.DataFrame, resolver: Resolver, place: np.ndarray, heads: np.ndarray,
    links: dict[tuple[str, str], Links],
) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray]:  # fmt: skip
    """Solid and dotted lines of all seats, and which seats answer to an external body."""
    used = people.row_seat >= 0
    text = posts.text("superior").where(used)
    found = resolver.resolve(text, np.maximum(place, -1), [POSITION, PERSON, DEPARTMENT], many=True)
    links["posts", "superior"] = found
    marked = np.zeros(len(seats), dtype=bool)
    external = found.status == Status.EXTERNAL
    marked[people.row_seat[found.row[external & ~found.dotted]]] = True
    lines = _line_frame(found.take(~external), people, seats)
    itself = (lines["target"] == lines["seat"]).to_numpy()
    if itself.any() and _documents_self_root(posts):  # OrgChart Now: the top box reports to itself
        lines = lines[~itself]
    dotted_text = posts.text("dotted_superior").where(used)
    more = resolver.resolve(dotted_text, np.maximum(place, -1), [POSITION, PERSON], many=True)
    links["posts", "dotted_superior"] = more
    marked_dotted = lines[lines["dotted"]]
    solid = lines[~lines["dotted"]].drop(columns="dotted").reset_index(drop=True)
    dotted = pd.concat([marked_dotted, _line_frame(more, people, seats)], ignore_index=True).drop(columns="dotted")
    return solid, dotted, marked


def _line_frame(found: Links, people: folk.People, seats: pd.DataFrame) -> pd.DataFrame:
    seat = people.row_seat[found.row]
    frame = pd.DataFrame({"seat": seat, "row": found.row, "status": found.status.astype(np.int64), "text": found.text, "dotted": found.dotted})
    position = np.full(len(frame), -1, dtype=np.int64)
    target = np.full(len(frame), -1, dtype=np.int64)
    seat_position = seats["position"].to_numpy()
    ok = found.status == Status.FOUND
    # by position: its first occupied seat stands for it in the tree
    at = np.flatnonzero(ok & (found.kind == POSITION))
    first = _representatives(seat_position, seats["occupied"].to_numpy(dtype=bool), len(people.positions))
    position[at] = found.index[at]
    target[at] = first[found.index[at]]
    at = np.flatnonzero(ok & (found.kind == SEAT))
    target[at] = found.index[at]
    # by person: the primary seat, else the first that is not the seat itself
    at = np.flatnonzero(ok & (found.kind == PERSON))
    if len(at):
        order = np.lexsort((np.arange(len(seats)), seats["concurrent"].to_numpy(), ~seats["primary"].to_numpy(dtype=bool)))
        order = order[seats["person"].to_numpy()[order] >= 0]
        best = np.full(len(people.persons), -1, dtype=np.int64)
        best[seats["person"].to_numpy()[order][::-1]] = order[::-1]
        target[at] = best[found.index[at]]
        own = at[target[at] == seat[at]]
        for i in own:
            others = [s for s in np.flatnonzero(seats["person"].to_numpy() == found.index[i]) if s != seat[i]]
            target[i] = others[0] if others else target[i]
    known = target >= 0
    position[known & (position < 0)] = seat_position[target[known & (position < 0)]]
    frame["position"], frame["target"] = position, target
    frame["department"] = np.where(ok & (found.kind == DEPARTMENT), found.index, -1)
    return frame


def _representatives(position: np.ndarray, occupied: np.ndarray, n: int) -> np.ndarray:
    """Each position's first occupied seat, else its first seat."""
    result = np.full(n, -1, dtype=np.int64)
    order = np.lexsort((np.arange(len(position)), ~occupied))
    result[position[order][::-1]] = order[::-1]
    return result


def _documents_self_root(posts: Table) -> bool:
    headers = {values.header_key(c.header) for source in posts.sources for found in source.columns.values() for c in found}
    return {"personid", "supervisorid"} <= headers


def _heads(
    review: Review, tree: dept.DepartmentTree, resolver: Resolver, people: folk.People, place: np.ndarray, links: dict[tuple[str, str], Links]
) -> np.ndarray:
    """Seat that heads each department, as the table ``departments`` says; -1 otherwise."""
    heads = np.full(len(tree.nodes), -1, dtype=np.int64)
    table = review.tables.get("departments")
    if table is None or not table.has("head"):
        return heads
    node_of_row = np.full(len(table), -1, dtype=np.int64)
    for index, node in enumerate(tree.nodes):
        if node.row >= 0:
            node_of_row[node.row] = index
    found = resolver.resolve(table.text("head"), node_of_row, [POSITION, PERSON], many=True)
    links["departments", "head"] = found
    seats = people.seats
    frame = _line_frame_targets(found, seats, len(people.positions))
    for row, target in zip(found.row[::-1], frame[::-1], strict=True):
        if node_of_row[row] >= 0 and target >= 0:
            heads[node_of_row[row]] = target
    return heads


def _line_frame_targets(found: Links, seats: pd.DataFrame, positions: int) -> np.ndarray:
    """A seat for each link (position: its first occupied seat; person: the first seat)."""
    result = np.full(len(found.row), -1, dtype=np.int64)
    first = _representatives(seats["position"].to_numpy(), seats["occupied"].to_numpy(dtype=bool), positions)
    held = seats["person"].to_numpy()
    for i, (status, kind, index) in enumerate(zip(found.status, found.kind, found.index, strict=True)):
        if status != Status.FOUND:
            continue
        if kind == POSITION:
            result[i] = first[index]
        elif kind == SEAT:
            result[i] = index
        elif kind == PERSON:
            own = np.flatnonzero(held == index)
            result[i] = own[0] if len(own) else -1
    return result


def _guess_heads(heads: np.ndarray, seats: pd.DataFrame, solid: pd.DataFrame, tree: dept.DepartmentTree) -> None:
    """Where no head is named: the one seat of a department that answers outside it and leads somebody or has a manager's title."""
    if not len(seats) or not len(heads):
        return
    department = seats["department"].to_numpy()
    parent = np.full(len(seats), -1, dtype=np.int64)
    known = solid[(solid["target"] >= 0).to_numpy()]
    parent[known["seat"].to_numpy()[::-1]] = known["target"].to_numpy()[::-1]
    outside = (parent < 0) | (department[np.maximum(parent, 0)] != department)
    leads = np.bincount(parent[parent >= 0], minlength=len(seats)) > 0
    own_department = solid["department"].to_numpy()
    asks_own = np.zeros(len(seats), dtype=bool)
    asks_own[solid["seat"].to_numpy()[(own_department >= 0) & (own_department == department[solid["seat"].to_numpy()])]] = True
    candidates = np.flatnonzero((department >= 0) & outside & ~asks_own & seats["status"].ne("left").to_numpy())
    frame = pd.DataFrame({"seat": candidates, "department": department[candidates], "leads": leads[candidates]})
    for leading in (True, False):
        part = frame[frame["leads"]] if leading else frame
        only = part.drop_duplicates("department", keep=False)
        if not leading:
            only = only[only["department"].isin(frame["department"].value_counts()[lambda c: c == 1].index)]
        free = heads[only["department"].to_numpy()] < 0
        heads[only["department"].to_numpy()[free]] = only["seat"].to_numpy()[free]


def _through_heads(solid: pd.DataFrame, heads: np.ndarray) -> pd.DataFrame:
    """Solid lines that name a department lead to its head."""
    named = (solid["department"] >= 0).to_numpy() & (solid["target"] < 0).to_numpy()
    if named.any():
        target = heads[solid["department"].to_numpy()[named]]
        target = np.where(target == solid["seat"].to_numpy()[named], -1, target)
        solid.loc[named, "target"] = target
        solid.loc[named, "status"] = np.where(target >= 0, Status.FOUND, Status.AMBIGUOUS)
    return solid


def _declared_roots(settings: Settings, seats: pd.DataFrame, people: folk.People, posts: Table) -> np.ndarray:
    wanted = {values.key(text) for text in settings.roots}
    row = seats["row"].to_numpy()
    result = seats["id"].map(values.key).isin(wanted).to_numpy(dtype=bool)
    for name in ("position_id", "employee_id", "name", "title"):
        result |= values.keys(posts.text(name)).isin(wanted).to_numpy(dtype=bool)[row]
    return result


def _referring(review: Review) -> dict[tuple[str, str], list[int]]:
    """Columns of the given tables that refer to somebody."""
    skip = {("posts", "superior"), ("posts", "department"), ("posts", "dotted_superior"), ("departments", "head"), ("departments", "parent")}
    return {
        (kind, name): kinds_of(kind, name)
        for kind in review.tables
        for name, spec in catalog.toml("tables")[kind]["fields"].items()
        if spec.get("refers") and (kind, name) not in skip and review.tables[kind].has(name)
    }


def _column(table: Table, kind: str, name: str, needed: list[int], resolver: Resolver, tree: dept.DepartmentTree) -> Links:
    context = None
    if "department" in table.frame.columns and name != "department" and (POSITION in needed or PERSON in needed):
        context = np.maximum(dept.codes(tree, table.text("department")), -1)
    many = bool(catalog.toml("tables")[kind]["fields"][name].get("many"))
    return resolver.resolve(table.text(name), context, needed, many=many)


def _department_links(posts: Table, place: np.ndarray, tree: dept.DepartmentTree) -> Links:
    """Departments of posts as links, so that unknown ones are found like any other reference."""
    name = "department_level" if posts.has("department_level") else "department"
    filled = posts.filled(name)
    unlisted = np.array([tree.listed and node >= 0 and not tree.nodes[node].listed for node in place], dtype=bool) if tree.listed else np.zeros(len(place), bool)
    row = np.flatnonzero(filled)
    status = np.where(place[row] == AMBIGUOUS, Status.AMBIGUOUS, np.where((place[row] < 0) | unlisted[row], Status.UNKNOWN, Status.FOUND))
    text = posts.text(name).to_numpy(dtype=object)[row]
    return Links(row, status.astype(np.int8), np.full(len(row), DEPARTMENT), place[row], np.zeros(len(row), bool), text)


def _department_frame(tree: dept.DepartmentTree, heads: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": [node.id or node.name for node in tree.nodes],
            "name": [node.name for node in tree.nodes],
            "parent": np.array([node.parent for node in tree.nodes], dtype=np.int64),
            "head": heads[: len(tree.nodes)],
            "row": np.array([node.row for node in tree.nodes], dtype=np.int64),
            "listed": [node.listed for node in tree.nodes],
            "unknown_parent": [node.unknown_parent for node in tree.nodes],
            "kinds": dept.kinds([node.name for node in tree.nodes]),
        }
    )


def _hints(org: Organization, resolver: Resolver, most: int = 200) -> dict[str, list[str]]:
    """Near spellings of the first unknown references, for people to choose from."""
    hints: dict[str, list[str]] = {}
    for (kind, name), links in org.links.items():
        unknown = links.text[links.status == Status.UNKNOWN]
        needed = [DEPARTMENT] if (kind, name) == ("posts", "department") else [POSITION, PERSON] if name in ("superior", "dotted_superior", "head") else kinds_of(kind, name)
        for text in pd.unique(pd.Series(unknown, dtype=object)):
            if len(hints) >= most:
                return hints
            if text not in hints:
                hints[str(text)] = resolver.nearest(str(text), needed)
    return hints
