"""Rows of ``posts`` → seats, positions and persons (domain.md: a seat is a box, a position a role, a person a human)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from orgaudit.linking import periods
from orgaudit.linking.lookup import id_keys
from orgaudit.linking.periods import INACTIVE, LEFT, USED
from orgaudit.reading import values
from orgaudit.table import Table


@dataclass
class People:
    """Seats, positions and persons, and where every row of ``posts`` went.

    ``row_seat`` gives each row's seat (-1 where set aside), ``aside`` the reason. Frames are described in
    :class:`orgaudit.organization.Organization`. ``left_rows`` are leavers' rows, kept to recognize references to them.
    """

    row_seat: np.ndarray
    aside: np.ndarray
    seats: pd.DataFrame
    positions: pd.DataFrame
    persons: pd.DataFrame
    status: np.ndarray


def build(posts: Table, department: np.ndarray, as_of: np.datetime64, origin: np.ndarray) -> People:
    """Seats, positions and persons of a table ``posts`` whose departments are already known.

    ``origin`` gives the row from which a row for a further post stems: both are one person's.
    """
    n = len(posts)
    title, name, employee = posts.text("title"), posts.text("name"), posts.text("employee_id")
    name_key = values.keys(name)
    bare = name_key.str.replace(" ", "", regex=False)
    status = _status(posts, bare)
    vacant = bare.isin(values.words("vacant")).to_numpy() | np.isin(status, ["vacant", "planned", "abolished"])
    undisclosed = bare.isin(values.words("undisclosed")).to_numpy() | (status == "abolished")
    named = name.notna().to_numpy() | employee.notna().to_numpy() | posts.filled("email")
    unnamed_file = not named.any()  # a chart of positions without people
    actual = values.numbers(posts.text("actual")) if posts.has("actual") else np.full(n, np.nan)
    occupied = named & ~vacant | undisclosed & (status != "abolished")
    occupied |= ~named & (actual > 0) & ~vacant
    if unnamed_file and not posts.filled("actual").any():
        headcount_only = posts.filled("headcount") & ~vacant
        occupied |= headcount_only | ~vacant
    position, position_keys = _positions(posts, title, department)
    person = _persons(posts, name_key, employee, department, occupied & named & ~undisclosed)
    occupied |= origin < 0  # a superior named in a form: who holds the post is not told
    person = np.where(origin < 0, -1, person[np.maximum(origin, 0)])
    anonymous = occupied & (person < 0) & (undisclosed | ~named)
    person[undisclosed & occupied & (person < 0)] = (
        person.max(initial=-1) + 1 + np.arange(int((undisclosed & occupied & (person < 0)).sum()))
    )
    aside = periods.aside(posts, status, position, person, as_of)
    used = aside == USED
    seat_of_row = np.full(n, -1, dtype=np.int64)
    single = np.where(person >= 0, person, -1 - np.arange(n))  # without a person every row is a seat of its own
    pair = pd.MultiIndex.from_arrays([position[used], single[used]]) if used.any() else None
    if pair is not None:
        seat_of_row[used] = pair.factorize()[0]
    first = _first_rows(seat_of_row)
    seats = pd.DataFrame(
        {
            "row": first,
            "position": position[first],
            "person": person[first],
            "department": department[first],
            "occupied": occupied[first],
            "anonymous": anonymous[first],
            "status": status[first],
        }
    )
    _, seats["position"] = _compact(seats["position"].to_numpy())
    person_codes, seats["person"] = _compact(seats["person"].to_numpy())
    positions = _position_frame(posts, seats, position_keys)
    persons = _person_frame(posts, seats, len(person_codes))
    seats["id"] = _seat_ids(posts, seats, positions)
    return People(seat_of_row, aside, seats, positions, persons, status)


def _status(posts: Table, bare_name: pd.Series) -> np.ndarray:
    """Status per row: active unless the status column, a remark or the name says otherwise."""
    status = np.full(len(posts), "active", dtype=object)
    if posts.has("status"):
        said = values.closed(posts.text("status"), "status")
        switch = dict.fromkeys(("1", "yes", "true", "是"), INACTIVE) | dict.fromkeys(
            ("0", "no", "false", "否"), "active"
        )
        for number, source in enumerate(posts.sources):
            header = values.header_key(source.columns["status"][0].header) if "status" in source.columns else ""
            own = posts.source == number
            text = posts.text("status")[own]
            if header in ("禁用", "disabled") or "blocksignin" in header:  # there 1 means disabled
                said[own] = values.distinct_map(text, lambda word: switch.get(word.strip().lower()))
            elif header in _ENABLED:  # there 0 means disabled
                flag = {"0": INACTIVE, "1": "active", "否": _ENABLED[header], "no": _ENABLED[header]}
                said[own] = values.distinct_map(text, lambda word, flag=flag: flag.get(word.strip().lower())).where(
                    lambda column: column.notna(), said[own]
                )
        status = said.where(said.notna(), "active").to_numpy(dtype=object, copy=True)
    if posts.has("remark"):
        gone = (
            posts.text("remark")
            .str.contains(r"已离职|已辞职|^离职|\b(?:left the company|terminated)\b", na=False)
            .to_numpy(dtype=bool)
        )
        status[gone] = "left"
    bracket = posts.text("name").str.extract(rf"[(（]\s*({_NAME_STATES})\s*[)）]", expand=False)
    for word in bracket.dropna().unique():
        status[(bracket == word).to_numpy(dtype=bool)] = values.vocabulary("status")[values.key(word).replace(" ", "")]
    status[bare_name.isin(values.words("abolished")).to_numpy()] = "abolished"
    return status


_NAME_STATES = "On Leave|Terminated|Inactive|休假|产假|病假|离职|已离职|退休|停职"
_ENABLED = {"accountenabled": INACTIVE, "active": INACTIVE, "isactive": INACTIVE, "是否在职": LEFT, "active?": INACTIVE}


def plain_names(names: pd.Series) -> pd.Series:
    """Names without the marks that systems add: ``[C]``, ``(On Leave)``, ``(兼)``."""
    return names.str.replace(rf"\s*(?:\[C\]|[(（]\s*(?:{_NAME_STATES}|兼|兼任|代)\s*[)）])\s*$", "", regex=True)


def _positions(posts: Table, title: pd.Series, department: np.ndarray) -> tuple[np.ndarray, pd.Series]:
    """Position of each row: position id, else department and title, else the row itself."""
    title_key = values.keys(title)
    fallback = pd.Series(department.astype(str), index=title.index) + "\x1f" + title_key
    own = pd.Series("row\x1f" + pd.Series(range(len(posts))).astype(str), index=title.index)
    text = fallback.where(title_key.notna(), own)
    if posts.has("position_id"):
        ids = id_keys(posts.text("position_id"))
        text = ("id\x1f" + ids).where(ids.notna(), text)
    codes, uniques = pd.factorize(text)
    return codes.astype(np.int64), pd.Series(uniques)


def _persons(
    posts: Table, name: pd.Series, employee: pd.Series, department: np.ndarray, there: np.ndarray
) -> np.ndarray:
    """Person of each row (-1 = none): employee id, else e-mail, else name.

    Without any id, equal names in different posts are one person only where the rows say that posts are combined;
    otherwise they are namesakes.
    """
    ids = id_keys(employee) if posts.has("employee_id") else pd.Series(None, index=name.index, dtype="str")
    text = "id\x1f" + ids
    if posts.has("email"):
        mail = values.keys(posts.text("email"))
        shared = mail.duplicated(keep=False) & name.ne(name.groupby(mail).transform("first"))  # a mailbox of many
        text = text.where(text.notna(), ("mail\x1f" + mail).where(~shared))
    plain = values.keys(plain_names(posts.text("name"))) if posts.has("name") else name
    apart = (
        plain
        + "\x1f"
        + pd.Series(department.astype(str), index=name.index)
        + "\x1f"
        + values.keys(posts.text("title")).fillna("")
    )
    said = posts.text("assignment").str.contains("兼", na=False) | values.closed(
        posts.text("assignment"), "assignment"
    ).eq("concurrent")
    said |= posts.text("name").str.contains(r"[(（]兼", na=False)
    combined = plain.isin(plain[said.to_numpy(dtype=bool)].dropna().unique())
    apart = apart.where(~combined, plain)
    text = text.where(text.notna(), "name\x1f" + apart)
    codes, _ = pd.factorize(text.where(there))
    return np.asarray(codes.astype(np.int64))


def _first_rows(seat_of_row: np.ndarray) -> np.ndarray:
    used = np.flatnonzero(seat_of_row >= 0)
    _, at = np.unique(seat_of_row[used], return_index=True)
    return used[at]


def _compact(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Codes renumbered without gaps in order of appearance; negative stays negative."""
    renumbered, uniques = pd.factorize(pd.Series(codes).where(pd.Series(codes) >= 0))
    return np.asarray(uniques), renumbered.astype(np.int64)


