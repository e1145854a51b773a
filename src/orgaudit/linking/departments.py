"""Department cells of every shape (id, name, alias, path, level columns) → one tree of departments.

Loops here run over distinct department texts, never over seats.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from orgaudit import catalog
from orgaudit.linking.lookup import AMBIGUOUS
from orgaudit.reading import values
from orgaudit.reading.rows import LEVEL_MARK
from orgaudit.reading.spelling import bracketed, damaged_id
from orgaudit.settings import Settings
from orgaudit.table import Review, Table

_PATH = re.compile(r"\s*(?:->|→|>>|»|[>＞\\]|/)\s*")
_LISTING = re.compile(r"[;；、|\n,，]")
_SEVERAL_PATHS = re.compile(r"[;；、|\n]|[,，].*/|/.*[,，]")  # a list of departments, each perhaps a path
_SOFT_PATH = re.compile(r"\s*[-_–—]\s*")


@dataclass
class Node:
    """One department while the tree is built."""

    name: str
    parent: int = -1
    id: str | None = None
    row: int = -1  # its row in the table `departments`, -1 if only named elsewhere
    listed: bool = False
    unknown_parent: str | None = None


@dataclass
class DepartmentTree:
    """All departments and the ways in which a cell may name them."""

    nodes: list[Node] = field(default_factory=list)
    by_key: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    listed: bool = False  # a table `departments` was given

    def find(self, text: str) -> int:
        """Index of the department a text names, ABSENT or AMBIGUOUS."""
        for candidate in _spellings(text):
            found = self.by_key.get(candidate, [])
            if len(found) == 1:
                return found[0]
            if len(found) > 1:
                return AMBIGUOUS
        if _SEVERAL_PATHS.search(text):
            return -1
        parts = split_path(text, self)
        return self._walk(parts) if len(parts) > 1 else -1

    def _walk(self, parts: list[str]) -> int:
        """The node that a path's last part names below its other parts, or the only one of that name."""
        last = self.by_key.get(values.key(parts[-1]), [])
        if len(last) == 1:
            return last[0]
        parents = {values.key(part) for part in parts[:-1]}
        fitting = [
            node
            for node in last
            if self.nodes[node].parent >= 0 and values.key(self.nodes[self.nodes[node].parent].name) in parents
        ]
        return fitting[0] if len(fitting) == 1 else AMBIGUOUS if last else -1

    def add(self, name: str, parent: int = -1, **more: object) -> int:
        """A new department; it can be found by its name, id and bracket-free name from now on."""
        self.nodes.append(Node(name.strip(), parent, **more))  # type: ignore[arg-type]
        index = len(self.nodes) - 1
        for spelled in dict.fromkeys(
            [values.key(name), *([values.key(self.nodes[index].id or "")] if self.nodes[index].id else [])]
        ):
            self.by_key[spelled].append(index)
        return index

    def place(self, parts: list[str]) -> int:
        """The department of a path, its missing parts added."""
        parent = -1
        for part in parts:
            known = [
                n for n in self.by_key.get(values.key(part), []) if parent < 0 or self.nodes[n].parent in (parent, -1)
            ]
            if self.listed and not known:
                known = self.by_key.get(values.key(part), [])
            if known:
                node = known[0]
                if parent >= 0 and self.nodes[node].parent < 0 and not self.nodes[node].listed and node != parent:
                    self.nodes[node].parent = parent
            else:
                node = self.add(part, parent)
            parent = node
        return parent


def _spellings(text: str) -> list[str]:
    spelled = [values.key(text)]
    if text.strip().startswith("/"):
        spelled.append(values.key(text.strip().strip("/")))
    inside = bracketed(text)
    if inside:
        spelled += [values.key(inside[1]), values.key(inside[0])]
    return spelled


def split_path(text: str, tree: DepartmentTree | None = None, *, soft: bool = False) -> list[str]:
    """The parts of ``A/B/C``, ``A>B>C`` or level columns; ``A-B-C`` only where ``soft``."""
    if LEVEL_MARK in text:
        parts = [_without_code(part.strip()) for part in text.split(LEVEL_MARK) if part.strip()]
        return [part for i, part in enumerate(parts) if not i or part != parts[i - 1]]
    if tree is not None and values.key(text) in tree.by_key:
        return [text]
    parts = [part.strip() for part in _PATH.split(text.strip().strip("/")) if part.strip()]
    if len(parts) == 1 and soft:
        parts = [part.strip() for part in _SOFT_PATH.split(text) if part.strip()]
    return parts or [text]


def _without_code(text: str) -> str:
    """``Finance (FIN)`` → ``Finance``; brackets that hold no code stay."""
    inside = bracketed(text)
    return inside[0] if inside and re.fullmatch(_CODE, inside[1]) else text


_CODE = r"[A-Z0-9][A-Z0-9._-]{1,9}"


