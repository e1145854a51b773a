"""Duties joined to who bears them: one line per duty and bearer, in columns, with what their statements mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from orgaudit import wording
from orgaudit.organization.bearers import as_positions
from orgaudit.reading import values
from orgaudit.understanding import SURE, Understood

if TYPE_CHECKING:
    from orgaudit.organization.model import Organization
    from orgaudit.organization.work import Work
    from orgaudit.table import Table

COLUMNS = [
    *"racis", "row", "department", "position", "lead", "inferred", "matrix", "chart", "own", "verb", "needs_right", "catch_all",
    "empty", "statement", "function", "declared", "confirmed", "suggested", "confidence", "likely", "said", "action", "object",
    "scope", "duty_id", "text",
]  # fmt: skip


def lines(org: Organization, work: Work) -> pd.DataFrame:
    """The frame of :attr:`orgaudit.organization.work.Work.duties`."""
    table = org.table("duties")
    row, department, position = _bearers(org, len(table))
    roles = _roles(table.text("role"))
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
    _worded(frame, table, values.distinct_map(text, wording.parse).to_numpy()[at])
    _meant(frame, work.understood)
    frame["duty_id"] = table.text("duty_id").to_numpy()[at]
    frame["function"] = work.function_keys(table.text("function"))[at]
    confirmed = (
        values.yes(table.text("function_confirmed"))
        if table.has("function_confirmed")
        else np.ones(len(table), dtype=bool)
    )
    frame["declared"] = (table.filled("function") & confirmed)[at] & pd.notna(frame["function"]).to_numpy()
    _confirm(frame, org, work)
    guess = frame["suggested"].where(frame["confidence"] >= SURE).to_numpy(dtype=object)
    frame["likely"] = frame["function"].astype(object).where(frame["function"].notna(), guess)
    frame["chart"] = frame["matrix"] | _written_charts(frame, table)
    return frame


def _confirm(frame: pd.DataFrame, org: Organization, work: Work) -> None:
    """Take the functions that people confirmed for duties in the register, by department and words (and id); what the
    duties themselves declare stays."""
    frame["confirmed"] = False
    if "confirmed_functions" not in org.review:
        return
    table = org.table("confirmed_functions")
    answer = table.text("confirmed")
    yes = values.yes(answer)
    spoken = values.keys(answer)
    other = ~yes & table.filled("confirmed") & spoken.isin(list(work.known_functions)).to_numpy()
    chosen = table.text("function").where(yes, answer).where(yes | other)
    names = org.departments["name"].map(values.key)
    place = frame["department"].map(lambda d: names.iat[int(d)] if d >= 0 else "")
    given = pd.DataFrame({"id": table.text("duty_id"), "statement": values.keys(table.text("statement")),
                          "place": values.keys(table.text("department")).fillna(""),
                          "function": work.function_keys(chosen)})  # fmt: skip
    given = given[given["function"].notna().to_numpy()]
    by_id = given.dropna(subset=["id"]).drop_duplicates(["id", "place", "statement"], keep="last")
    ids = pd.DataFrame({"id": frame["duty_id"], "place": place, "statement": frame["statement"]}).merge(
        by_id, on=["id", "place", "statement"], how="left"
    )["function"]
    by_words = given.dropna(subset=["statement"]).drop_duplicates(["statement", "place"], keep="last")
    words = pd.DataFrame({"statement": frame["statement"], "place": place}).merge(
        by_words, on=["statement", "place"], how="left"
    )["function"]
    found = ids.astype(object).where(ids.notna(), words.to_numpy(dtype=object))
    hit = found.notna().to_numpy() & ~frame["declared"].to_numpy(dtype=bool)
    frame["confirmed"] = hit
    frame["function"] = frame["function"].astype(object).where(~hit, found)
    frame["declared"] |= hit


def _worded(frame: pd.DataFrame, table: Table, parsed: np.ndarray) -> None:
    """Add what the first words of each statement say: verb, action class, object, whether it helps or is a catch-all."""
    at = frame["row"].to_numpy()
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


def _meant(frame: pd.DataFrame, understood: Understood) -> None:
    """Add what the lexicon makes of each statement: its number in ``understood``, the suggested function, how sure."""
    number = {text: i for i, text in enumerate(understood.texts)}
    said = np.array([number.get(text, -1) for text in frame["statement"]], dtype=np.int64)
    suggested = [*understood.suggested(), ("", 0.0)]  # the last stands for lines without a statement
    frame["said"] = said
    frame["suggested"] = [suggested[i][0] or None for i in said]
    frame["confidence"] = np.array([suggested[i][1] for i in said])
    helps = np.append(understood.flags("assists"), False)
    empty = np.append(understood.flags("boilerplate"), False)
    frame["lead"] &= ~helps[said]
    frame["empty"] = empty[said] | frame["catch_all"].to_numpy(dtype=bool)


def _bearers(org: Organization, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(row, department, position) lines: a position where one is named, else the department; -1, -1 where nobody is."""
    place = org.link("duties", "department").found("department")
    at_position = as_positions(org, org.link("duties", "position"))
    bearer = org.link("duties", "bearer")
    by_bearer = as_positions(org, bearer)
    department_bearer = bearer.found("department")
    home = np.full(n, -1, dtype=np.int64)
    home[place.row[::-1]] = place.index[::-1]
    own = org.positions["department"].to_numpy()
    rows = [at_position[0], by_bearer[0], department_bearer.row]
    has_position = np.zeros(n, dtype=bool)
    has_position[at_position[0]] = True
    named = org.link("duties", "position").row
    unresolved = np.zeros(n, dtype=bool)
    unresolved[named] = "posts" in org.review  # without posts a named position says no more than its department
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


def _roles(column: pd.Series) -> dict[str, np.ndarray]:
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
        letter: np.array([isinstance(t, str) and letter.upper() in t for t in told], dtype=bool) for letter in "racis"
    }
    result["inferred"] = np.array([isinstance(t, str) and "?" in t for t in told], dtype=bool)
    unknown = np.array([isinstance(t, str) and t == "U" for t in told], dtype=bool)
    result["i"] |= unknown  # an unknown mark is neither lead nor doer
    return result


def same_duty(duties: pd.DataFrame) -> np.ndarray:
    """A number per line of duties, from 1: rows that share a duty's id, else its words, are one."""
    return np.asarray(pd.factorize(duties["duty_id"].where(duties["duty_id"].notna(), duties["statement"]))[0]) + 1


def _written_charts(duties: pd.DataFrame, table: Table) -> np.ndarray:
    """Boolean per line: a responsibility chart written as rows – one duty, several bearers with roles of their own, somebody
    consulted or informed. A department and its own positions that share a duty's id are no chart."""
    at = duties["row"].to_numpy(dtype=np.int64)
    explicit = table.filled("role")[at] & ~duties["matrix"].to_numpy(dtype=bool)
    aside = (duties["c"] | duties["i"]).to_numpy(dtype=bool) & explicit
    if not aside.any():
        return np.zeros(len(duties), dtype=bool)
    frame = pd.DataFrame(
        {"key": same_duty(duties) * 1_000 + table.source[at], "explicit": explicit, "aside": aside, "row": at}
    )
    frame["unit"] = (duties["position"] < 0).to_numpy()
    groups = frame.groupby("key")
    several = (groups["row"].transform("nunique") > 1) & groups["explicit"].transform("all")
    posts = ~groups["unit"].transform("any") & groups["aside"].transform("any")
    return np.asarray((several & (groups["unit"].transform("all") | posts)).to_numpy(dtype=bool))
