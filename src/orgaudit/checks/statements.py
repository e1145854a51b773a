"""Principle 3 in the words of duties: copies, vague or compound statements, unbalanced sets, cross references that the other
side does not know of. All of it is a first reading and asks for a look, not for a verdict.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import SimpleNamespace

import numpy as np
import pandas as pd

from orgaudit import catalog, wording
from orgaudit.check import NotAssessable
from orgaudit.checks.duties import CHAPTER, COLLECTIVE, same_work
from orgaudit.checks.secondary_lines import percent
from orgaudit.finding import Offenders, Result, listing, phrases
from orgaudit.organization import Organization
from orgaudit.reading import spelling, values

_BLOCK = 2_000  # statements compared with all others at a time


@CHAPTER.check(2, "low", subject="duty", confidence="inferred", needs=["duties"], similarity=0.7)
def copied_statement(org: Organization, limits: SimpleNamespace) -> Result:
    """Near-identical statements of different owners that are not one piece of work already (DUT-01)."""
    duties = org.work.duties
    duties = duties[~_of_own_unit(org, duties)]
    own = duties[
        (
            duties["statement"].notna()
            & ~duties["catch_all"].astype(bool)
            & ~duties["own"].fillna(False).astype(bool)
            & ~duties["statement"].str.contains(COLLECTIVE, na=False)
            & ~duties["chart"].astype(bool)
            & ((duties["position"] >= 0) | (duties["department"] >= 0))
            & (duties["r"] | duties["a"]).astype(bool)
        ).to_numpy()
    ].reset_index(drop=True)
    overlap = {row: number for number, group in enumerate(same_work(org, own)) for row in group["row"]}
    texts = own["statement"].drop_duplicates().reset_index(drop=True)
    by_text = {str(text): part for text, part in own.groupby("statement", sort=False)}
    pairs: list[tuple[pd.Series, pd.Series]] = []
    first: dict[str, str] = {}  # of texts that are all alike each is paired with the first only
    for one, two in _near_pairs(texts.astype(str).tolist(), limits.similarity):
        found = (
            None
            if one != two and first.get(one, one) == first.get(two)
            else _apart(org, by_text[one], by_text[two], overlap)
        )
        if found:
            pairs.append(found)
            first[two] = first.get(one, one)
    table = org.table("duties")
    offenders = Offenders(
        "duty",
        [(table.value(int(a["row"]), "duty_id") or str(a["text"]), str(a["text"])) for a, _ in pairs],
        one=[str(a["text"]) for a, _ in pairs],
        two=[str(b["text"]) for _, b in pairs],
        owner=[_owner(org, a) for a, _ in pairs],
        other=[_owner(org, b) for _, b in pairs],
    ).apart([f"{b['statement']}|{_owner(org, b)}" for _, b in pairs])
    for i, (a, b) in enumerate(pairs):
        for line in (a, b):
            kind, index = (
                ("position", line["position"]) if line["position"] >= 0 else ("department", line["department"])
            )
            offenders.also(kind, [int(index)], [i]).seen("duties", "statement", [int(line["row"])], [i])
    return Result(offenders.holding([[] for _ in pairs]), max(1, len(own)))


def _of_own_unit(org: Organization, duties: pd.DataFrame) -> np.ndarray:
    """Boolean per line: the statement names the department that it is of (编制销售部年度计划), as others name theirs."""
    names = [values.key(name) for name in org.departments["name"]]
    pairs = zip(duties["department"], duties["statement"], strict=True)
    return np.array([d >= 0 and isinstance(text, str) and names[int(d)] in text for d, text in pairs], dtype=bool)


def _near_pairs(texts: list[str], least: float) -> Iterator[tuple[str, str]]:
    """Pairs of texts (a text with itself too) with so large a share in common, by blocks of a sparse product."""
    from scipy import sparse

    vocabulary: dict[str, int] = {}
    rows, columns = [], []
    for i, text in enumerate(texts):
        for pair in wording.pieces(text):
            rows.append(i)
            columns.append(vocabulary.setdefault(pair, len(vocabulary)))
    shape = (len(texts), max(1, len(vocabulary)))
    has = sparse.csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=shape)
    size = np.asarray(has.sum(axis=1)).ravel()
    for start in range(0, len(texts), _BLOCK):
        common = (has[start : start + _BLOCK] @ has.T).tocoo()
        one, two = common.row + start, common.col
        near = (one <= two) & (2 * common.data >= least * (size[one] + size[two]) - 1e-6)
        for a, b in zip(one[near].tolist(), two[near].tolist(), strict=True):
            yield texts[a], texts[b]


def _apart(
    org: Organization, one: pd.DataFrame, two: pd.DataFrame, overlap: dict[int, int]
) -> tuple[pd.Series, pd.Series] | None:
    """The first two lines of different owners on one level that are no parallel units and no overlap found already."""
    for _, a in one.head(20).iterrows():
        for _, b in two.head(20).iterrows():
            if a["row"] == b["row"] or (a["position"] >= 0) != (b["position"] >= 0):
                continue
            if a["row"] in overlap and overlap[a["row"]] == overlap.get(b["row"]):
                continue
            if isinstance(a["duty_id"], str) and a["duty_id"] == b["duty_id"]:
                continue
            if a["position"] >= 0 and not _other_post(org, int(a["position"]), int(b["position"])):
                continue
            if a["position"] < 0 and not _other_unit(org, int(a["department"]), int(b["department"])):
                continue
            return a, b
    return None


def _other_post(org: Organization, a: int, b: int) -> bool:
    """Whether two positions are different work: not one title for several teams, shifts or products."""
    title = org.positions["title"]
    return a != b and spelling.without_marks(str(title.iat[a])) != spelling.without_marks(str(title.iat[b]))


def _other_unit(org: Organization, a: int, b: int) -> bool:
    """Whether two departments are different work: not one above the other, and no parallel units of one parent."""
    if a == b or a in org.department_line(b) or b in org.department_line(a):
        return False
    parent, name = org.departments["parent"], org.departments["name"]
    return not (parent.iat[a] == parent.iat[b] and wording.dice(str(name.iat[a]), str(name.iat[b])) >= 0.5)


def _owner(org: Organization, line: pd.Series) -> str:
    if line["position"] >= 0:
        return org.position_name(int(line["position"]))
    return str(org.departments["name"].iat[int(line["department"])])


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


@CHAPTER.check(13, "medium", subject="duty", confidence="inferred", needs=["duties.department|duties.bearer"])
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
        if not _speaks_of(org, theirs[(theirs["row"] != row).to_numpy()], other, thing):
            found.append((at, other, thing))
    lines = [own.iloc[at] for at, _, _ in found]
    departments = org.departments["name"].tolist()
    offenders = Offenders(
        "duty",
        [
            (org.table("duties").value(int(line["row"]), "duty_id") or str(line["text"]), str(line["text"]))
            for line in lines
        ],
        department=[departments[int(line["department"])] for line in lines],
        other=[departments[other] for _, other, _ in found],
        duty=[str(line["text"]) for line in lines],
    ).apart([departments[int(line["department"])] for line in lines])
    offenders.also("department", [int(line["department"]) for line in lines]).also(
        "department", [o for _, o, _ in found]
    )
    offenders.seen("duties", "statement", [int(line["row"]) for line in lines])
    return Result(offenders.holding([[] for _ in found]), max(1, assessed))


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


def _speaks_of(org: Organization, lines: pd.DataFrame, department: int, thing: str) -> bool:
    inside = [int(d) for d in lines["department"].unique() if department in org.department_line(int(d))]
    asked = wording.pieces(thing)
    for text in lines["statement"][lines["department"].isin(inside).to_numpy()].dropna().unique():
        own = wording.pieces(str(text))
        common = len(asked & own)
        if common >= 0.5 * min(len(asked), len(own)) and common > 0:
            return True
    return False