def build(review: Review, settings: Settings) -> DepartmentTree:
    """The tree from the table ``departments``, then from ``posts``, else from whatever names departments."""
    tree = DepartmentTree()
    table = review.tables.get("departments")
    if table is not None:
        _from_table(tree, table)
    _aliases(tree, settings)
    posts = review.tables.get("posts")
    if posts is not None:
        for name in ("department_level", "department"):
            if posts.has(name):
                _from_texts(tree, posts.text(name).dropna().unique().tolist(), settings)
                _codes_and_parents(tree, posts, name, settings)
                break
    if table is None and posts is None:
        for kind, name in (
            ("duties", "department"),
            ("duties", "support_department"),
            ("services", "provider"),
            ("services", "customer"),
            ("steps", "department"),
        ):
            if kind in review:
                for text in review.tables[kind].text(name).dropna().unique():
                    pieces = values.split(str(text), lambda piece: values.key(piece) in tree.by_key)
                    _from_texts(tree, [piece for piece in pieces if not is_everyone(piece)], settings)
        for text in review.tables["duties"].text("bearer").dropna().unique() if "duties" in review else ():
            _from_texts(tree, [str(text)], settings)
    return tree


_EVERYONE = re.compile(
    r"^(?:各|所有|全体|全公司|相关|有关)(?:相关|职能|业务)?(?:部门|单位|人员|员工)?$|^(?:all|every|each)\b.*(?:department|team|unit|staff)?s?$"
)


def is_everyone(text: str) -> bool:
    """``各部门``, ``All departments``: a wildcard, no department."""
    return bool(_EVERYONE.match(values.key(text)))


def _from_table(tree: DepartmentTree, table: Table) -> None:
    tree.listed = True
    ids = table.text("department_id")
    names = table.text("name").where(table.text("name").notna(), ids)
    paths: dict[int, list[str]] = {}
    row_of: dict[int, int] = {}
    for row, (name, identity) in enumerate(zip(names, ids, strict=True)):
        own_id = None if pd.isna(identity) else str(identity)
        existing = tree.by_key.get(values.key(own_id), []) if own_id else tree.by_key.get(values.key(name), [])
        if existing:  # a repeated row adds nothing to the tree
            row_of[row] = existing[0]
            continue
        parts = split_path(str(name))
        if len(parts) > 1:
            paths[row] = parts
        node = tree.add(parts[-1], id=own_id, row=row, listed=True)
        row_of[row] = node
        if len(parts) > 1:
            tree.by_key[values.key(str(name))].append(node)
        alias = table.value(row, "aliases")
        for text in values.split(alias) if alias else []:
            if node not in tree.by_key[values.key(text)]:
                tree.by_key[values.key(text)].append(node)
    if not table.filled("parent").any() and not paths:
        _by_codes(tree)
    parents = table.text("parent")
    for row, node in row_of.items():
        if tree.nodes[node].row != row:
            continue
        text = parents.iloc[row]
        if row in paths and (pd.isna(text)):
            text = LEVEL_MARK.join(paths[row][:-1])
        if pd.isna(text) or values.key(str(text)) in ("0", *values.words("no_superior")):
            continue
        found = tree.find(str(text))
        if found < 0:
            repaired = [
                n for n, other in enumerate(tree.nodes) if other.id and damaged_id(other.id) == damaged_id(str(text))
            ]
            found = repaired[0] if len(repaired) == 1 else found
        if found >= 0:
            tree.nodes[node].parent = found
        else:
            tree.nodes[node].unknown_parent = str(text)


def _by_codes(tree: DepartmentTree) -> None:
    """Parents from codes that grow by level (``1``, ``101``, ``10103``), where there is no other word on parents.

    A code's parent is its beginning of the next shorter length in use; one that is missing is an unknown parent.
    """
    codes = {values.key(node.id): n for n, node in enumerate(tree.nodes) if node.id and node.parent < 0}
    lengths = sorted({len(code) for code in codes})
    if len(lengths) < 2:
        return
    shorter = dict(zip(lengths[1:], lengths, strict=False))
    wanted = {code: code[: shorter[len(code)]] for code in codes if len(code) in shorter}
    if sum(begin in codes for begin in wanted.values()) * 3 < len(wanted) * 2:
        return
    for code, begin in wanted.items():
        node = tree.nodes[codes[code]]
        if begin in codes:
            node.parent = codes[begin]
        elif node.listed:
            node.unknown_parent = begin


def _codes_and_parents(tree: DepartmentTree, posts: Table, names: str, settings: Settings) -> None:
    """What rows of posts add to a department: its code, and the unit above it (unless that is the same for all)."""
    for column in ("department_code", "parent_department"):
        if not posts.filled(column).any() or column == names:
            continue
        pairs = posts.frame[[names, column]].dropna().drop_duplicates()
        if column == "parent_department" and pairs[column].nunique() < 2:
            continue
        for unit, told in pairs.itertuples(index=False):
            node = tree.find(str(unit))
            if node < 0:
                continue
            if column == "department_code":
                if tree.nodes[node].id is None and not tree.by_key.get(values.key(told)):
                    tree.nodes[node].id = str(told)
                    tree.by_key[values.key(told)].append(node)
            elif tree.nodes[node].parent < 0 and not tree.nodes[node].listed:
                above = tree.find(str(told))
                if above == -1:
                    _from_texts(tree, [str(told)], settings)
                    above = tree.find(str(told))
                if above >= 0 and above != node:
                    tree.nodes[node].parent = above
    if not any(node.parent >= 0 for node in tree.nodes) and not tree.listed:
        _by_codes(tree)


