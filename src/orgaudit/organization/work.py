"""Duties, rights, indicators and services joined to who bears them: one line per bearer, in columns."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from orgaudit import catalog, understanding
from orgaudit.organization import duties
from orgaudit.organization.bearers import as_positions
from orgaudit.organization.links import KINDS, Links, Status
from orgaudit.reading import values
from orgaudit.understanding import Signals, Understood

if TYPE_CHECKING:
    from orgaudit.organization.model import Organization
    from orgaudit.table import Table

_DEPARTMENT, _POSITION, _PERSON, _SEAT = range(4)
_RIGHTS = ["row", "position", "body", "matter", "function", "declared", "power", "low", "high", "from_said", "condition",
           "currency", "joint", "delegated", "special", "form"]  # fmt: skip
_WEIGHTLESS = r"加减分|加分|减分|扣分项|否决|门槛|bonus|veto|\bgate\b"


class Work:
    """What people answer for, what they may decide, what they are measured by."""

    def __init__(self, org: Organization) -> None:
        self._org = org

    # ---- duties -------------------------------------------------------------------------------------------------

    @cached_property
    def duties(self) -> pd.DataFrame:
        """One row per duty and bearer.

        ``row`` of the table, ``department`` (-1), ``position`` (-1: a duty of the department), role flags ``r a c i s``,
        ``lead`` (domain.md C4), ``inferred`` (the role was guessed from 负责), ``matrix``, ``chart`` (of a responsibility
        chart, drawn or in rows), ``catch_all``, ``empty`` (that or housekeeping), ``statement`` and ``function`` keys,
        ``declared`` function; ``said`` (number in :attr:`understood`), ``suggested`` function with ``confidence``, and
        ``likely``: the given function, else the suggested one where that is sure enough.
        """
        if "duties" not in self._org.review:
            return pd.DataFrame(columns=duties.COLUMNS)
        return duties.lines(self._org, self)

    @cached_property
    def understood(self) -> Understood:
        """The distinct statements of duties, understood."""
        keys = values.keys(self._org.table("duties").text("statement")).dropna().unique()
        return understanding.read(
            [str(key) for key in keys], self._org.settings.lexicon, self._org.settings.embedding_model
        )

    @cached_property
    def led_activities(self) -> list[set[str]]:
        """Per distinct statement the ids of activities that some part of it plainly leads; the last stands for no statement."""
        return [*self.understood.led_activities(), set()]

    @cached_property
    def pairs(self) -> tuple[np.ndarray, np.ndarray, Signals]:
        """Pairs of distinct statements that may be one piece of work, and what speaks for and against it."""
        one, two = self.understood.likely_pairs()
        return one, two, self.understood.signals(one, two)

    @cached_property
    def known_functions(self) -> dict[str, str]:
        """Spellings of function names → the key of the function (its English name, or the text's own key)."""
        names = {}
        for row in catalog.table("functions"):
            for text in (row["function_en"], row["function_zh"]):
                names[values.key(text)] = values.key(row["function_en"])
        for name, others in self._org.settings.aliases.get("functions", {}).items():
            group = [values.key(text) for text in (name, *others)]
            known = next((names[key] for key in group if key in names), group[0])
            names |= dict.fromkeys(group, known)
        return names

    def function_keys(self, column: pd.Series) -> np.ndarray:
        """Function of each row as a key; both languages of a catalogue function give the same."""
        known = self.known_functions
        return np.asarray(
            values.distinct_map(column, lambda text: known.get(values.key(text), values.key(text))).to_numpy()
        )

    # ---- rights -------------------------------------------------------------------------------------------------

    @cached_property
    def rights(self) -> pd.DataFrame:
        """One row per right and who holds it: ``row, position, body, matter, function, declared, power, low, high, from_said,
        condition, currency, joint, delegated, special``.

        ``position`` is -1 where the holder is no position here: a board, a department without a head, an unknown text; ``body``
        tells holders apart in any case. ``from_said``: a lower limit stands in the row. ``delegated``: granted by somebody, or
        temporary; ``special``: that, with an end date;
        ``form``: it stands in the description of a single position.
        """
        org = self._org
        if "authorities" not in org.review:
            return pd.DataFrame(columns=_RIGHTS)
        table = org.table("authorities")
        holders = self._holders(table)
        rows = holders["row"].to_numpy(dtype=np.int64)
        function = self.function_keys(table.text("function"))
        matter = values.keys(table.text("matter")).to_numpy()
        low, high = self._bands(table.text("limit_from"), table.text("limit_to"), table.text("amount_unit"))
        frame = holders.copy()
        frame["matter"] = pd.Series(matter[rows], dtype=object).where(pd.notna(matter[rows]), function[rows])
        frame["function"] = function[rows]
        frame["declared"] = table.filled("function")[rows]
        power = values.distinct_map(table.text("power"), _powers).to_numpy()
        frame["power"] = power[rows]
        frame = frame.explode("power", ignore_index=True)
        rows = frame["row"].to_numpy(dtype=np.int64)
        frame["low"], frame["high"] = low[rows], high[rows]
        frame["from_said"] = (low > 0)[rows] | table.filled("limit_from")[rows]
        for name in ("condition", "currency"):
            frame[name] = values.keys(table.text(name)).fillna("").to_numpy()[rows]
        joint = values.yes(table.text("joint")) | table.filled("joint") & ~values.is_any(
            table.text("joint").fillna("no"), "no"
        )
        frame["joint"] = joint[rows] | frame["power"].isin(["countersign", "deliberate"]).to_numpy()
        temporary = (
            table.text("condition")
            .str.contains(r"特别|临时|专项授权|special|temporary", case=False, na=False)
            .to_numpy(dtype=bool)
        )
        frame["delegated"] = (table.filled("granted_by") | temporary)[rows]
        frame["special"] = frame["delegated"] & table.filled("valid_to")[rows]
        frame["form"] = np.array([source.layout == "form" for source in table.sources])[table.source[rows]]
        return frame

    def _holders(self, table: Table) -> pd.DataFrame:
        """Who holds each right: ``row, position, body``; a department means the position of its head."""
        org = self._org
        links = org.link("authorities", "position")
        rows, positions = as_positions(org, links)
        parts = [pd.DataFrame({"row": rows, "position": positions, "body": None})]
        other = links.take((links.status != Status.FOUND) & (links.status != Status.VACANT))
        parts.append(
            pd.DataFrame({"row": other.row, "position": -1, "body": values.keys(pd.Series(other.text, dtype="str"))})
        )
        by_department = links.found("department")
        column = org.link("authorities", "department").found("department")
        column = column.take(~table.filled("position")[column.row])
        head_seat = org.departments["head"].to_numpy()
        for units in (by_department, column):
            seat = head_seat[units.index] if len(head_seat) else units.index
            held = org.seats["position"].to_numpy()[np.maximum(seat, 0)] if org.n else seat
            names = org.departments["name"].to_numpy(dtype=object)[units.index]
            parts.append(pd.DataFrame({"row": units.row, "position": np.where(seat >= 0, held, -1), "body": names}))
        frame = pd.concat(parts, ignore_index=True).sort_values("row", kind="stable", ignore_index=True)
        frame["position"] = frame["position"].astype(np.int64)
        own = "position " + frame["position"].astype("str")
        frame["body"] = frame["body"].astype("str").where(frame["position"] < 0, own)
        return frame

    def _bands(self, lower: pd.Series, upper: pd.Series, unit: pd.Series) -> tuple[np.ndarray, np.ndarray]:
        """Amount bands; a text in one cell may hold both ends. No limit written = no limit (domain.md C8)."""
        scale = values.distinct_map(unit, values.unit_scale).fillna(1.0).to_numpy(dtype=float)
        said, start = np.full(len(upper), None, dtype=object), np.full(len(upper), None, dtype=object)
        for factor in np.unique(scale):
            own = scale == factor
            for texts, result in ((upper, said), (lower, start)):
                result[own] = values.distinct_map(
                    texts[own], lambda text, factor=factor: values.band(text, float(factor))
                ).to_numpy()
        low = np.array([0.0 if band is None else band[0] for band in said])
        high = np.array([np.inf if band is None else band[1] for band in said])
        plain = np.array([band is not None and band[0] == 0.0 for band in said])
        from_ = np.array(
            [0.0 if band is None else (band[0] or (band[1] if np.isfinite(band[1]) else 0.0)) for band in start]
        )
        low = np.where((plain | np.array([band is None for band in said])) & (from_ > 0), from_, low)
        return low, high

    # ---- indicators ---------------------------------------------------------------------------------------------

    @cached_property
    def indicators(self) -> pd.DataFrame:
        """One row per row of the table.

        ``kind`` and ``index`` of the bearer (-1 unresolved), ``weight`` in percent, ``counted`` (has a weight at all),
        ``state`` of the sign-off, ``name`` and ``bearer`` keys.
        """
        org = self._org
        if "indicators" not in org.review:
            return pd.DataFrame(columns=["row", "kind", "index", "weight", "counted", "state", "name", "bearer"])
        table = org.table("indicators")
        n = len(table)
        frame = pd.DataFrame({"row": np.arange(n), "kind": np.full(n, -1), "index": np.full(n, -1)})
        links = org.link("indicators", "bearer").found()
        frame.loc[links.row[::-1], "kind"] = links.kind[::-1]
        frame.loc[links.row[::-1], "index"] = links.index[::-1]
        frame["bearer"] = values.keys(table.text("bearer"))
        text = table.text("weight")
        weight = values.numbers(text)
        percent = text.str.contains("%|％", na=False).to_numpy(dtype=bool)
        free = text.str.contains(_WEIGHTLESS, case=False, na=False).to_numpy(dtype=bool)
        frame["counted"] = ~free
        own = np.where(free, np.nan, weight)
        largest = (
            pd.Series(np.where(percent, 100.0, own)).groupby(frame["bearer"].fillna("")).transform("max").to_numpy()
        )
        frame["weight"] = np.where(largest <= 1.0, own * 100, own)  # 0.3 and 30 and 30 % are one weight
        frame["state"] = values.closed(table.text("sign_off"), "sign_off")
        frame["name"] = values.keys(table.text("indicator"))
        return frame

    @cached_property
    def indicator_duties(self) -> pd.DataFrame:
        """The duty behind each indicator: ``line`` (an index of :attr:`duties`, -1 none), ``linked`` (the cell is filled),
        ``own`` (the bearer bears it) and ``acts`` (as responsible or accountable).

        A related duty is named by its id or its words; the bearer's own row comes first (workbook.md).
        """
        org, duties = self._org, self.duties
        n = len(self.indicators)
        result = pd.DataFrame({"line": np.full(n, -1), "linked": False, "own": False, "acts": False})
        if not n or not org.review.has("indicators", "duty"):
            return result
        key = values.keys(org.table("indicators").text("duty"))
        result["linked"] = key.notna().to_numpy()
        known = pd.concat(
            [pd.DataFrame({"line": np.arange(len(duties)), "key": values.keys(duties[name].astype("str"))})
             for name in ("duty_id", "statement")]
        ).dropna().drop_duplicates()  # fmt: skip
        asked = pd.DataFrame({"row": np.arange(n), "key": key.to_numpy()}).dropna()
        several = ~asked["key"].isin(known["key"]) & asked["key"].str.contains("[;；、,，\n]")
        parts = asked[several].assign(key=asked["key"][several].map(values.split)).explode("key")
        asked = pd.concat([asked[~several], parts.assign(key=parts["key"].str.strip())], ignore_index=True)
        known = known[known["key"].isin(asked["key"])].join(duties[["position", "department", "r", "a"]], on="line")
        anywhere = asked.merge(known.sort_values("a", ascending=False, kind="stable").drop_duplicates("key"), on="key")
        anywhere = anywhere.drop_duplicates("row")
        result.loc[anywhere["row"], "line"] = anywhere["line"].to_numpy()
        positions, departments = self._scopes()
        by_position = asked.merge(positions, on="row").merge(known[known["position"] >= 0], on=["key", "position"])
        above = [(d, up) for d in known["department"].unique() if d >= 0 for up in org.department_line(int(d))]
        units = pd.DataFrame(above, columns=["department", "up"])
        inside = known.merge(units, on="department").drop(columns="department").rename(columns={"up": "department"})
        by_unit = asked.merge(departments, on="row").merge(inside, on=["key", "department"])
        by_unit = by_unit[(by_unit["whole"] | (by_unit["position"] < 0)).to_numpy(dtype=bool)]
        own = pd.concat([by_position, by_unit])
        own = own.assign(acts=own["r"].astype(bool) | own["a"].astype(bool)).sort_values(
            ["row", "acts", "line"], kind="stable"
        )
        best = own.drop_duplicates("row", keep="last")
        result.loc[best["row"], "line"] = best["line"].to_numpy()
        result.loc[best["row"], "own"] = True
        result.loc[best["row"], "acts"] = best["acts"].to_numpy(dtype=bool)
        return result

    def _scopes(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Whose duties are an indicator's own: (row, position), and (row, department, whole): all of a bearer that is a
        department, the department's own of a bearer that heads it."""
        org, frame = self._org, self.indicators
        measured = frame[frame["kind"].isin([_POSITION, _PERSON, _SEAT]).to_numpy()]
        held = [
            (int(row), int(seat))
            for kind, index, row in zip(measured["kind"], measured["index"], measured["row"], strict=True)
            for seat in (org.position_seats(int(index)) if kind == _POSITION
                         else org.person_seats(int(index)) if kind == _PERSON else [index])
        ]  # fmt: skip
        seats = pd.DataFrame(held, columns=["row", "seat"], dtype=np.int64)
        position = org.seats["position"].to_numpy()
        positions = pd.DataFrame(
            {"row": seats["row"], "position": position[seats["seat"].to_numpy()]}
        ).drop_duplicates()
        headed = org.headed[seats["seat"].to_numpy()] if org.n else np.zeros(0, np.int64)
        heads = pd.DataFrame({"row": seats["row"], "department": headed, "whole": False})[headed >= 0]
        units = frame[(frame["kind"] == _DEPARTMENT).to_numpy()]
        whole = pd.DataFrame({"row": units["row"], "department": units["index"], "whole": True})
        return positions, pd.concat([whole, heads.drop_duplicates()], ignore_index=True)

    @cached_property
    def indicator_departments(self) -> np.ndarray:
        """Department of each indicator's bearer, -1 unknown."""
        org, frame = self._org, self.indicators
        result = np.full(len(frame), -1, dtype=np.int64)
        kind, index = frame["kind"].to_numpy(), frame["index"].to_numpy()
        result[kind == 0] = index[kind == 0]
        if len(org.positions):
            result[kind == 1] = org.positions["department"].to_numpy()[index[kind == 1]]
        if org.n:
            place = org.seats["department"].to_numpy()
            result[kind == 3] = place[index[kind == 3]]
            persons = org.seats["person"].to_numpy()
            first = np.full(len(org.persons) + 1, -1, dtype=np.int64)
            held = np.flatnonzero(persons >= 0)
            first[persons[held][::-1]] = place[held][::-1]
            result[kind == 2] = first[index[kind == 2]]
        return result

    def indicator_seats(self) -> Links:
        """Seats that each indicator measures: those of its position or person, or the head of its department."""
        org = self._org
        rows, seats = [], []
        frame = self.indicators
        for kind, index, row in zip(frame["kind"], frame["index"], frame["row"], strict=True):
            if kind == _POSITION:
                found = org.position_seats(int(index))
            elif kind == _PERSON:
                found = org.person_seats(int(index))
            elif kind == _SEAT:
                found = np.array([index])
            elif kind == _DEPARTMENT:
                head = int(org.departments["head"].iat[int(index)])
                found = np.array([head]) if head >= 0 else np.zeros(0, np.int64)
            else:
                continue
            rows += [int(row)] * len(found)
            seats += found.tolist()
        n = len(rows)
        kind_ = np.full(n, _SEAT)
        return Links(
            np.array(rows, np.int64),
            np.zeros(n, np.int8),
            kind_,
            np.array(seats, np.int64),
            np.zeros(n, bool),
            np.full(n, "", object),
        )


def _powers(text: str) -> list[str]:
    known = values.vocabulary("power")
    found = []
    for part in [text, *values.split(text.replace("/", ";"))]:
        spelled = values.key(part).replace(" ", "")
        if spelled in known:
            found.append(known[spelled])
            if part is text:
                break
    return list(dict.fromkeys(found)) or ["other"]


__all__ = ["KINDS", "Status", "Work"]
