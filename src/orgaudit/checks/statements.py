"""Principle 3 in the words of duties: vague or compound statements, unbalanced sets, cross references that the other
side does not know of. All of it is a first reading and asks for a look, not for a verdict.
"""

from __future__ import annotations

import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np

from orgaudit import catalog, understanding, wording
from orgaudit.check import NotAssessable
from orgaudit.checks.duties import CHAPTER
from orgaudit.checks.secondary_lines import percent
from orgaudit.finding import Offenders, Result, listing, phrases
from orgaudit.organization import Organization
from orgaudit.reading import values


@CHAPTER.check(
    11, "low", subject="duty", confidence="inferred", needs=["duties"], max_chars=60, max_letters=220, verbs=3
)
def vague_or_compound(org: Organization, limits: SimpleNamespace) -> Result:
    """A statement without a concrete verb or object, several duties in one, or one too long to be checked."""
    duties = org.work.duties
    own = duties[
        (duties["text"].notna() & ~duties["catch_all"].astype(bool) & ~duties["matrix"].astype(bool)).to_numpy()
    ]
    own = own.drop_duplicates("row")
    said = {str(text): _faults(str(text), limits) for text in own["text"].unique()}
    identity = own["duty_id"].where(own["duty_id"].notna(), own["row"].astype(str)).astype(str) + own[
        "statement"
    ].astype(str)
    own = own[~identity.duplicated().to_numpy()]
    wrong = own[np.array([bool(said[str(text)]) for text in own["text"]], dtype=bool)]
    offenders = Offenders(
        "duty",
        [
            (org.table("duties").value(int(row), "duty_id") or str(text), str(text))
            for row, text in zip(wrong["row"], wrong["text"], strict=True)
        ],
        duty=wrong["text"].tolist(),
        problems=[phrases("checks.DUT-11.problem", said[str(text)]) for text in wrong["text"]],
    ).apart([f"{d}|{p}" for d, p in zip(wrong["department"], wrong["position"], strict=True)])
    offenders.also("position", wrong["position"].tolist()).also(
        "department", np.where(wrong["position"] < 0, wrong["department"], -1).tolist()
    )
    offenders.seen("duties", "statement", wrong["row"].to_numpy())
    return Result(offenders.holding([[] for _ in range(len(wrong))]), max(1, len(own)))


def _faults(text: str, limits: SimpleNamespace) -> dict[str, object]:
    words = catalog.toml("actions")
    spelled = values.key(text)
    chinese = bool(re.search(r"[\u4e00-\u9fff]", spelled))
    parsed = wording.parse(text)
    named = re.search(words["vague"]["named"], spelled) is not None
    faults: dict[str, object] = {}
    bare = not parsed.verb or parsed.verb in words["vague"]["verbs"]
    if bare and re.search(words["vague"]["zh" if chinese else "en"], spelled):
        faults["vague"] = ""
    elif not parsed.object and not named and len(parsed.verb) < 5:
        faults["object"] = ""
    elif (
        not parsed.verb
        and re.match(words["vague"]["lead"], spelled)
        and not named
        and not wording.speaks_of_action(spelled)
    ):
        faults["vague"] = ""
    if (chinese and len(re.sub(r"\s", "", spelled)) > limits.max_chars) or (
        not chinese and len(spelled) > limits.max_letters
    ):
        faults["long"] = len(spelled)
    acting = wording.verbs(text)
    if len(acting) >= limits.verbs:
        faults["compound"] = listing(acting)
    return faults


@CHAPTER.check(12, "low", subject="position", confidence="declared", needs=["duties.position|duties.bearer"],
               min_duties=3, max_duties=8, far_too_many=12, share_sum=5, largest=70, smallest=5)  # fmt: skip
def unbalanced_duties(org: Organization, limits: SimpleNamespace) -> Result:
    """A position with too few or too many duties, or with time shares that do not add up or lie in one duty."""
    duties = org.work.duties
    own = duties[
        ((duties["position"] >= 0) & ~duties["catch_all"].astype(bool) & ~duties["matrix"].astype(bool)).to_numpy()
    ]
    if not len(own):
        raise NotAssessable("no_position_duties")
    table = org.table("duties")
    share = percent(table.text("share"))
    all_rows = duties[((duties["position"] >= 0) & ~duties["matrix"].astype(bool)).to_numpy()]
    rows_of = {int(p): part["row"].to_numpy() for p, part in all_rows.groupby("position")}
    found: list[tuple[int, list[int], dict[str, object]]] = []
    groups = own.groupby("position")
    for position, part in groups:
        n = part["row"].nunique()
        problems: dict[str, object] = {}
        if n < limits.min_duties:
            problems["few"] = n
        elif n > limits.max_duties:
            problems["many"] = n
        given = share[rows_of[int(position)]]
        given = given[~np.isnan(given)]
        if len(given):
            if abs(given.sum() - 100) > limits.share_sum:
                problems["sum"] = round(float(given.sum()), 1)
            if (given > limits.largest).any():
                problems["largest"] = round(float(given.max()), 1)
            if (given < limits.smallest).sum() > 1:
                problems["smallest"] = int((given < limits.smallest).sum())
        if problems:
            found.append((int(position), part["row"].tolist(), problems))
    offenders = Offenders(
        "position",
        [position for position, _, _ in found],
        severity=["medium" if problems.get("many", 0) > limits.far_too_many else "low" for _, _, problems in found],
        position=[org.position_name(position) for position, _, _ in found],
        problems=[phrases("checks.DUT-12.problem", problems) for _, _, problems in found],
    ).holding([[] for _ in found])
    for i, (_, rows, problems) in enumerate(found):
        shares = {"sum", "largest", "smallest"} & set(problems)
        offenders.seen(
            "duties", "share" if shares and table.has("share") else "statement", rows[:20], [i] * len(rows[:20])
        )
    return Result(offenders, max(1, groups.ngroups))