def _position_frame(posts: Table, seats: pd.DataFrame, keys: pd.Series) -> pd.DataFrame:
    first = seats.drop_duplicates("position").set_index("position").sort_index()
    row = first["row"].to_numpy()
    department = first["department"].to_numpy()
    frame = pd.DataFrame({"row": row, "department": department})
    frame["id"] = posts.text("position_id").to_numpy()[row]
    frame["title"] = posts.text("title").to_numpy()[row]
    frame["seats"] = np.bincount(seats["position"], minlength=len(frame))
    return frame


def _person_frame(posts: Table, seats: pd.DataFrame, n: int) -> pd.DataFrame:
    first = seats[seats["person"] >= 0].drop_duplicates("person").set_index("person").sort_index()
    row = first["row"].to_numpy()
    frame = pd.DataFrame({"row": row})
    for name in ("employee_id", "name", "email"):
        frame[name] = posts.text(name).to_numpy()[row]
    frame["seats"] = np.bincount(seats["person"][seats["person"] >= 0], minlength=len(frame))
    return frame


def _seat_ids(posts: Table, seats: pd.DataFrame, positions: pd.DataFrame) -> pd.Series:
    """Seat ids as domain.md C3 gives them; the department's name is added by the caller where a title needs it."""
    row, position = seats["row"].to_numpy(), seats["position"].to_numpy()
    position_id = pd.Series(positions["id"].to_numpy()[position], dtype="str")
    employee = pd.Series(posts.text("employee_id").to_numpy()[row], dtype="str")
    employee = employee.where(seats["person"].to_numpy() >= 0)
    alone = positions["seats"].to_numpy()[position] == 1
    number = seats.groupby("position").cumcount() + 1
    by_position = position_id.where(alone, position_id + "/" + employee)
    by_position = by_position.where(by_position.notna(), position_id + "#" + number.astype(str).astype("str"))
    return by_position.where(position_id.notna())
