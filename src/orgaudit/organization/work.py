"""Duties, rights, indicators and services joined to who bears them: one line per bearer, in columns."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from orgaudit import catalog, wording
from orgaudit.organization.links import KINDS, Links, Status
from orgaudit.reading import values

if TYPE_CHECKING:
    from orgaudit.organization.model import Organization

_DEPARTMENT, _POSITION, _PERSON, _SEAT = range(4)
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
        ``lead`` (domain.md C4), ``inferred`` (the role was guessed from 负责), ``matrix``, ``catch_all``, ``bearer`` (0/1:
        resolved), ``statement`` and ``function`` keys, ``declared`` function.
        """
        org = self._org
        if "duties" not in org.review:
            return pd.DataFrame(
                columns=[
                    *"racis",
                    *[
                        "row",
                        "department",
                        "position",
                        "lead",
                        "inferred",
                        "matrix",
                        "catch_all",
                        "statement",
                        "function",
                        "declared",
                        "action",
                        "object",
                        "scope",
                        "duty_id",
                        "text",
                    ],
                ]
            )
        table = org.table("duties")
        row, department, position = self._bearers(len(table))
        roles = self._roles(table.text("role"))
        frame = pd.DataFrame({"row": row, "department": department, "position": position})
        for letter in "racis":
            frame[letter] = roles[letter][row]
        support = org.link("duties", "support_department").found("department")
        extra = pd.DataFrame(
            {"row": support.row, "department": support.index, "position": -1, **dict.fromkeys("raci", False), "s": True}
        )
        empty = ~(roles["r"] | roles["a"] | roles["c"] | roles["i"] | roles["s"])[row]
        frame["inferred"] = roles["inferred"][row]
        frame["a"] |= empty  # an empty role is lead (A+R)
        frame["r"] |= empty
        frame["matrix"] = table.column[row] >= 0
        if len(extra):
            frame = pd.concat([frame, extra.assign(inferred=False, matrix=False)], ignore_index=True).sort_values(
                "row", kind="stable", ignore_index=True
            )
        at = frame["row"].to_numpy()
        frame["lead"] = frame["a"] & ~(frame["matrix"] & (table.column[at] < 0))
        text = table.text("statement")
        frame["text"] = text.to_numpy()[at]
        frame["statement"] = values.keys(text).to_numpy()[at]
        parsed = values.distinct_map(text, wording.parse).to_numpy()[at]
        frame["catch_all"] = [bool(w and w.catch_all) for w in parsed]
        frame["lead"] &= ~np.array([bool(w and w.assists) for w in parsed], dtype=bool)
        frame["needs_right"] = [bool(w and w.needs_right) for w in parsed]
        given_class = values.closed(table.text("duty_class"), "duty_class").to_numpy()[at]
        frame["action"] = [
            ("approve" if c == "authorize" else c) if c else (w.action if w else None)
            for c, w in zip(given_class, parsed, strict=True)
        ]
        given_object = values.keys(table.text("object")).to_numpy()[at]
        frame["object"] = [
            o if isinstance(o, str) else (w.object if w else "") for o, w in zip(given_object, parsed, strict=True)
        ]
        frame["verb"] = [w.verb if w else "" for w in parsed]
        frame["own"] = [bool(w and w.own) for w in parsed]
        frame["scope"] = values.keys(table.text("scope")).to_numpy()[at]
        frame["duty_id"] = table.text("duty_id").to_numpy()[at]
        frame["function"] = self.function_keys(table.text("function"))[at]
        confirmed = (
            values.yes(table.text("function_confirmed"))
            if table.has("function_confirmed")
            else np.ones(len(table), dtype=bool)
        )
        frame["declared"] = (table.filled("function") & confirmed)[at] & pd.notna(frame["function"]).to_numpy()
        return frame

    def _bearers(self, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(row, department, position) lines: a position where one is named, else the department; -1, -1 where nobody is."""
        org = self._org
        place = org.link("duties", "department").found("department")
        at_position = _as_positions(org, org.link("duties", "position"))
        bearer = org.link("duties", "bearer")
        by_bearer = _as_positions(org, bearer)
        department_bearer = bearer.found("department")
        home = np.full(n, -1, dtype=np.int64)
        home[place.row[::-1]] = place.index[::-1]
        own = org.positions["department"].to_numpy()
        rows = [at_position[0], by_bearer[0], department_bearer.row]
        has_position = np.zeros(n, dtype=bool)
        has_position[at_position[0]] = True
        named = org.link("duties", "position").row
        unresolved = np.zeros(n, dtype=bool)
        unresolved[named] = True
        plain = ~(has_position | unresolved)[place.row]
        departments = [
            np.where(home[at_position[0]] >= 0, home[at_position[0]], own[at_position[1]] if len(own) else -1),
            own[by_bearer[1]] if len(own) else by_bearer[1],
            department_bearer.index,
            place.index[plain],
        ]
        positions = [
            at_position[1],
            by_bearer[1],
            np.full(len(department_bearer.row), -1),
            np.full(int(plain.sum()), -1),
        ]
        rows.append(place.row[plain])
        row = np.concatenate(rows).astype(np.int64)
        missing = np.setdiff1d(np.arange(n), row)
        row = np.concatenate([row, missing])
        department = np.concatenate([*departments, np.full(len(missing), -1)]).astype(np.int64)
        position = np.concatenate([*positions, np.full(len(missing), -1)]).astype(np.int64)
        order = np.argsort(row, kind="stable")
        return row[order], department[order], position[order]

    def _roles(self, column: pd.Series) -> dict[str, np.ndarray]:
        known = values.vocabulary("role")

        def letters(text: str) -> str:
            if text.startswith("?"):  # marks of a scheme that is not RACI
                return "U"
            spelled = values.key(text).replace(" ", "")
            if spelled in known:
                return known[spelled] + ("?" if known[spelled] == "AR" and spelled == "负责" else "")
            found = ""
            for part in values.split(text.replace("/", ";").replace(",", ";").replace("，", ";")):
                piece = values.key(part).replace(" ", "")
                if piece in known:
                    found += known[piece]
                elif piece and set(piece) <= set("racis") and len(piece) <= 3:
                    found += piece.upper()
            return found or "U"

        told = values.distinct_map(column, letters).to_numpy()
        result = {
            letter: np.array([isinstance(t, str) and letter.upper() in t for t in told], dtype=bool)
            for letter in "racis"
        }
        result["inferred"] = np.array([isinstance(t, str) and "?" in t for t in told], dtype=bool)
        unknown = np.array([isinstance(t, str) and t == "U" for t in told], dtype=bool)
        result["i"] |= unknown  # an unknown mark is neither lead nor doer
        return result

    @cached_property
    def _functions(self) -> dict[str, str]:
        """Spellings of function names → the key of the function (its English name, or the text's own key)."""
        names = {}
        for row in catalog.table("functions"):
            for text in (row["function_en"], row["function_zh"]):
                names[values.key(text)] = values.key(row["function_en"])
        for name, others in self._org.settings.aliases.get("functions", {}).items():
            for text in [name, *others]:
                names[values.key(text)] = names.get(values.key(name), values.key(name))
        return names

    def function_keys(self, column: pd.Series) -> np.ndarray:
        """Function of each row as a key; both languages of a catalogue function give the same."""
        known = self._functions
        return np.asarray(
            values.distinct_map(column, lambda text: known.get(values.key(text), values.key(text))).to_numpy()
        )

    # ---- rights -------------------------------------------------------------------------------------------------

    @cached_property
    def rights(self) -> pd.DataFrame:
        """One row per right and position: ``row, position, matter, function, power, low, high, condition, joint, special``."""
        org = self._org
        if "authorities" not in org.review:
            return pd.DataFrame(
                columns=[
                    "row",
                    "position",
                    "matter",
                    "function",
                    "power",
                    "low",
                    "high",
                    "condition",
                    "currency",
                    "joint",
                    "special",
                ]
            )
        table = org.table("authorities")
        rows, positions = _as_positions(org, org.link("authorities", "position"))
        function = self.function_keys(table.text("function"))
        matter = values.keys(table.text("matter")).to_numpy()
        low, high = self._bands(table.text("limit_from"), table.text("limit_to"), table.text("amount_unit"))
        frame = pd.DataFrame({"row": rows, "position": positions})
        frame["matter"] = pd.Series(matter[rows], dtype=object).where(pd.notna(matter[rows]), function[rows])
        frame["function"] = function[rows]
        power = values.distinct_map(table.text("power"), _powers).to_numpy()
        frame["power"] = power[rows]
        frame = frame.explode("power", ignore_index=True)
        rows = frame["row"].to_numpy(dtype=np.int64)
        frame["low"], frame["high"] = low[rows], high[rows]
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
        frame["special"] = ((table.filled("granted_by") | temporary) & table.filled("valid_to"))[rows]
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


def _as_positions(org: Organization, links: Links) -> tuple[np.ndarray, np.ndarray]:
    """(row, position) of links that mean positions, seats, or persons (then the persons' positions)."""
    found = links.found()
    rows, positions = [], []
    for kind in (_POSITION, _SEAT):
        keep = found.kind == kind
        rows.append(found.row[keep])
        index = found.index[keep]
        positions.append(index if kind == _POSITION else org.seats["position"].to_numpy()[index])
    keep = found.kind == _PERSON
    if keep.any():
        for row, person in zip(found.row[keep], found.index[keep], strict=True):
            held = np.unique(org.seats["position"].to_numpy()[org.person_seats(int(person))])
            rows.append(np.full(len(held), row))
            positions.append(held)
    return np.concatenate(rows).astype(np.int64), np.concatenate(positions).astype(np.int64)


__all__ = ["KINDS", "Status", "Work"]
