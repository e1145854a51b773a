"""Cells that point at positions, persons and departments → what they mean, or a record of why they mean nothing.

Every distinct text is resolved once (together with the department it stands in, where titles repeat); whole columns go
through hashed lookups, and only what these do not know is looked at text by text.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from orgaudit import catalog
from orgaudit.linking.departments import DepartmentTree, is_everyone
from orgaudit.linking.lookup import ABSENT, AMBIGUOUS, Lookup, id_keys, repaired
from orgaudit.organization import KINDS, Links, Status
from orgaudit.reading import values
from orgaudit.reading.spelling import bracketed, damaged_id, name_forms

DEPARTMENT, POSITION, PERSON, SEAT = (KINDS.index(kind) for kind in ("department", "position", "person", "seat"))
_DOTTED = re.compile(r"[(（\[]\s*(?:虚线?|业务指导|职能|dotted(?:[ -]line)?|matrix)\s*[)）\]]", re.I)
_DN = re.compile(r"^(?:CN|UID)=", re.I)
_MAIL = re.compile(r"^[^\s@]+@[^\s@]+$")


@dataclass(frozen=True)
class Target:
    """One meaning of a text."""

    status: int
    kind: int = -1
    index: int = -1
    text: str = ""
    dotted: bool = False


class Resolver:
    """Knows every way in which a cell may name something, in the order in which they are tried."""

    def __init__(self, tree: DepartmentTree, heads: np.ndarray, external: Sequence[str], root_marks: bool) -> None:
        self.tree = tree
        self.heads = heads  # seat that heads each department, -1 unknown
        self.external = values.words("external") | {values.key(name).replace(" ", "") for name in external}
        self.root_marks = values.words("no_superior") if root_marks else frozenset()
        self.position_ids = self.employee_ids = self.mails = self.names = self.titles = self.directory = self.phones = (
            _NONE
        )
        self.earlier = _NONE  # position ids of replaced rows → the person
        self.left = _NONE
        self.left_damaged = _NONE
        self.inactive = np.zeros(0, dtype=bool)
        self.position_department = np.zeros(0, dtype=np.int64)
        self.held = np.zeros(0, dtype=np.int64)  # person of each seat
        self.aliases: dict[str, str] = {}  # other titles of a position → its title
        self.seat_position = np.zeros(0, dtype=np.int64)
        self.damaged: list[tuple[Lookup, int]] = []
        self.repairs = 0

    def learn(self, posts_text: dict[str, pd.Series], row: np.ndarray, position: np.ndarray, person: np.ndarray,
              departments: np.ndarray, left: np.ndarray, inactive: np.ndarray) -> None:  # fmt: skip
        """Take up who and what the used rows of ``posts`` name; rows of leavers and of inactive persons for their own
        sentences."""
        used = row >= 0

        def column(name: str, keyed: pd.Series, codes: np.ndarray, of: np.ndarray) -> Lookup:
            return Lookup(keyed[of].reset_index(drop=True), codes[of])

        ids, employees = id_keys(posts_text["position_id"]), id_keys(posts_text["employee_id"])
        names, titles = posts_text["name_key"], posts_text["title_key"]
        nobody = used & (person < 0)  # the id of a vacant box names its position
        self.position_ids = Lookup(
            pd.concat([ids[used], employees[nobody]], ignore_index=True),
            np.concatenate([position[used], position[nobody]]),
        )
        self.employee_ids = column("employee_id", employees, person, used)
        self.mails = column("email", values.keys(posts_text["email"]), person, used)
        self.directory = column("dn", values.keys(posts_text["distinguished_name"]), person, used)
        self.names = column("name", names, person, used)
        self.titles = column("title", titles, position, used)
        gone = np.arange(len(row))
        mail, phone = values.keys(posts_text["email"]), phone_keys(posts_text["phone"])
        self.phones = column("phone", phone, person, used)
        self.inactive = inactive
        away_rows = left | inactive
        directory = values.keys(posts_text["distinguished_name"])
        away = [part[away_rows] for part in (ids, employees, names, mail, phone, directory)]
        self.left = (
            Lookup(pd.concat(away, ignore_index=True), np.concatenate([gone[away_rows]] * len(away)))
            if away_rows.any()
            else _NONE
        )
        self.position_department = np.zeros(int(position.max(initial=-1)) + 1, dtype=np.int64)
        self.position_department[position[used]] = departments[used]

    def remember(self, posts_text: dict[str, pd.Series], replaced: np.ndarray) -> None:
        """Let the position id of a row that a later one replaced mean the person, who has moved on."""
        if replaced.any():
            ids = id_keys(posts_text["position_id"])[replaced]
            people = self.employee_ids.find(id_keys(posts_text["employee_id"])[replaced])
            self.earlier = Lookup(ids.reset_index(drop=True), people)

    def first_damaged(self) -> None:
        """Lookups of last resort: ids compared without what spreadsheets do to them."""
        for lookup, kind in ((self.position_ids, POSITION), (self.employee_ids, PERSON)):
            if len(lookup):
                self.damaged.append((Lookup(repaired(lookup.known), lookup.codes), kind))
        if len(self.left):
            self.left_damaged = Lookup(repaired(self.left.known), self.left.codes)

    def resolve(self, texts: pd.Series, context: np.ndarray | None, kinds: Sequence[int], *, many: bool) -> Links:
        """What every row's text means.

        Args:
            texts: the column; missing cells give no links.
            context: department of each row, where a title may be meant within it; or None.
            kinds: what may be meant, in the order of trying.
            many: a cell may hold several values.
        """
        place = np.full(len(texts), -1, dtype=np.int64) if context is None else np.asarray(context)
        text_code, text_values = pd.factorize(texts)
        pair = pd.MultiIndex.from_arrays([text_code, place]).factorize() if len(texts) else (np.zeros(0, int), [])
        codes, uniques = pair
        own = pd.Series([text_values[int(t)] if t >= 0 else None for t, _ in uniques], dtype="str")
        where = np.array([int(d) for _, d in uniques], dtype=np.int64)
        found = self._whole(own, kinds)
        meanings: list[list[Target]] = []
        for i, (kind, index) in enumerate(found):
            text = own.iat[i]
            if pd.isna(text):
                meanings.append([])
            elif index >= 0:
                meanings.append([Target(Status.FOUND, kind, index, str(text))])
            else:
                meanings.append(self._parts(str(text), int(where[i]), kinds, many))
        return Links.expand(codes, meanings)

    def _whole(self, texts: pd.Series, kinds: Sequence[int]) -> list[tuple[int, int]]:
        """(kind, index) of texts that as a whole are one known id, e-mail or unique name; index < 0 otherwise."""
        keyed = id_keys(texts)
        steps: list[tuple[Lookup, int]] = []
        for kind in kinds:
            steps += [(self.position_ids, kind)] if kind == POSITION else []
        ids = [(self.position_ids, POSITION)] if POSITION in kinds else []
        if PERSON in kinds:
            ids += [(self.employee_ids, PERSON), (self.mails, PERSON), (self.directory, PERSON), (self.phones, PERSON)]
        if len(ids) > 1 and len(self.position_ids) and len(self.employee_ids):  # the values decide which ids are meant
            rates = [float((lookup.find(keyed) >= 0).mean()) for lookup, _ in ids[:2]]
            if rates[1] > rates[0]:
                ids[0], ids[1] = ids[1], ids[0]
        names = [(self.names, PERSON)] if PERSON in kinds else []
        kind_of = np.full(len(texts), -1, dtype=np.int64)
        index = np.full(len(texts), ABSENT, dtype=np.int64)
        for lookup, kind in [*ids, *names]:
            open_ = index == ABSENT
            if not open_.any():
                break
            at = lookup.find(keyed)
            hit = open_ & (at != ABSENT)
            kind_of[hit], index[hit] = kind, at[hit]
        return list(zip(kind_of.tolist(), index.tolist(), strict=True))

    def _parts(self, text: str, place: int, kinds: Sequence[int], many: bool) -> list[Target]:
        parts = values.split(text, lambda piece: self._known(piece, kinds)) if many else [text.strip()]
        if many and len(parts) == 1 and ":" in text and not self._known(text, kinds):  # ids joined by colons
            pieces = [piece.strip() for piece in text.split(":") if piece.strip()]
            parts = pieces if sum(self._known(piece, kinds) for piece in pieces) * 2 >= len(pieces) > 1 else parts
        result: list[Target] = []
        for part in parts:
            target = self._one(part, place, kinds)
            if target is not None and not any(
                t.kind == target.kind and t.index == target.index and t.status == target.status == Status.FOUND
                for t in result
            ):
                result.append(target)
        return result

    def _known(self, piece: str, kinds: Sequence[int]) -> bool:
        spelled = values.key(piece)
        if PERSON in kinds and any(form in self.names or form in self.left for form in name_forms(piece)):
            return True
        if PERSON in kinds and (spelled in self.employee_ids or spelled in self.mails):
            return True
        if POSITION in kinds and (spelled in self.position_ids or spelled in self.titles):
            return True
        if DEPARTMENT in kinds and spelled in self.tree.by_key:
            return True
        head = bracketed(piece)
        return head is not None and self._known(head[0], kinds)

    def _one(self, text: str, place: int, kinds: Sequence[int]) -> Target | None:
        """The meaning of one value; None for root markers and words for nothing."""
        dotted = bool(_DOTTED.search(text))
        bare = _DOTTED.sub("", text).strip() if dotted else text
        spelled = values.key(bare)
        tight = spelled.replace(" ", "")
        if tight in self.root_marks or not tight or tight in values.words("empty"):
            return None
        if tight in values.words("vacant"):
            return Target(Status.VACANT, text=text, dotted=dotted)
        status, kind, index = self._seek(bare, place, kinds)
        if status == Status.UNKNOWN:
            if tight in self.external:
                return Target(Status.EXTERNAL, text=text, dotted=dotted)
            if DEPARTMENT in kinds and is_everyone(bare):
                return None
        return Target(status, kind, index, bare, dotted)

    def _seek(self, text: str, place: int, kinds: Sequence[int]) -> tuple[int, int, int]:
        unsure = False
        steps = [(self._plain, kinds), (self._with_note, kinds), (self._damaged, kinds)]
        people = [kind for kind in kinds if kind != DEPARTMENT]
        if text.isdigit() and people and len(people) < len(kinds):  # an id of somebody comes before one of a department
            steps = [(self._plain, people), (self._damaged, people), (self._plain, kinds)]
        for attempt, meant in steps:
            status, kind, index = attempt(text, place, meant)
            if status in (Status.FOUND, *Status.GONE):
                return status, kind, index
            unsure |= status == Status.AMBIGUOUS
        return (Status.AMBIGUOUS if unsure else Status.UNKNOWN), -1, -1

    def _plain(self, text: str, place: int, kinds: Sequence[int]) -> tuple[int, int, int]:
        spelled = values.key(text)
        unsure = False
        for lookup, kind in (
            (self.position_ids, POSITION),
            (self.employee_ids, PERSON),
            (self.mails, PERSON),
            (self.directory, PERSON),
            (self.phones, PERSON),
            (self.earlier, PERSON),
        ):
            if kind in kinds:
                at = lookup.one(phone_key(spelled) if lookup is self.phones else spelled)
                if at >= 0:
                    return Status.FOUND, kind, at
                unsure |= at == AMBIGUOUS
        for kind in kinds:
            at = ABSENT
            if kind == PERSON:
                people = {int(p) for form in name_forms(text) for p in self.names.candidates(form)}
                at = people.pop() if len(people) == 1 else AMBIGUOUS if people else ABSENT
            elif kind == POSITION:
                at = self._title(spelled, place)
            elif kind == DEPARTMENT:
                at = self.tree.find(text)
            if at >= 0:
                return Status.FOUND, kind, at
            unsure |= at == AMBIGUOUS
        if PERSON in kinds or POSITION in kinds:
            for form in name_forms(text):
                if form in self.left:
                    row = int(self.left.candidates(form)[0])
                    return (Status.INACTIVE if self.inactive[row] else Status.LEFT), -1, row
        return (Status.AMBIGUOUS if unsure else Status.UNKNOWN), -1, -1

    def _title(self, spelled: str, place: int) -> int:
        """A title: unique within the department it stands in, or above it, or unique at all."""
        found = self.titles.candidates(self.aliases.get(spelled, spelled))
        if len(found) <= 1:
            return int(found[0]) if len(found) else ABSENT
        seen = 0
        while place >= 0 and seen < 100:
            inside = [int(p) for p in found if self.position_department[p] == place]
            if len(inside) == 1:
                return inside[0]
            if inside:
                return AMBIGUOUS
            place, seen = self.tree.nodes[place].parent, seen + 1
        return AMBIGUOUS

    def _with_note(self, text: str, place: int, kinds: Sequence[int]) -> tuple[int, int, int]:
        """``name(id)``, ``name（title）``, ``title(department)``, ``id name``, ``title name``, ``department/title``."""
        pieces: list[tuple[str, str]] = []
        noted = bracketed(text)
        if noted:
            pieces += [(noted[1], noted[0]), noted]
        for separator in (" ", "/", "-", "－", "@"):
            if separator in text:
                head, _, tail = text.partition(separator)
                left, _, right = text.rpartition(separator)
                pieces += [(head, tail), (right, left)]
        for sure, other in pieces:
            if not sure.strip() or not other.strip():
                continue
            spelled = values.key(sure)
            for lookup, kind in ((self.employee_ids, PERSON), (self.position_ids, POSITION), (self.mails, PERSON)):
                at = lookup.one(spelled) if kind in kinds else ABSENT
                if at >= 0:
                    return Status.FOUND, kind, at
        for first, second in pieces:
            people = (
                {int(p) for form in name_forms(first) for p in self.names.candidates(form)}
                if PERSON in kinds
                else set()
            )
            if people:
                inside = self.tree.find(second)
                seats = np.flatnonzero(np.isin(self.held, list(people))).tolist()
                titled = {int(p) for p in self.titles.candidates(values.key(second))}
                fitting = [
                    s
                    for s in seats
                    if int(self.seat_position[s]) in titled
                    or (inside >= 0 and self.position_department[self.seat_position[s]] == inside)
                ]
                if len(fitting) == 1:
                    return Status.FOUND, SEAT, fitting[0]
                if noted and len(people) == 1 and not titled and inside < 0:
                    return Status.FOUND, PERSON, people.pop()
            if POSITION in kinds:
                inside = self.tree.find(second)
                if inside >= 0:
                    titled_there = self.titles.candidates(values.key(first))
                    titled_there = titled_there[self.position_department[titled_there] == inside]
                    if len(titled_there) == 1:
                        return Status.FOUND, POSITION, int(titled_there[0])
        return Status.UNKNOWN, -1, -1

    def _damaged(self, text: str, place: int, kinds: Sequence[int]) -> tuple[int, int, int]:
        """The only id that differs in nothing but what spreadsheets do to ids."""
        mended = damaged_id(text)
        if not any(character.isdigit() for character in mended):
            return Status.UNKNOWN, -1, -1
        for lookup, kind in self.damaged:
            if kind in kinds:
                at = lookup.one(mended)
                if at >= 0:
                    self.repairs += 1
                    return Status.FOUND, kind, at
        gone = self.left_damaged.candidates(mended)
        if len(gone) and (PERSON in kinds or POSITION in kinds):
            self.repairs += 1
            return (Status.INACTIVE if self.inactive[gone[0]] else Status.LEFT), -1, int(gone[0])
        return Status.UNKNOWN, -1, -1

    def nearest(self, text: str, kinds: Sequence[int], n: int = 3) -> list[str]:
        """Titles and departments spelled like an unknown text: a hint for people, never a guess.

        Names of persons are not offered; the hint is printed where names are not.
        """
        if any(character.isdigit() for character in text):  # an id resembles many and means none of them
            return []
        pool: list[str] = []
        if POSITION in kinds:
            pool += self.titles.known[:5_000]
        if DEPARTMENT in kinds:
            pool += [node.name for node in self.tree.nodes]
        return difflib.get_close_matches(values.key(text), pool, n, 0.5)


def phone_key(text: str) -> str:
    """A telephone number's digits, without country code 86."""
    digits = re.sub(r"\D", "", text)
    return digits[2:] if len(digits) == 13 and digits.startswith("86") else digits


def phone_keys(column: pd.Series) -> pd.Series:
    """:func:`phone_key` over a column; what is too short for a number is missing."""
    digits = column.str.replace(r"\D", "", regex=True).str.replace(r"^86(?=\d{11}$)", "", regex=True)
    return digits.where(digits.str.len() >= 7)


_NONE = Lookup(pd.Series([], dtype="str"), np.zeros(0, dtype=np.int64))


def kinds_of(kind: str, name: str) -> list[int]:
    """What a field of a table may point at, from the catalogue."""
    refers = catalog.toml("tables")[kind]["fields"][name].get("refers", ())
    return [KINDS.index(item) for item in refers]
