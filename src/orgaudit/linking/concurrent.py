"""Posts that a row names in passing become rows of their own: further posts of a person – in a column of concurrent
posts, or in the title (副总经理兼销售部经理) –, so that duties and incompatible duties are seen together; and superiors in
forms, which describe one position each and name its neighbors."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd

from orgaudit.linking.departments import DepartmentTree
from orgaudit.reading import values
from orgaudit.table import Table

_IN_TITLE = r"^(.{2,}?)\s*[（(]?\s*兼任?\s*(?!职)(.{2,}?)\s*[)）]?$"
_OF_PERSON = (
    "employee_id", "name", "first_name", "last_name", "email", "phone", "distinguished_name", "department", "department_level",
    "status", "employment_type", "valid_from", "valid_to", "record", "sequence", "snapshot", "hire_date",
    "legal_entity", "location", "remark",
)  # fmt: skip


def spread(posts: Table) -> tuple[Table, np.ndarray, dict[str, str]]:
    """The rows of posts with one row for each further post at the end.

    Returns:
        the table; for each row the row whose person holds it (itself for the rows of the file, -1 where that is not
        told); and titles written with their further posts → the main title, by which others may refer to them.
    """
    own = np.arange(len(posts))
    title = posts.text("title")
    parts = title.str.extract(_IN_TITLE)
    combined = parts[0].notna().to_numpy()
    listed = posts.filled("further_posts")
    named = posts.filled("name") | posts.filled("employee_id") | posts.filled("email")
    if all(source.layout == "form" for source in posts.sources) and len(posts):
        table = _append(posts, *_neighbors(posts), "superior")
        return table, np.concatenate([own, np.full(len(table) - len(posts), -1)]), {}
    if not ((combined | listed) & named).any():
        return posts, own, {}
    shorter = {
        values.key(text): values.key(main) for text, main in zip(title[combined], parts[0][combined], strict=True)
    }
    main = replace(posts, frame=posts.frame.assign(title=title.where(~combined, parts[0])))
    tables, origin = [main], [own]
    for field, text in (("title", parts[1]), ("further_posts", posts.text("further_posts"))):
        rows: list[int] = []
        titles: list[str] = []
        for row in np.flatnonzero(text.notna().to_numpy() & named):
            for piece in values.split(str(text.iat[row])):
                if values.key(piece) not in (values.key(str(main.value(int(row), "title"))), ""):
                    rows.append(int(row))
                    titles.append(piece)
        tables[0] = _append(tables[0], rows, titles, field)
        origin.append(np.array(rows, dtype=np.int64))
    return tables[0], np.concatenate(origin), shorter


def _neighbors(posts: Table) -> tuple[list[int], list[str]]:
    """Rows and titles of superiors that have no form of their own; each title once."""
    seen = set(values.keys(posts.text("title")).dropna()) | values.words("external") | values.words("no_superior")
    rows: list[int] = []
    titles: list[str] = []
    for row in np.flatnonzero(posts.filled("superior")):
        for piece in values.split(str(posts.value(int(row), "superior"))):
            spelled = values.key(piece)
            if spelled and spelled not in seen:
                seen.add(spelled)
                rows.append(int(row))
                titles.append(piece)
    return rows, titles


def _append(posts: Table, rows: list[int], titles: list[str], field: str) -> Table:
    """The table with one more row per title, of the person and place of its row; ``field`` is where the title stands."""
    if not rows:
        return posts
    at = np.array(rows, dtype=np.int64)
    kept = _OF_PERSON if field != "superior" else ()
    more = posts.frame.iloc[at][[name for name in kept if name in posts.frame.columns]].reset_index(drop=True)
    more["title"] = pd.Series(titles, dtype="str")
    columns = [posts.sources[source].columns.get(field, []) for source in posts.source[at]]
    places = {name: np.concatenate([old, np.full(len(at), -1, old.dtype)]) for name, old in posts.places.items()}
    own_title = places.setdefault("title", np.full(len(posts) + len(at), -1, np.int32))
    own_title[len(posts) :] = [found[-1].index if found else -1 for found in columns]
    return replace(
        posts,
        frame=pd.concat([posts.frame, more.reindex(columns=posts.frame.columns).astype("str")], ignore_index=True),
        source=np.concatenate([posts.source, posts.source[at]]),
        row=np.concatenate([posts.row, posts.row[at]]),
        column=np.concatenate([posts.column, posts.column[at]]),
        places=places,
    )


def answer(solid: pd.DataFrame, seats: pd.DataFrame, origin: np.ndarray, row_seat: np.ndarray) -> pd.DataFrame:
    """The solid lines with one for each further post: that of another seat of the position, else that of the main post."""
    further = np.flatnonzero(seats["further"].to_numpy(dtype=bool))
    known = solid[(solid["target"] >= 0).to_numpy()].drop_duplicates("seat").reset_index(drop=True)
    if not len(further) or not len(known):
        return solid
    position = seats["position"].to_numpy()
    of_position = pd.Series(known.index, index=position[known["seat"].to_numpy()])
    of_seat = pd.Series(known.index, index=known["seat"].to_numpy())
    held = origin[seats["row"].to_numpy()[further]]
    main = np.where(held >= 0, row_seat[np.maximum(held, 0)], -1)
    same = of_position[~of_position.index.duplicated()].reindex(position[further]).to_numpy()
    line = np.where(np.isnan(same), of_seat.reindex(main).to_numpy(), same)
    found = ~np.isnan(line)
    lines = known.iloc[line[found].astype(np.int64)].assign(seat=further[found])
    return pd.concat([solid, lines[lines["target"] != lines["seat"]]], ignore_index=True)


def settle(place: np.ndarray, posts: Table, origin: np.ndarray, tree: DepartmentTree) -> None:
    """Put further posts whose title begins with a department's name (资金科负责人) into that department, in place."""
    names = sorted(
        {node.name: n for n, node in enumerate(tree.nodes) if len(node.name) >= 2}.items(),
        key=lambda item: -len(item[0]),
    )
    for row in np.flatnonzero((origin >= 0) & (origin != np.arange(len(origin)))):
        title = str(posts.value(int(row), "title"))
        place[row] = next((n for name, n in names if re.match(re.escape(name), title)), place[row])
