"""Principle 3, paper and practice: what process tracing shows against what the duties say."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pandas as pd

from orgaudit import wording
from orgaudit.check import NotAssessable
from orgaudit.checks.duties import CHAPTER
from orgaudit.finding import Offenders, Result
from orgaudit.organization import Organization
from orgaudit.reading import values


@CHAPTER.check(
    14, "medium", subject="duty", confidence="declared", core=False, needs=["duties", "steps"], near=0.5, own=0.34
)
def paper_and_practice(org: Organization, limits: SimpleNamespace) -> Result:
    """A traced step whose department has no duty like it, or a duty whose bearer never appears where it is done."""
    steps = traced(org)
    steps = steps[(steps["activity"].notna() & (steps["department"] >= 0)).to_numpy(dtype=bool)]
    duties = org.work.duties
    real = duties[
        (duties["statement"].notna() & ~duties["catch_all"].astype(bool) & (duties["department"] >= 0)).to_numpy(
            dtype=bool
        )
    ]
    if not len(steps) or not len(real):
        raise NotAssessable("nothing_traced")
    said = [(text, wording.bigrams(_core(str(text)))) for text in real["statement"].unique()]
    borne = {str(text): part for text, part in real.groupby("statement", sort=False)}
    strays: list[int] = []
    absent: dict[str, list[int]] = {}
    seen: dict[str, list[int]] = {}
    for activity, part in steps.groupby("activity", sort=False):
        asked = wording.bigrams(_core(str(activity)))
        near = [(str(text), len(asked & own) / max(1, min(len(asked), len(own)))) for text, own in said]
        like = [text for text, score in near if score >= limits.near]
        loosely = [text for text, score in near if score >= limits.own]
        for text in like:
            seen.setdefault(text, []).extend(part.index.tolist())
        for at, department in zip(part.index, part["department"], strict=True):
            here = any(_one_line(org, borne[text]["department"], int(department)) for text in loosely)
            if not here and not like:
                strays.append(int(at))
    for text, at in seen.items():
        active = borne[text][(borne[text]["r"] | borne[text]["a"]).to_numpy(dtype=bool)]
        doing = steps.loc[at, "department"].unique()
        if len(active) and not any(_one_line(org, active["department"], int(d)) for d in doing):
            others = [t for t in seen if t != text and set(seen[t]) & set(at)]
            if not any(_one_line(org, borne[t]["department"], int(d)) for t in others for d in doing):
                absent[text] = at
    table = org.table("duties")
    lines = [borne[text].iloc[0] for text in absent]
    names = org.departments["name"].tolist()
    stray = steps.loc[strays]
    offenders = Offenders(
        "bearer",
        [
            *[("duty", (table.value(int(line["row"]), "duty_id") or str(line["text"]), str(line["text"]))) for line in lines],
            *[("step", (f"{process}/{step}", str(text)))
              for process, step, text in stray[["process", "step", "activity"]].itertuples(index=False)],
        ],
        variant=["absent"] * len(lines) + ["step"] * len(stray),
        duty=[*[str(line["text"]) for line in lines], *[""] * len(stray)],
        activity=[*[str(steps.loc[at[0], "activity"]) for at in absent.values()], *stray["activity"].tolist()],
        bearer=[*[names[int(line["department"])] for line in lines], *[names[int(d)] for d in stray["department"]]],
        doing=[*[names[int(steps.loc[at[0], "department"])] for at in absent.values()], *[""] * len(stray)],
    ).holding([[] for _ in range(len(lines) + len(stray))])  # fmt: skip
    offenders.also("department", [*[int(line["department"]) for line in lines], *stray["department"].tolist()])
    offenders.seen("duties", "statement", [int(line["row"]) for line in lines], range(len(lines)))
    for i, at in enumerate(absent.values()):
        offenders.seen("steps", "activity", steps.loc[at, "row"].tolist(), [i] * len(at))
    offenders.seen("steps", "activity", stray["row"].tolist(), range(len(lines), len(lines) + len(stray)))
    return Result(offenders, max(1, len(steps)))


def traced(org: Organization) -> pd.DataFrame:
    """Process steps: ``row, process, step, activity, next`` as written, ``department`` and ``position`` (-1 unknown)."""
    table = org.table("steps")
    n = len(table)
    position = org.link("steps", "position").first(n, "position")
    department = org.link("steps", "department").first(n, "department")
    person = org.link("steps", "person").first(n, "person")
    first_seat = np.array([org.person_seats(int(p))[0] if p >= 0 else -1 for p in person], dtype=np.int64)
    if org.n:
        held = org.seats["position"].to_numpy()[np.maximum(first_seat, 0)]
        position = np.where((position < 0) & (first_seat >= 0), held, position)
        own = org.positions["department"].to_numpy()[np.maximum(position, 0)]
        department = np.where((department < 0) & (position >= 0), own, department)
    frame = pd.DataFrame({"row": np.arange(n), "department": department, "position": position})
    for name, column in (("process", "process"), ("step", "step"), ("next", "next_step")):
        frame[name] = table.text(column).to_numpy()
    frame["activity"] = values.keys(table.text("activity")).to_numpy()
    return frame


def _core(text: str) -> str:
    """The words that tell a statement apart: without lead verbs, brackets and tails."""
    parsed = wording.parse(text)
    return re.sub(r"[(（].*?[)）]", "", f"{parsed.verb}{parsed.object}") or values.key(text)


def _one_line(org: Organization, departments: pd.Series, department: int) -> bool:
    """Whether one of the departments is this one, above it or below it."""
    line = org.department_line(department)
    return any(int(d) in line or department in org.department_line(int(d)) for d in departments.unique() if d >= 0)