@CHAPTER.check(
    13, "medium", subject="duty", confidence="inferred", likely=0.4, needs=["duties.department|duties.bearer"]
)
def one_sided_reference(org: Organization, limits: SimpleNamespace) -> Result:
    """A department assists another one in something that the other does not lead."""
    duties = org.work.duties
    own = duties[((duties["position"] < 0) & (duties["department"] >= 0) & duties["text"].notna()).to_numpy(dtype=bool)]
    own = own.drop_duplicates(["row", "department"])
    lead = own[own["lead"].to_numpy(dtype=bool)]
    names = _department_names(org)
    pattern = re.compile("|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))) if names else None
    verbs = catalog.toml("actions")["cooperation"]
    together = re.compile(rf"({verbs['zh']}|{verbs['en']})")
    found = []
    assessed = 0
    for at, (row, department, text) in enumerate(zip(own["row"], own["department"], own["statement"], strict=True)):
        joined = together.search(str(text))
        if not joined or pattern is None:
            continue
        named = pattern.match(str(text)[joined.end() :].lstrip(" 由与和the")) or pattern.search(str(text), joined.end())
        if not named or named.start() > 30:
            continue
        other = names[named.group()]
        if other == department or other in org.department_line(int(department)):
            continue
        rest = str(text)[joined.end() :].replace(named.group(), "", 1)
        thing = _thing(rest)
        if not thing:
            continue
        assessed += 1
        jointly = bool(re.match(verbs["jointly"], joined.group()))
        theirs = own if jointly else lead
        theirs = theirs[(theirs["row"] != row).to_numpy()]
        inside = [int(d) for d in theirs["department"].unique() if other in org.department_line(int(d))]
        said = theirs["statement"][theirs["department"].isin(inside).to_numpy()].dropna().unique().tolist()
        if not any(_alike(thing, str(text)) for text in said):
            found.append((at, other, thing, said))
    open_ = _unanswered(org, [(thing, said) for *_, thing, said in found], limits.likely)
    sided = [(at, other) for (at, other, *_), is_open in zip(found, open_, strict=True) if is_open]
    lines = [own.iloc[at] for at, _ in sided]
    departments = org.departments["name"].tolist()
    offenders = Offenders(
        "duty",
        [
            (org.table("duties").value(int(line["row"]), "duty_id") or str(line["text"]), str(line["text"]))
            for line in lines
        ],
        department=[departments[int(line["department"])] for line in lines],
        other=[departments[other] for _, other in sided],
        duty=[str(line["text"]) for line in lines],
    ).apart([departments[int(line["department"])] for line in lines])
    offenders.also("department", [int(line["department"]) for line in lines]).also("department", [o for _, o in sided])
    offenders.seen("duties", "statement", [int(line["row"]) for line in lines])
    return Result(offenders.holding([[] for _ in sided]), max(1, assessed))


def _department_names(org: Organization) -> dict[str, int]:
    """Spellings of departments by which a text may name them: names, declared aliases, the field's usual aliases."""
    known = {values.key(name): d for d, name in enumerate(org.departments["name"]) if len(str(name)) > 1}
    groups = [[name, *others] for name, others in org.settings.aliases.get("departments", {}).items()]
    groups += [entry["same"] for entry in catalog.toml("departments").values()]
    if "departments" in org.review:
        table = org.table("departments")
        for d, row in enumerate(org.departments["row"]):
            for text in values.split(table.value(int(row), "aliases") or "") if row >= 0 else ():
                known.setdefault(values.key(text), d)
    for group in groups:
        present = {known[values.key(name)] for name in group if values.key(name) in known}
        if len(present) == 1:
            known |= {
                values.key(name): next(iter(present))
                for name in group
                if values.key(name) not in known and len(name) > 1
            }
    return known


def _thing(rest: str) -> str:
    """What the cooperation is about: the words behind the department's name, without the verbs before it."""
    bare = re.sub(
        r"^[\s,，、:：]*(?:department|team)?\s*(?:做好|完成|开展|进行|实施|处理|的|with|in|on|to|for|during)*\s*",
        "",
        rest,
    )
    return re.sub(r"(?:等?(?:相关|各项|有关)?工作|等)?[。.;；\s]*$", "", bare)


def _alike(thing: str, text: str) -> bool:
    """Whether half of the words of either are words of both."""
    asked, own = wording.pieces(thing), wording.pieces(text)
    common = len(asked & own)
    return common > 0 and common >= 0.5 * min(len(asked), len(own))


def _unanswered(org: Organization, asked: list[tuple[str, list[str]]], likely: float) -> list[bool]:
    """Per (thing, statements of the other side): whether none of these means work on the thing, in whatever words."""
    known = list(dict.fromkeys(values.key(text) for thing, said in asked for text in (thing, *said)))
    if not known:
        return []
    number = {text: i for i, text in enumerate(known)}
    pairs = [
        (i, number[values.key(thing)], number[values.key(text)])
        for i, (thing, said) in enumerate(asked)
        for text in said
    ]
    which, one, two = np.array(pairs, dtype=np.int64).reshape(-1, 3).T
    signals = understanding.read(known, org.settings.lexicon).signals(one, two)
    strength = replace(signals, roles=np.zeros(len(one), dtype=bool)).strength
    answered = set(which[strength >= likely].tolist())
    return [i not in answered for i in range(len(asked))]
