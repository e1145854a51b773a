"""The organization: tables joined by whom they mean, and the relations of its solid-line chart."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd

from orgaudit.organization import graph
from orgaudit.organization.links import Links, Status
from orgaudit.organization.work import Work
from orgaudit.settings import Settings
from orgaudit.table import Review, Table

GENERAL_MANAGER = (
    r"总经理|总裁|董事长|首席执行官|执行董事|厂长"
    r"|^(?:acting )?(?:chief executive|general manager|managing director|president|chair)"
    r"|\bceo\b|chief executive officer|chairman|chairwoman|chairperson"
)
NOT_GENERAL = r"副总|助理|秘书|总经办|办公室|\bvice\b|deputy|assistant|secretary|\bvp\b|事业部|分公司"


@dataclass
class Organization:
    """Everything a check may ask.

    Frames, one row per object, joined by row number:

    * ``seats``: ``row`` (first row in posts), ``position``, ``person`` (-1 = nobody named), ``department`` (-1 unknown),
      ``occupied``, ``status``, ``id``, ``judged`` (domain.md D: appraised at all), ``mode``, ``employment``, ``further``
      (a post that another row names in passing).
    * ``positions``: ``row``, ``id``, ``title``, ``department``, ``seats`` (how many).
    * ``persons``: ``row``, ``employee_id``, ``name``, ``email``, ``seats``.
    * ``departments``: ``id``, ``name``, ``parent`` (-1), ``head`` (seat, -1), ``row``, ``listed``, ``kinds`` (set).
    * ``solid``: one row per solid-line superior of a seat: ``seat``, ``row`` (of posts), ``status``, ``position``, ``target``
      (the superior's seat, -1 unknown), ``text``. ``dotted`` likewise.

    ``links[table, field]`` holds the meanings of every other referring column.
    """

    review: Review
    settings: Settings
    as_of: date
    seats: pd.DataFrame
    positions: pd.DataFrame
    persons: pd.DataFrame
    departments: pd.DataFrame
    solid: pd.DataFrame
    dotted: pd.DataFrame
    links: dict[tuple[str, str], Links]
    row_seat: np.ndarray
    aside: np.ndarray
    root_marked: np.ndarray  # seats whose superior is an external body or that the configuration declares
    hints: dict[str, list[str]] = field(default_factory=dict)
    repairs: int = 0
    derived_superiors: bool = False  # there was no superior column: lines follow from flags of department heads

    # ---- tables -------------------------------------------------------------------------------------------------

    def table(self, kind: str) -> Table:
        """A table that is there (checks name what they need)."""
        return self.review.tables[kind]

    def link(self, kind: str, name: str) -> Links:
        """The meanings of a column; none where it is missing."""
        return self.links.get((kind, name), Links.none())

    @cached_property
    def waivers(self) -> list[dict[str, str | None]]:
        """Waivers of the table, then those of orgaudit.toml."""
        names = ("code", "subject", "reason", "control", "owner", "expires")
        table = self.review.tables.get("waivers")
        listed = (
            [{name: table.value(row, name) for name in names} for row in range(len(table))] if table is not None else []
        )
        return [*listed, *self.settings.waivers]

    @cached_property
    def work(self) -> Work:
        """Duties, rights and indicators joined to their bearers."""
        return Work(self)

    # ---- the solid-line chart -----------------------------------------------------------------------------------

    @property
    def n(self) -> int:
        """Number of seats."""
        return len(self.seats)

    @cached_property
    def parent(self) -> np.ndarray:
        """Each seat's superior seat (the first, where several are given); -1 where there is none."""
        result = np.full(self.n, -1, dtype=np.int64)
        known = self.solid[(self.solid["target"] >= 0).to_numpy()]
        result[known["seat"].to_numpy()[::-1]] = known["target"].to_numpy()[::-1]
        return result

    @cached_property
    def loops(self) -> list[list[int]]:
        """Loops of the chart as closed paths of seats."""
        known = self.solid[(self.solid["target"] >= 0).to_numpy()]
        return graph.loops(self.n, known["seat"].to_numpy(), known["target"].to_numpy())

    @cached_property
    def in_loop(self) -> np.ndarray:
        """Boolean per seat: it stands on a loop."""
        result = np.zeros(self.n, dtype=bool)
        result[graph.loop_members(self.parent)] = True
        for loop in self.loops:
            result[loop] = True
        return result

    @cached_property
    def tree(self) -> np.ndarray:
        """:attr:`parent` with the lines of loop members cut: a forest."""
        return graph.cut(self.parent, np.flatnonzero(self.in_loop))

    @cached_property
    def depth(self) -> np.ndarray:
        """Levels above each seat in the forest, 0 at a top."""
        return graph.depths(self.tree)

    @cached_property
    def top(self) -> np.ndarray:
        """The top of each seat's tree."""
        return graph.tops(self.tree)

    @cached_property
    def size(self) -> np.ndarray:
        """Seats at and below each seat."""
        return graph.sizes(self.tree, self.depth)

    @cached_property
    def _start(self) -> np.ndarray:
        return graph.intervals(self.tree, self.depth, self.size)

    def above(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Boolean: seat ``a`` is a superior, direct or not, of seat ``b`` (element by element; -1 is never)."""
        start, size = self._start, self.size
        known = (a >= 0) & (b >= 0) & (a != b)
        safe_a, safe_b = np.where(known, a, 0), np.where(known, b, 0)
        return np.asarray(known & (start[safe_a] <= start[safe_b]) & (start[safe_b] < start[safe_a] + size[safe_a]))

    def chain(self, seat: int) -> list[int]:
        """The superiors of a seat, direct one first (for single offenders)."""
        result: list[int] = []
        at = int(self.tree[seat])
        while at >= 0:
            result.append(at)
            at = int(self.tree[at])
        return result

    @cached_property
    def reports(self) -> np.ndarray:
        """Distinct direct-report seats of each seat, unweighted."""
        known = self.solid[(self.solid["target"] >= 0).to_numpy()]
        pairs = (
            np.unique(known["target"].to_numpy() * self.n + known["seat"].to_numpy())
            if len(known)
            else np.zeros(0, np.int64)
        )
        pairs = pairs[pairs // max(1, self.n) != pairs % max(1, self.n)]
        return np.bincount(pairs // max(1, self.n), minlength=self.n)

    @cached_property
    def blank_superior(self) -> np.ndarray:
        """Boolean per seat: no superior is given at all (empty cell or root marker), and one was asked for."""
        given = ~self.listed_seats
        given[self.solid["seat"].to_numpy()] = True
        return ~given

    @cached_property
    def roots(self) -> np.ndarray:
        """Boolean per seat: a root by domain.md C1: declared, or the top of the largest tree (of each legal entity)."""
        return np.asarray(self.root_marked | self.main_root)

    @cached_property
    def main_root(self) -> np.ndarray:
        """Boolean per seat: the top of the largest tree, which needs neither superior nor appraiser."""
        result = np.zeros(self.n, dtype=bool)
        candidates = np.flatnonzero((self.blank_superior | self.root_marked) & ~self.in_loop)
        if len(candidates):
            entity = self.entity[candidates]
            order = np.lexsort((candidates, -self.size[candidates], entity))
            _, first = np.unique(entity[order], return_index=True)
            result[candidates[order[first]]] = True
        return result

    @cached_property
    def entity(self) -> np.ndarray:
        """Legal entity of each seat as a code; one for all where none is named."""
        if not self.review.has("posts", "legal_entity"):
            return np.zeros(self.n, dtype=np.int64)
        text = self.table("posts").text("legal_entity").to_numpy()[self.seats["row"].to_numpy()]
        return np.asarray(pd.factorize(pd.Series(text).fillna(""))[0])

    @cached_property
    def listed_seats(self) -> np.ndarray:
        """Boolean per seat: it has a row of its own (others are named in passing by another row)."""
        return np.asarray(~self.seats["further"].to_numpy(dtype=bool))

    @cached_property
    def listed_positions(self) -> np.ndarray:
        """Boolean per position: some row is its own."""
        result = np.zeros(len(self.positions), dtype=bool)
        result[self.seats["position"].to_numpy()[self.listed_seats]] = True
        return result

    # ---- who is who ---------------------------------------------------------------------------------------------

    @cached_property
    def occupied(self) -> np.ndarray:
        """Boolean per seat: somebody holds it (named or only counted)."""
        return np.asarray(self.seats["occupied"].to_numpy(dtype=bool))

    @cached_property
    def vacant(self) -> np.ndarray:
        """Boolean per seat: an existing post that nobody holds (planned and abolished posts are not vacancies)."""
        return np.asarray(~self.occupied & ~self.seats["status"].isin(["planned", "abolished"]).to_numpy())

    @cached_property
    def judged(self) -> np.ndarray:
        """Boolean per seat: occupied and appraised (domain.md D leaves out some modes and kinds of employment)."""
        return np.asarray(self.occupied & self.seats["judged"].to_numpy(dtype=bool))

    @cached_property
    def incumbents(self) -> np.ndarray:
        """Occupied seats of each position."""
        return np.bincount(self.seats["position"].to_numpy()[self.occupied], minlength=len(self.positions))

    @cached_property
    def seats_of_position(self) -> tuple[np.ndarray, np.ndarray]:
        """CSR: seats ordered by position, and where each position's seats start."""
        position = self.seats["position"].to_numpy()
        order = np.argsort(position, kind="stable")
        return order, np.searchsorted(position[order], np.arange(len(self.positions) + 1))

    def position_seats(self, position: int) -> np.ndarray:
        """The seats of one position."""
        order, start = self.seats_of_position
        return order[start[position] : start[position + 1]]

    def person_seats(self, person: int) -> np.ndarray:
        """The seats of one person."""
        order, start = self._seats_of_person
        return order[start[person] : start[person + 1]]

    @cached_property
    def _seats_of_person(self) -> tuple[np.ndarray, np.ndarray]:
        person = self.seats["person"].to_numpy()
        order = np.argsort(person, kind="stable")
        return order, np.searchsorted(person[order], np.arange(len(self.persons) + 1))

    @cached_property
    def titles(self) -> pd.Series:
        """Each seat's title as written."""
        return pd.Series(self.positions["title"].to_numpy()[self.seats["position"].to_numpy()], dtype="str")

    @cached_property
    def general_manager(self) -> np.ndarray:
        """Boolean per seat: a general manager, chief executive or chairman by title, or a root."""
        text = self.titles.str.lower()
        named = text.str.contains(GENERAL_MANAGER, na=False) & ~text.str.contains(NOT_GENERAL, na=False)
        return np.asarray(named.to_numpy(dtype=bool) | self.roots)

    @cached_property
    def assistants(self) -> np.ndarray:
        """Boolean per seat: an assistant or secretary by title or job family."""
        words = r"助理|秘书|\bassistant\b|secretary|\bpa to\b"
        found = self.titles.str.lower().str.contains(words, na=False).to_numpy(dtype=bool)
        if self.review.has("posts", "job_family"):
            family = (
                self.table("posts").text("job_family").str.lower().str.contains(words, na=False).to_numpy(dtype=bool)
            )
            found = found | family[self.seats["row"].to_numpy()]
        return np.asarray(found)

    def family(self, has: np.ndarray) -> np.ndarray:
        """Boolean per position: a namesake in its department has something; one family shares descriptions and indicators."""
        frame = pd.DataFrame({"title": self.positions["title"], "department": self.positions["department"], "has": has})
        with_title = frame["title"].notna()
        shared = frame[with_title].groupby(["title", "department"])["has"].transform("any")
        result = np.zeros(len(frame), dtype=bool)
        result[np.flatnonzero(with_title)] = shared.to_numpy(dtype=bool)
        return result

    @cached_property
    def headed(self) -> np.ndarray:
        """Per seat, the highest department it heads; -1 where it heads none."""
        result = np.full(self.n, -1, dtype=np.int64)
        head = self.departments["head"].to_numpy()
        depth = graph.depths(self.department_tree) if len(head) else np.zeros(0, np.int64)
        for department in np.argsort(-depth, kind="stable"):
            if head[department] >= 0:
                result[head[department]] = department
        return result

    @cached_property
    def department_tree(self) -> np.ndarray:
        """Each department's parent with loops cut."""
        parent = self.departments["parent"].to_numpy(dtype=np.int64)
        own = np.flatnonzero(parent == np.arange(len(parent)))
        parent = graph.cut(parent, own)
        return graph.cut(parent, graph.loop_members(parent))

    def department_line(self, department: int) -> list[int]:
        """A department and those above it."""
        result = []
        while department >= 0:
            result.append(int(department))
            department = int(self.department_tree[department])
        return result

    @cached_property
    def head_count(self) -> np.ndarray:
        """Heads of each seat: one for a person; headcount (else actual) for a row that names nobody; 0 where vacant."""
        from orgaudit.reading import values

        heads = (self.occupied & self.listed_seats).astype(float)
        unnamed = self.occupied & (self.seats["person"].to_numpy() < 0)
        for name in ("actual", "headcount"):
            if unnamed.any() and self.review.has("posts", name):
                given = values.numbers(self.table("posts").text(name))[self.seats["row"].to_numpy()]
                heads = np.where(unnamed & (given > 0), given, heads)
        return np.asarray(heads)

    @cached_property
    def heads(self) -> int:
        """People of the organization."""
        return int(self.head_count.sum())

    @cached_property
    def layers(self) -> int:
        """Seats on the longest solid path, the leaf included, loops left out (domain.md C9)."""
        outside = ~self.in_loop & ~self.in_loop[self.top]
        return int(self.depth[outside].max(initial=-1)) + 1

    def seat_names(self, seats: np.ndarray) -> list[str]:
        """What a reader calls these seats: title and, where the title repeats, department."""
        return self.position_names[self.seats["position"].to_numpy()[seats]].tolist()  # type: ignore[no-any-return]

    def position_name(self, position: int) -> str:
        """One of :attr:`position_names`."""
        return str(self.position_names[position])

    def position_key(self, position: int) -> str:
        """One of :attr:`position_keys`."""
        return str(self.position_keys[position])

    @cached_property
    def position_names(self) -> np.ndarray:
        """Per position its title; with the department where several positions share the title; else its id."""
        title = self.positions["title"].astype("str")
        place = self._position_places
        shared = title.duplicated(keep=False) & title.notna() & place.notna()
        names = title.where(~shared, title + " (" + place + ")")
        names = names.where(names.notna(), self.positions["id"].astype("str"))
        return np.asarray(names.where(names.notna(), self._first_seat_ids).to_numpy(dtype=object))

    @cached_property
    def position_keys(self) -> np.ndarray:
        """Per position its id as domain.md C3 gives it: the position id, else title@department."""
        made = self.positions["title"].astype("str") + "@" + self._position_places.fillna("")
        keys = self.positions["id"].astype("str")
        keys = keys.where(keys.notna(), made)
        return np.asarray(keys.where(keys.notna(), self._first_seat_ids).to_numpy(dtype=object))

    @cached_property
    def _position_places(self) -> pd.Series:
        department = self.positions["department"].to_numpy(dtype=np.int64)
        names = np.array([*self.departments["name"], None], dtype=object)
        return pd.Series(names[department], index=self.positions.index, dtype="str")

    @cached_property
    def _first_seat_ids(self) -> pd.Series:
        order, start = self.seats_of_position
        ids = self.seats["id"].to_numpy(dtype=object)[order[start[:-1]]] if self.n else []
        return pd.Series(ids, index=self.positions.index, dtype="str")

    @property
    def unresolved(self) -> np.ndarray:
        """Boolean per row of ``solid``: the reference means nothing or several things."""
        return np.asarray(self.solid["status"].isin([Status.UNKNOWN, Status.AMBIGUOUS]).to_numpy())
