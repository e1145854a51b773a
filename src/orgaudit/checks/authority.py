"""Principle 2, authority matches responsibility: who answers for a result may decide what it takes, and no more.

An authority table usually lists money matters only, so absence is weighed: where hardly any decision duty finds a right,
the table is too thin to judge by.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd

from orgaudit import wording
from orgaudit.check import Chapter, NotAssessable
from orgaudit.finding import Offenders, Result
from orgaudit.organization import Organization
from orgaudit.reading import values

CHAPTER = Chapter("AUT")

# Rights that let a holder act; deciding needs approval or a vote in it.
_ACTING = ("propose", "execute", "approve", "review", "countersign", "deliberate", "other")
_DECIDING = ("approve", "countersign", "deliberate")


@CHAPTER.check(
    1, "high", subject="duty", confidence="declared", needs=["duties.position", "authorities"], thin_table=0.2
)
def responsibility_without_authority(org: Organization, limits: SimpleNamespace) -> Result:
    """A lead duty of a position that takes a right, and no right of the position on the same function or object."""
    duties, rights = org.work.duties, org.work.rights
    table = org.table("duties")
    needed = values.closed(table.text("needs_authority"), "power").to_numpy()
    lead = duties[(duties["lead"] & (duties["position"] >= 0) & ~duties["catch_all"]).to_numpy()]
    asked = needed[lead["row"].to_numpy()]
    lead = lead[lead["needs_right"].to_numpy(dtype=bool) | pd.notna(asked)]
    if not len(lead):
        raise NotAssessable("no_decision_duties")
    asked = needed[lead["row"].to_numpy()]
    decides = np.array(
        [a == "approve" if isinstance(a, str) else c == "approve" for a, c in zip(asked, lead["action"], strict=True)]
    )
    held = rights.groupby("position")
    answered = np.zeros(len(lead), dtype=bool)
    known = set(held.groups)
    for i, (position, function, thing, decide) in enumerate(
        zip(lead["position"], lead["function"], lead["object"], decides, strict=True)
    ):
        if position in known:
            own = held.get_group(position)
            own = own[own["power"].isin(_DECIDING if decide else _ACTING)]
            answered[i] = _covers(own, function, thing)
    if answered.mean() < limits.thin_table:
        raise NotAssessable("authority_table_thin", n=int(answered.sum()), of=len(lead))
    open_ = lead[~answered]
    weighted = _weighted_duties(org)
    by_indicator = [_identity(org, int(row)) in weighted for row in open_["row"]]
    at = open_["row"].to_numpy()
    abilities = _abilities(org, open_["position"].to_numpy())
    declared = pd.notna(needed[at]) | open_["declared"].to_numpy(dtype=bool)
    offenders = Offenders(
        "duty",
        [_subject(org, int(row)) for row in at],
        severity=["high" if weight else "medium" for weight in by_indicator],
        confidence=["declared" if d else "inferred" for d in declared],
        variant=["approve" if d else "act" for d in decides[~answered]],
        duty=open_["text"].tolist(),
        position=[org.position_name(int(p)) for p in open_["position"]],
        ability=abilities,
    ).apart(open_["position"].tolist())
    offenders.also("position", open_["position"].to_numpy()).seen("duties", "statement", at)
    offenders.holding([org.position_seats(int(p)).tolist() for p in open_["position"]])
    return Result(offenders, len(lead))


def _covers(own: pd.DataFrame, function: object, thing: str) -> bool:
    """Whether a right is on the duty's function or speaks of its object."""
    if not len(own):
        return False
    if isinstance(function, str) and own["function"].eq(function).any():
        return True
    pairs = wording.bigrams(thing)
    return any(len(pairs & wording.bigrams(str(matter))) >= max(1, min(2, len(pairs))) for matter in own["matter"])