def _aliases(tree: DepartmentTree, settings: Settings) -> None:
    """Names that mean a department which exists under another name: declared ones, then the field's usual ones."""
    groups = [[name, *others] for name, others in settings.aliases.get("departments", {}).items()]
    groups += [entry["same"] for entry in catalog.toml("departments").values()]
    for group in groups:
        spelled = [values.key(name) for name in group]
        present = {node for name in spelled for node in tree.by_key.get(name, [])}
        if len(present) == 1:
            for name in spelled:
                if not tree.by_key.get(name):
                    tree.by_key[name] = list(present)


def _from_texts(tree: DepartmentTree, texts: list[str], settings: Settings) -> None:
    listing = [text for text in texts if _LISTING.search(text) and LEVEL_MARK not in text and tree.find(text) < 0]
    texts = list(
        dict.fromkeys([*(t for t in texts if t not in set(listing)), *(p for t in listing for p in several(tree, t))])
    )
    soft = _soft_paths(texts, tree)
    for text in texts:
        if tree.find(text) != -1 and LEVEL_MARK not in text:
            continue
        if tree.listed and re.fullmatch(r"\d+", text):  # an id that the table of departments lacks names nothing
            continue
        inside = bracketed(text)
        if inside and LEVEL_MARK not in text:  # "Finance (FIN)", "Finance (Daniel Okafor)"
            name, note = inside
            if tree.find(name) < 0 or not re.fullmatch(_CODE, note):
                node = tree.place(split_path(name, tree, soft=soft)) if tree.find(name) < 0 else tree.find(name)
                tree.by_key[values.key(text)] = [node]
                continue
        parts = split_path(text, tree, soft=soft)
        node = tree.place(parts)
        if len(parts) > 1 and node not in tree.by_key[values.key(text)]:
            tree.by_key[values.key(text)].append(node)
    _aliases(tree, settings)


def _soft_paths(texts: list[str], tree: DepartmentTree) -> bool:
    """Whether dashes separate levels here: most dashed texts start with a department that is named on its own or often."""
    dashed = [
        _SOFT_PATH.split(text)
        for text in texts
        if _SOFT_PATH.search(text.strip()) and LEVEL_MARK not in text and not _PATH.search(text)
    ]
    if not dashed:
        return False
    alone = {values.key(text) for text in texts} | set(tree.by_key)
    heads = [values.key(parts[0]) for parts in dashed]
    tails = {values.key(parts[-1]) for parts in dashed}
    if len(dashed) > 2 and len(tails) == 1 and len(dashed) * 5 >= len(texts) * 4:
        return False  # one company's mark behind every name (``Accounting - NBI``)
    good = sum(head in alone or heads.count(head) > 1 for head in heads)
    return good * 2 > len(heads)


def lists_several(column: pd.Series) -> np.ndarray:
    """Boolean per row: the cell may list several departments."""
    return np.asarray(column.str.contains(_LISTING, na=False).to_numpy(dtype=bool))


def several(tree: DepartmentTree, text: str) -> list[str]:
    """The departments that a cell lists; one that is a known name or path as a whole stays whole."""
    parts = values.split(text, lambda piece: tree.find(piece) >= 0)
    if len(parts) == 1 and re.search(r"[,，]", text) and tree.find(text) < 0 and re.search(r"[\u4e00-\u9fff]", text):
        parts = [part.strip() for part in re.split(r"[,，]", text) if part.strip()]
    return parts


def codes(tree: DepartmentTree, column: pd.Series) -> np.ndarray:
    """Department of every row: an index, ABSENT (also where empty) or AMBIGUOUS."""
    group, uniques = pd.factorize(column)
    found = np.array([_find_level(tree, str(text)) for text in uniques] + [-1], dtype=np.int64)
    return np.asarray(found[group])


def _find_level(tree: DepartmentTree, text: str) -> int:
    if LEVEL_MARK not in text:
        found = tree.find(text)
        if found == -1 and not tree.listed:
            return -1
        return found
    parent = -1
    for part in split_path(text):
        known = [n for n in tree.by_key.get(values.key(part), []) if parent < 0 or tree.nodes[n].parent == parent]
        if not known:
            return tree.find(part)
        parent = known[0]
    return parent


def kinds(names: Mapping[int, str] | list[str]) -> list[set[str]]:
    """Per department name, the kinds of catalog/departments.toml that it stands for."""
    return [kind_words(name) for name in (names.values() if isinstance(names, Mapping) else names)]


def kind_words(text: str) -> set[str]:
    """The kinds that a department's name or a position's title speaks of."""
    spelled = values.key(text)
    found = set()
    for kind, entry in catalog.toml("departments").items():
        if any(re.search(word, spelled) for word in entry.get("words", ())) and not any(
            word in spelled for word in entry.get("not", ())
        ):
            found.add(kind)
    return found
