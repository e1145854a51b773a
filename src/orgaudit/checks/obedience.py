"""Principle 5, obedience, read as a fair process: targets are settled first, disputes are decided before the review.

Nobody's attitude is judged. What counts is whether a target was agreed in time, who has the final word and whether there
is a way to object. Unsigned is not disobedient, and a signature with a reservation is a signature.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd

from orgaudit import catalog, texts
from orgaudit.check import Chapter, NotAssessable
from orgaudit.finding import ORGANIZATION, Offenders, Result, listing, phrases
from orgaudit.organization import KINDS, Organization, logged
from orgaudit.reading import values

CHAPTER = Chapter("OBE")

_CONFIRMED = ("signed", "reserved", "provisional")


@CHAPTER.check(
    1, "blocker", subject="position", confidence="declared", needs=["indicators.sign_off|indicators.signed_at"]
)
def targets_not_signed(org: Organization, limits: SimpleNamespace) -> Result:
    """A bearer whose targets are not confirmed after the deadline; medium where no deadline is configured (domain.md C6)."""
    deadline = org.settings.calendar.get("sign_off_deadline")
    frame = org.work.indicators
    table = org.table("indicators")
    if deadline and org.as_of <= deadline:
        raise NotAssessable("deadline_ahead", date=deadline.isoformat())
    confirmed = frame["state"].isin(_CONFIRMED).to_numpy()
    if not table.filled("sign_off").any():
        confirmed = table.filled("signed_at")
    frame = frame.assign(confirmed=confirmed, judged=_judged(org, frame))
    frame = frame[frame["judged"] & frame["bearer"].notna()]
    groups = frame.groupby("bearer", sort=False)
    open_ = [group for _, group in groups if not group["confirmed"].all()]
    kinds = [KINDS[int(group["kind"].iloc[0])] if group["kind"].iloc[0] >= 0 else "reference" for group in open_]
    # Offenders have one kind; the bearer's own kind comes with the subject.
    offenders = Offenders(
        "bearer",
        [
            (
                kind,
                int(group["index"].iloc[0])
                if kind != "reference"
                else str(table.value(int(group["row"].iloc[0]), "bearer")),
            )
            for kind, group in zip(kinds, open_, strict=True)
        ],
        severity="blocker" if deadline else "medium",
        bearer=[_bearer_name(org, group) for group in open_],
        n=[int((~group["confirmed"]).sum()) for group in open_],
        of=[len(group) for group in open_],
        indicators=[
            listing(table.value(int(r), "indicator") or "" for r in group.loc[~group["confirmed"], "row"])
            for group in open_
        ],
    )
    held: dict[int, list[int]] = {}
    measured = org.work.indicator_seats()
    for row, seat in zip(measured.row, measured.index, strict=True):
        held.setdefault(int(row), []).append(int(seat))
    offenders.holding([sorted({s for r in group["row"] for s in held.get(int(r), ())}) for group in open_])
    for i, group in enumerate(open_):
        rows = group.loc[~group["confirmed"], "row"].to_numpy()
        offenders.seen("indicators", "sign_off" if table.has("sign_off") else "signed_at", rows, [i] * len(rows))
    return Result(offenders, max(1, groups.ngroups))


def _judged(org: Organization, frame: object) -> np.ndarray:
    """Boolean per indicator: somebody who is appraised bears it (team and piece-rate modes are judged by the family)."""
    judged = np.ones(len(org.work.indicators), dtype=bool)
    measured = org.work.indicator_seats()
    unjudged = (~org.seats["judged"].to_numpy(dtype=bool) | _absent(org))[measured.index]
    has_judged = np.zeros(len(judged), dtype=bool)
    has_judged[measured.row[~unjudged]] = True
    judged[measured.row[unjudged]] = False
    return judged | has_judged


def _absent(org: Organization) -> np.ndarray:
    """Boolean per seat: on long leave, or hired inside the period."""
    absent = org.seats["status"].eq("leave").to_numpy(dtype=bool)
    start = org.settings.calendar.get("period_start")
    if start and org.review.has("posts", "hire_date"):
        hired = values.dates(org.table("posts").text("hire_date"))[org.seats["row"].to_numpy()]
        absent = absent | (hired > np.datetime64(start))
    return np.asarray(absent)


def _bearer_name(org: Organization, group: object) -> dict[str, str] | str:
    kind, index = int(group["kind"].iloc[0]), int(group["index"].iloc[0])  # type: ignore[index]
    if kind == 1:
        return org.position_name(index)
    if kind == 0:
        return str(org.departments["name"].iat[index])
    if kind == 3:
        return org.seat_names(np.array([index]))[0]
    if kind == 2:
        seats = org.person_seats(index)
        return org.seat_names(seats[:1])[0] if len(seats) else ""
    return {"person": str(org.table("indicators").value(int(group["row"].iloc[0]), "bearer"))}  # type: ignore[index]


_PROTECTED = ("safety", "law", "ethics", "ultra_vires")


def protected_disputes(org: Organization) -> np.ndarray:
    """Boolean per dispute: its basis is safety, law, ethics or missing authority. Nobody answers for such a refusal."""
    table = org.table("disputes")
    basis = values.closed(table.text("basis"), "basis").isin(_PROTECTED).to_numpy(dtype=bool)
    classes = {values.key(str(text)) for text in org.settings.policy.get("protected_classes", ())}
    return np.asarray(basis | values.keys(table.text("class")).isin(classes).to_numpy(dtype=bool))


@CHAPTER.check(
    2,
    "medium",
    subject="dispute",
    confidence="declared",
    needs=["disputes.date", "disputes.started_at?", "disputes.decided_at?|disputes.decided_by?|disputes.decision?"],
    days=5,
)
def dispute_open(org: Organization, limits: SimpleNamespace) -> Result:
    """A dispute over lawful work, open for more than five working days, and the work has not begun."""
    table = org.table("disputes")
    began, decided = values.dates(table.text("started_at")), values.dates(table.text("decided_at"))
    raised = values.dates(table.text("date"))
    as_of = np.datetime64(org.as_of)
    lawful = ~protected_disputes(org)
    undecided = np.isnat(decided) & ~table.filled("decision") | (decided > as_of)
    idle = np.isnat(began) & ~table.filled("started_at") | (began > as_of)
    dated = ~np.isnat(raised)
    age = np.zeros(len(table), dtype=np.int64)
    age[dated] = np.busday_count(raised[dated].astype("datetime64[D]"), as_of.astype("datetime64[D]"))
    rows = np.flatnonzero(lawful & undecided & idle & dated & (age > limits.days))
    offenders = Offenders("dispute", _subjects(org, rows), subject=_subjects(org, rows), days=age[rows].tolist())
    offenders.apart(table.text("date").iloc[rows].tolist()).seen("disputes", "started_at", rows)
    return Result(offenders.holding([[] for _ in rows]), max(1, int(lawful.sum())))


def _subjects(org: Organization, rows: np.ndarray) -> list[str]:
    return [org.table("disputes").value(int(row), "subject") or "" for row in rows]


@CHAPTER.check(3, "high", subject="dispute", confidence="declared", needs=["disputes.class"])
def nobody_decides(org: Organization, limits: SimpleNamespace) -> Result:
    """A class of disputes without anybody named to decide, or decided by a party or its peer."""
    table = org.table("disputes")
    lawful = ~protected_disputes(org)
    named = {values.key(text) for text, who in org.settings.policy.get("deciders", {}).items() if who}
    if not named and not table.has("decided_by"):
        raise NotAssessable("no_deciders")
    decider = _ends(org, "decided_by")
    party = _ends(org, "party")
    classes = values.keys(table.text("class")).to_numpy()
    found: list[tuple[str, str, list[int]]] = []
    kinds = [kind for kind in dict.fromkeys(classes[lawful]) if isinstance(kind, str)]
    for kind in kinds:
        own: list[int] = np.flatnonzero((classes == kind) & lawful).tolist()
        said = [row for row in own if table.filled("decided_by")[row]]
        if not said and kind not in named:
            found.append(("nobody", kind, own))
            continue
        partial = [row for row in said if _takes_part(org, int(decider[row]), int(party[row]))]
        if partial:
            found.append(("party", kind, partial))
    labels = [table.value(rows[0], "class") or kind for _, kind, rows in found]
    offenders = Offenders(
        "dispute",
        labels,
        variant=[variant for variant, _, _ in found],
        cls=labels,
        n=[len(rows) for _, _, rows in found],
    ).holding([[] for _ in found])
    for i, (_, _, rows) in enumerate(found):
        offenders.seen("disputes", "decided_by", rows, [i] * len(rows))
    return Result(offenders, max(1, len(kinds)))


def _ends(org: Organization, name: str) -> np.ndarray:
    """A seat per dispute for one of its columns, -1 unknown; a department means its head."""
    links = org.link("disputes", name).found()
    result = np.full(len(org.table("disputes")), -1, dtype=np.int64)
    seats = links.seats(org.seats)
    unit = links.kind == 0
    seats[unit] = org.departments["head"].to_numpy()[links.index[unit]]
    result[links.row[::-1]] = seats[::-1]
    return result


def _takes_part(org: Organization, decider: int, party: int) -> bool:
    """Whether who decides is the complainant, or stands beside the complainant under one superior."""
    if decider < 0 or party < 0:
        return False
    person = org.seats["person"].to_numpy()
    if decider == party or (person[decider] >= 0 and person[decider] == person[party]):
        return True
    above = org.tree[party]
    return bool(above >= 0 and org.tree[decider] == above)


@CHAPTER.check(5, "low", subject="department", confidence="declared", core=False,
               needs=["directives", "directives.accepted_at|directives.due"],
               days=2, min_orders=10, share=0, large=30)  # fmt: skip
def orders_not_closed(org: Organization, limits: SimpleNamespace) -> Result:
    """Departments where orders are accepted late or stay open past their date without a reason; never by person."""
    orders = logged(org, "order")
    table = org.table("directives")
    row = orders["row"].to_numpy(dtype=np.int64)
    as_of = np.datetime64(org.as_of)
    given, accepted = (values.dates(table.text(name))[row].astype("datetime64[D]") for name in ("date", "accepted_at"))
    due, done = (values.dates(table.text(name))[row].astype("datetime64[D]") for name in ("due", "done_at"))
    outcome = values.closed(table.text("outcome"), "outcome").to_numpy()[row]
    until = np.where(np.isnat(accepted), as_of.astype("datetime64[D]"), accepted)
    wait = np.zeros(len(row), dtype=np.int64)
    known = ~np.isnat(given)
    wait[known] = np.busday_count(given[known], until[known])
    closed = ~np.isnat(done) | np.isin(outcome.astype(str), ["done", "refused"])
    late = (wait > limits.days) & known & table.has("accepted_at") & ~(np.isnat(accepted) & closed)
    open_ = ~np.isnat(due) & (due < as_of) & ~closed
    place = org.seats["department"].to_numpy()[orders["receiver"].to_numpy(dtype=np.int64)]
    frame = pd.DataFrame({"row": row, "place": place, "late": late | open_})
    frame = frame[frame["place"] >= 0].drop_duplicates(["row", "place"])
    groups = frame.groupby("place")["late"].agg(["size", "sum"])
    groups = groups[groups["size"] >= limits.min_orders]
    if not len(groups):
        raise NotAssessable("few_orders", n=int(limits.min_orders))
    share = 100 * groups["sum"] / groups["size"]
    wrong = groups[(share >= limits.share).to_numpy() & (groups["sum"] > 0).to_numpy()]
    units = [int(d) for d in wrong.index]
    offenders = Offenders(
        "department",
        units,
        severity=["medium" if share[d] > limits.large else "low" for d in units],
        department=[org.departments["name"].iat[d] for d in units],
        n=wrong["sum"].tolist(),
        of=wrong["size"].tolist(),
        share=[round(float(share[d])) for d in units],
    ).holding([[] for _ in units])
    for i, d in enumerate(units):
        rows = frame["row"][(frame["place"] == d) & frame["late"]].tolist()
        offenders.seen("directives", "accepted_at" if table.has("accepted_at") else "due", rows, [i] * len(rows))
    return Result(offenders, len(groups))


@CHAPTER.check(6, "medium", subject="organization", confidence="declared", core=False, needs=[], fewest=10)
def no_safe_objection(org: Organization, limits: SimpleNamespace) -> Result:
    """No appeal channel, time limit or protection is laid down, or every dispute of a department ended for the superior."""
    policy = org.settings.policy
    if not policy:
        raise NotAssessable("no_policy")
    lacking = {name: "" for name in ("appeal_channel", "appeal_days", "no_retaliation") if not policy.get(name)}
    one_sided = _always_upheld(org, int(limits.fewest)) if "disputes" in org.review else {}
    offenders = Offenders(
        "bearer",
        [*([(ORGANIZATION, ORGANIZATION)] if lacking else []), *[("department", d) for d in one_sided]],
        variant=[*(["policy"] if lacking else []), *["upheld"] * len(one_sided)],
        lacking=[*([phrases("checks.OBE-06.problem", lacking)] if lacking else []), *[""] * len(one_sided)],
        department=[*([""] if lacking else []), *[org.departments["name"].iat[d] for d in one_sided]],
        n=[*([0] if lacking else []), *[len(rows) for rows in one_sided.values()]],
    )
    offenders.holding([[] for _ in range(len(offenders))])
    for i, rows in enumerate(one_sided.values(), start=int(bool(lacking))):
        offenders.seen("disputes", "decision", rows, [i] * len(rows))
    return Result(offenders, max(1, len(org.departments)))


def _always_upheld(org: Organization, fewest: int) -> dict[int, list[int]]:
    """Departments of which at least so many disputes were decided, all of them for the superior."""
    table = org.table("disputes")
    said = table.text("decision")
    upheld = said.str.contains(catalog.toml("words")["upheld"], case=False, na=False).to_numpy(dtype=bool)
    party = _ends(org, "party")
    place = np.where(party >= 0, org.seats["department"].to_numpy()[np.maximum(party, 0)], -1)
    result = {}
    for d in np.unique(place[place >= 0]):
        rows = np.flatnonzero((place == d) & said.notna().to_numpy() & ~protected_disputes(org))
        if len(rows) >= fewest and upheld[rows].all():
            result[int(d)] = rows.tolist()
    return result


@CHAPTER.check(7, "high", subject="dispute", confidence="declared", needs=["disputes.basis", "disputes.deduction?"])
def protected_refusal(org: Organization, limits: SimpleNamespace) -> Result:
    """A refusal for reasons of safety, law, ethics or missing authority that cost somebody points."""
    table = org.table("disputes")
    protected = protected_disputes(org)
    said = table.text("deduction")
    counted = said.notna().to_numpy() & (values.keys(said) != "0").to_numpy()
    counted = counted & ~said.str.contains(catalog.toml("words")["not_deducted"], case=False, na=False).to_numpy(
        dtype=bool
    )
    rows = np.flatnonzero(protected & counted)
    basis = values.closed(table.text("basis"), "basis")
    offenders = Offenders(
        "dispute",
        _subjects(org, rows),
        subject=_subjects(org, rows),
        basis=[texts.both(f"checks.words.basis.{basis.iat[int(row)]}") for row in rows],
    )
    offenders.apart(table.text("date").iloc[rows].astype("str").tolist()).seen("disputes", "deduction", rows)
    return Result(offenders.holding([[] for _ in rows]), max(1, int(protected.sum())))
