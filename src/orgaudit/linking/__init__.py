"""Tables → organization: who is meant by every name, title, id and department; what cannot be linked is kept as such.

This module joins the steps: departments, then seats, positions and persons, then solid lines, then all other columns
that refer to somebody.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from orgaudit import catalog
from orgaudit.linking import concurrent, heads, lines, periods
from orgaudit.linking import departments as dept
from orgaudit.linking import people as folk
from orgaudit.linking.lookup import AMBIGUOUS, tidy_ids
from orgaudit.linking.references import DEPARTMENT, PERSON, POSITION, Resolver, kinds_of
from orgaudit.organization import Links, Organization, Status
from orgaudit.reading import values
from orgaudit.settings import Settings
from orgaudit.table import Review, Source, Table


def link(review: Review, settings: Settings, as_of: date) -> Organization:
    """Join the tables of a review into an organization, as of a date.

    Moves rows that turn out to be leavers, expired or repeated from used to set aside in the review's ledger.
    """
    review = _without_lapsed_rights(review, np.datetime64(as_of))
    tree = dept.build(review, settings)
    posts, origin, shorter = concurrent.spread(review.tables.get("posts") or _empty_posts())
    review = replace(review, tables=review.tables | ({"posts": posts} if "posts" in review else {}))
    mended = _mend_ids(posts)
    place = _places(posts, tree)
    concurrent.settle(place, posts, origin, tree)
    people = folk.build(posts, np.maximum(place, -1), np.datetime64(as_of), origin)
    _account(review, posts, people.aside, origin)
    resolver = Resolver(tree, np.zeros(0, np.int64), settings.external_superiors, root_marks=True)
    _teach(resolver, posts, people, place, settings)
    resolver.aliases |= shorter
    links: dict[tuple[str, str], Links] = {}
    head = heads.named(review, tree, resolver, people, links)
    seats = _complete_seats(posts, people, tree, origin)
    solid, dotted, marked = lines.solid_and_dotted(posts, people, seats, resolver, place, links)
    solid = concurrent.answer(solid, seats, origin, people.row_seat)
    leaders = heads.flagged(posts, people, tree)
    for department, flagged in leaders.items():
        head[department] = flagged[0] if head[department] < 0 and len(flagged) == 1 else head[department]
    derived = not posts.has("superior") and bool(leaders)
    if derived:
        solid = heads.derived(posts, people, seats, leaders, tree)
        heads.declare(posts)
    heads.titled(head, seats, people.positions["title"], tree)
    heads.guess(head, seats, solid, tree)
    solid = heads.through(solid, head)
    if settings.roots:
        marked |= lines.declared_roots(settings, seats, people, posts)
    for (kind, name), needed in _referring(review).items():
        if (kind, name) not in links:
            links[kind, name] = _column(review.tables[kind], kind, name, needed, resolver, tree)
    if "posts" in review:
        links["posts", "department"] = _department_links(posts, place, tree)
    org = Organization(
        review, settings, as_of, seats, people.positions, people.persons, _department_frame(tree, head, settings), solid,
        dotted, links, people.row_seat, people.aside, marked,
    )  # fmt: skip
    org.repairs = resolver.repairs + mended
    org.derived_superiors = derived
    org.hints = _hints(org, resolver)
    return org


def _without_lapsed_rights(review: Review, as_of: np.datetime64) -> Review:
    """The review without authorities whose validity has ended; the ledger says how many."""
    table = review.tables.get("authorities")
    if table is None or not table.filled("valid_to").any():
        return review
    lapsed = values.dates(table.text("valid_to")) < as_of
    for entry in review.ledger:
        for number, source in enumerate(table.sources):
            rows = np.unique(table.row[lapsed & (table.source == number)])
            if source is entry.source and len(rows) and periods.EXPIRED not in entry.set_aside:
                entry.move(periods.EXPIRED, len(rows))
    return replace(review, tables=review.tables | {"authorities": table.take(~lapsed)})


def _mend_ids(posts: Table) -> int:
    """Put right what spreadsheets did to ids, sheet by sheet; how many were changed."""
    changed = 0
    for name in ("employee_id", "position_id"):
        if posts.filled(name).any():
            for number in range(len(posts.sources)):
                own = posts.source == number
                column, n = tidy_ids(posts.frame.loc[own, name])
                changed += n
                if n or column.isna().any():
                    posts.frame.loc[own, name] = column
    return changed


def _empty_posts() -> Table:
    empty = np.zeros(0, np.int32)
    return Table(
        "posts", pd.DataFrame({"title": pd.Series([], dtype="str")}), empty, empty, empty, [Source("", None, None, {})]
    )


def _places(posts: Table, tree: dept.DepartmentTree) -> np.ndarray:
    """Department of every row of posts; AMBIGUOUS and unknown are told apart for the findings."""
    for name in ("department_level", "department"):
        if posts.has(name):
            found = dept.codes(tree, posts.text(name))
            several = np.flatnonzero((found < 0) & posts.filled(name))
            for i in several:  # several departments in one cell: the first is home
                parts = dept.several(tree, str(posts.value(int(i), name)))
                known = [tree.find(part) for part in parts]
                if len(parts) > 1 and known[0] >= 0:
                    found[i] = known[0]
            return found
    return np.full(len(posts), -1, dtype=np.int64)


def _account(review: Review, posts: Table, aside: np.ndarray, origin: np.ndarray) -> None:
    """Tell the ledger which rows of posts are no seats after all."""
    of_file = origin == np.arange(len(origin))
    for entry in review.ledger:
        if entry.source is None:
            continue
        for number, source in enumerate(posts.sources):
            if source is entry.source:
                reasons, counts = np.unique(aside[of_file & (posts.source == number)].astype(str), return_counts=True)
                for reason, n in zip(reasons, counts, strict=True):
                    if reason and reason not in entry.set_aside:
                        entry.move(str(reason), int(n))


def _teach(resolver: Resolver, posts: Table, people: folk.People, place: np.ndarray, settings: Settings) -> None:
    text = {name: posts.text(name) for name in ("position_id", "employee_id", "email", "distinguished_name", "phone")}
    text["name_key"] = values.keys(folk.plain_names(posts.text("name")))
    text["title_key"] = values.keys(posts.text("title"))
    seat = people.row_seat
    used = seat >= 0
    position = np.full(len(posts), -1, dtype=np.int64)
    person = np.full(len(posts), -1, dtype=np.int64)
    position[used] = people.seats["position"].to_numpy()[seat[used]]
    person[used] = people.seats["person"].to_numpy()[seat[used]]
    gone = [people.aside == reason for reason in (periods.LEFT, periods.INACTIVE)]
    resolver.learn(text, np.where(used, seat, -1), position, person, np.maximum(place, -1), *gone)
    resolver.remember(text, people.aside == periods.REPLACED)
    resolver.first_damaged()
    for name, others in settings.aliases.get("positions", {}).items():
        group = [values.key(title) for title in (name, *others)]
        known = next((title for title in group if title in resolver.titles), group[0])
        resolver.aliases |= {title: known for title in group if title != known}
    resolver.seat_position = people.seats["position"].to_numpy()
    held = people.seats["person"].to_numpy()
    resolver.held = held


def _complete_seats(posts: Table, people: folk.People, tree: dept.DepartmentTree, origin: np.ndarray) -> pd.DataFrame:
    """Seat ids for rows without position id, and who is appraised how (domain.md D)."""
    seats = people.seats
    row = seats["row"].to_numpy()
    mode = (
        values.closed(posts.text("appraisal_mode"), "appraisal_mode").to_numpy()[row]
        if len(posts)
        else np.zeros(0, object)
    )
    employment = (
        values.closed(posts.text("employment_type"), "employment_type").to_numpy()[row]
        if len(posts)
        else np.zeros(0, object)
    )
    seats["mode"], seats["employment"] = mode, employment
    unjudged = (
        pd.Series(mode).eq("none")
        | pd.Series(employment).isin(["agency", "outsourced"])
        | seats["status"].isin(["planned", "abolished"])
    )
    further = origin[row] != row  # a post named in passing is appraised with the main post
    seats["judged"] = ~unjudged.to_numpy(dtype=bool) & ~further
    if posts.has("assignment"):
        said = values.closed(posts.text("assignment"), "assignment")
        marked = posts.text("assignment").str.contains("兼", na=False) & said.ne("primary")
        seats["concurrent"] = (said.eq("concurrent") | marked).to_numpy(dtype=bool)[row]
        seats["primary"] = said.eq("primary").to_numpy(dtype=bool)[row]
    else:
        seats["concurrent"] = seats["primary"] = False
    seats["further"] = further
    if further.any():
        seats["concurrent"] |= further
        seats["primary"] |= np.isin(row, origin[row[further]]) & ~further
    missing = seats["id"].isna()
    if missing.any():
        at = seats[missing]
        employee = pd.Series(posts.text("employee_id").to_numpy()[at["row"]], index=at.index, dtype="str")
        names = pd.Series([node.name for node in tree.nodes] + [""], dtype="str").to_numpy()
        title = pd.Series(posts.text("title").to_numpy()[at["row"]], index=at.index, dtype="str").fillna("?")
        where = title + "@" + names[at["department"].to_numpy()]
        held = seats["person"].to_numpy()
        own_posts = np.bincount(held[~further & (held >= 0)], minlength=len(people.persons) + 1)
        nobody = at["person"].to_numpy() < 0  # there the id names the box
        alone = nobody | ((own_posts[at["person"].to_numpy()] == 1) & ~at["further"].to_numpy(dtype=bool))
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


def _referring(review: Review) -> dict[tuple[str, str], list[int]]:
    """Columns of the given tables that refer to somebody."""
    skip = {
        ("posts", "superior"),
        ("posts", "department"),
        ("posts", "dotted_superior"),
        ("departments", "head"),
        ("departments", "parent"),
    }
    return {
        (kind, name): kinds_of(kind, name)
        for kind in review.tables
        for name, spec in catalog.toml("tables")[kind]["fields"].items()
        if spec.get("refers") and (kind, name) not in skip and review.tables[kind].has(name)
    }


def _column(
    table: Table, kind: str, name: str, needed: list[int], resolver: Resolver, tree: dept.DepartmentTree
) -> Links:
    context = None
    if "department" in table.frame.columns and name != "department" and (POSITION in needed or PERSON in needed):
        context = np.maximum(dept.codes(tree, table.text("department")), -1)
    many = bool(catalog.toml("tables")[kind]["fields"][name].get("many"))
    text = table.text(name)
    if name == "data_provider":  # a system that counts by itself is nobody, and neutral
        text = text.mask(text.str.contains(catalog.toml("words")["systems"], case=False, na=False))
    return resolver.resolve(text, context, needed, many=many)


def _department_links(posts: Table, place: np.ndarray, tree: dept.DepartmentTree) -> Links:
    """Departments of posts as links, so that unknown ones are found like any other reference."""
    name = "department_level" if posts.has("department_level") else "department"
    filled = posts.filled(name)
    unlisted = (
        np.array([tree.listed and node >= 0 and not tree.nodes[node].listed for node in place], dtype=bool)
        if tree.listed
        else np.zeros(len(place), bool)
    )
    row = np.flatnonzero(filled)
    status = np.where(
        place[row] == AMBIGUOUS,
        Status.AMBIGUOUS,
        np.where((place[row] < 0) | unlisted[row], Status.UNKNOWN, Status.FOUND),
    )
    text = posts.text(name).to_numpy(dtype=object)[row]
    links = Links(
        row, status.astype(np.int8), np.full(len(row), DEPARTMENT), place[row], np.zeros(len(row), bool), text
    )
    return links.joined(_unknown_parts(posts, name, tree)) if tree.listed else links


def _unknown_parts(posts: Table, name: str, tree: dept.DepartmentTree) -> Links:
    """Of cells that list several departments, those parts that the table of departments does not know."""
    rows, parts = [], []
    for row in np.flatnonzero(dept.lists_several(posts.text(name))):
        listed = dept.several(tree, str(posts.value(int(row), name)))
        lost = [part for part in listed if len(listed) > 1 and tree.find(part) == -1]
        rows += [int(row)] * len(lost)
        parts += lost
    n = len(rows)
    text = np.empty(n, dtype=object)
    text[:] = parts
    return Links(
        np.array(rows, np.int64), np.full(n, Status.UNKNOWN, np.int8), np.full(n, DEPARTMENT), np.full(n, -1),
        np.zeros(n, bool), text,
    )  # fmt: skip


def _department_frame(tree: dept.DepartmentTree, head: np.ndarray, settings: Settings) -> pd.DataFrame:
    kinds = dept.kinds([node.name for node in tree.nodes])
    for name, others in settings.aliases.get("departments", {}).items():  # what stands for a department is of its kind
        same = {values.key(other) for other in (name, *others)}
        shared = set().union(*(dept.kind_words(other) for other in (name, *others)))
        for node, own in zip(tree.nodes, kinds, strict=True):
            if values.key(node.name) in same:
                own |= shared
    return pd.DataFrame(
        {
            "id": [node.id or node.name for node in tree.nodes],
            "name": [node.name for node in tree.nodes],
            "parent": np.array([node.parent for node in tree.nodes], dtype=np.int64),
            "head": head[: len(tree.nodes)],
            "row": np.array([node.row for node in tree.nodes], dtype=np.int64),
            "listed": [node.listed for node in tree.nodes],
            "unknown_parent": [node.unknown_parent for node in tree.nodes],
            "kinds": kinds,
        }
    )


def _hints(org: Organization, resolver: Resolver, most: int = 60) -> dict[str, list[str]]:
    """Near spellings of the first unknown references, for people to choose from."""
    hints: dict[str, list[str]] = {}
    for (kind, name), links in org.links.items():
        unknown = links.text[links.status == Status.UNKNOWN]
        needed = (
            [DEPARTMENT]
            if (kind, name) == ("posts", "department")
            else [POSITION, PERSON]
            if name in ("superior", "dotted_superior", "head")
            else kinds_of(kind, name)
        )
        for text in pd.unique(pd.Series(unknown, dtype=object)):
            if len(hints) >= most:
                return hints
            if text not in hints:
                hints[str(text)] = resolver.nearest(str(text), needed)
    return hints