def _weighted_duties(org: Organization) -> set[str]:
    """Keys of duties behind an indicator with weight."""
    if not org.review.has("indicators", "duty"):
        return set()
    text = values.keys(org.table("indicators").text("duty"))
    weight = org.work.indicators["weight"].to_numpy()
    return {str(key) for key, w in zip(text, weight, strict=True) if isinstance(key, str) and w > 0}


def _identity(org: Organization, row: int) -> str:
    table = org.table("duties")
    return values.key(table.value(row, "duty_id") or table.value(row, "statement") or "")


def _subject(org: Organization, row: int) -> tuple[str, str]:
    table = org.table("duties")
    statement = table.value(row, "statement") or ""
    return (table.value(row, "duty_id") or statement, statement)


def _abilities(org: Organization, positions: np.ndarray) -> list[str]:
    if not org.review.has("posts", "ability"):
        return ["unknown"] * len(positions)
    text = org.table("posts").text("ability").to_numpy()[org.positions["row"].to_numpy()[positions]]
    return [
        "able"
        if isinstance(t, str) and values.key(t) in ("able", "已具备", "具备")
        else "developing"
        if isinstance(t, str)
        else "unknown"
        for t in text
    ]


@CHAPTER.check(5, "high", subject="matter", confidence="declared", needs=["authorities", "posts.superior"])
def limit_inversion(org: Organization, limits: SimpleNamespace) -> Result:
    """On one matter and condition a position may approve more than its direct superior (domain.md C8)."""
    rights = org.work.rights
    alone = rights[
        ((rights["power"] == "approve") & ~rights["joint"].astype(bool) & ~rights["special"].astype(bool)).to_numpy()
    ]
    keys = ["matter", "condition", "currency"]
    top = alone.sort_values("high", kind="stable").drop_duplicates([*keys, "position"], keep="last")
    first_seat = np.full(len(org.positions), -1, dtype=np.int64)
    first_seat[org.seats["position"].to_numpy()[::-1]] = np.arange(org.n)[::-1]
    above = org.parent[first_seat[top["position"].to_numpy(dtype=np.int64)]] if len(top) else np.zeros(0, np.int64)
    top = top.assign(superior=np.where(above >= 0, org.seats["position"].to_numpy()[np.maximum(above, 0)], -1))
    lower = top[top["superior"] >= 0]
    both = lower.merge(
        top[[*keys, "position", "high", "row"]],
        left_on=[*keys, "superior"],
        right_on=[*keys, "position"],
        suffixes=("", "_above"),
    )
    wrong = both[(both["high"] > both["high_above"]).to_numpy()]
    offenders = Offenders(
        "matter",
        [_matter(org, int(row)) for row in wrong["row"]],
        matter=[_matter(org, int(row)) for row in wrong["row"]],
        position=[org.position_name(int(p)) for p in wrong["position"]],
        superior=[org.position_name(int(p)) for p in wrong["superior"]],
        own=[_amount(a) for a in wrong["high"]],
        above=[_amount(a) for a in wrong["high_above"]],
    ).apart(
        [
            f"{c}|{u}|{org.position_key(int(p))}"
            for c, u, p in zip(wrong["condition"], wrong["currency"], wrong["position"], strict=True)
        ]
    )
    offenders.also("position", wrong["position"].to_numpy()).also("position", wrong["superior"].to_numpy())
    offenders.seen("authorities", "limit_to", wrong["row"].to_numpy()).seen(
        "authorities", "limit_to", wrong["row_above"].to_numpy()
    )
    offenders.holding([[] for _ in range(len(offenders))])
    return Result(offenders, max(1, int(alone[keys].drop_duplicates().shape[0])))


def _matter(org: Organization, row: int) -> str:
    table = org.table("authorities")
    return table.value(row, "matter") or table.value(row, "function") or ""


def _amount(value: float) -> dict[str, str] | str:
    return f"{value:,.0f}" if np.isfinite(value) else {"en": "no limit", "zh": "不限"}
