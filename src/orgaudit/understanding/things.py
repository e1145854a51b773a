"""What statements are about: the words that name things, and which things are the same, nested or apart.

The tree of catalog/things.toml knows that 文具 is a kind of goods and that raw materials and office supplies exclude each
other. Words outside the tree are known by themselves only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np

from orgaudit import catalog
from orgaudit.reading import values
from orgaudit.understanding import terms
from orgaudit.understanding.terms import CHINESE

_THING_TAGS = ("n", "s", "l", "j", "i", "eng", "vn", "m", "b", "a", "t", "f", "x")
_NO_THING = frozenset({"nr", "f", "m"})


@dataclass(frozen=True)
class Node:
    """A kind of thing: ``parent`` is a node's number or -1; ``apart`` says that its siblings exclude it."""

    id: str
    parent: int
    apart: bool


class Tree:
    """Kinds of things with their words."""

    def __init__(self) -> None:
        entries = catalog.toml("things")["thing"]
        number = {entry["id"]: i for i, entry in enumerate(entries)}
        apart = {entry["id"] for entry in entries if entry.get("siblings")}
        self.nodes = [
            Node(entry["id"], number[entry["of"]] if entry.get("of") else -1, entry.get("of", "") in apart)
            for entry in entries
        ]
        self.of_word: dict[str, list[int]] = {}
        self.phrases: dict[str, list[tuple[str, ...]]] = {}  # first word → English names of several words
        for i, entry in enumerate(entries):
            for word in entry["zh"]:
                self.of_word.setdefault(values.key(word), []).append(i)
            for word in entry["en"]:
                parts = tuple(terms.forms(part)[0] for part in values.key(word).split())
                self.of_word.setdefault(" ".join(parts), []).append(i)
                if len(parts) > 1:
                    self.phrases.setdefault(parts[0], []).append(parts)
        for listed in self.phrases.values():
            listed.sort(key=len, reverse=True)

    @cached_property
    def above(self) -> Any:
        """Nodes × nodes, 1 where the second is the first or above it."""
        from scipy import sparse

        rows, columns = [], []
        for i in range(len(self.nodes)):
            at = i
            while at >= 0:
                rows.append(i)
                columns.append(at)
                at = self.nodes[at].parent
        size = (len(self.nodes), len(self.nodes))
        return sparse.csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=size)


@cache
def tree() -> Tree:
    return Tree()


@cache
def _tagger() -> Any:
    """A segmenter that knows the words of the tree and of acting."""
    import rjieba

    tagger = rjieba.Jieba()
    for word in tree().of_word:
        if 2 <= len(word) <= 6 and CHINESE.search(word):
            tagger.add_word(word, None, "n")
    return tagger


@cache
def light_words() -> frozenset[str]:
    """Words that only introduce what is done."""
    light = catalog.toml("grammar")["light"]
    return frozenset([*light["zh"], *light["en"]])


@cache
def small_words() -> frozenset[str]:
    """Words that tell no two pieces of work apart."""
    grammar = catalog.toml("grammar")
    return frozenset([*grammar["small"]["zh"], *grammar["small"]["en"], *grammar["light"]["zh"]])


def words(text: str) -> tuple[list[str], list[str]]:
    """Words of a keyed text that name what it is about, and those that say what is done with it."""
    return _chinese(text) if CHINESE.search(text) else _english(text)


def _chinese(text: str) -> tuple[list[str], list[str]]:
    small, known, acts = small_words(), tree().of_word, terms.acts()
    tagged = [(word, tag) for word, tag in _tagger().tag(text) if word.strip() and word not in small]
    about: list[str] = []
    doing: list[str] = []
    for at, (word, tag) in enumerate(tagged):
        is_thing = word in known or (tag.startswith(_THING_TAGS) and tag not in _NO_THING and len(word) > 1)
        if word in acts:
            before_thing = at + 1 < len(tagged) and not (tagged[at + 1][1].startswith(("v", "u", "x", "p", "c")))
            if doing and before_thing:  # 采购 in 签订采购合同 tells which contract
                about.append(word)
            doing.append(word)
        elif is_thing:
            about.append(word)
        elif tag.startswith("v") and len(word) > 1:
            doing.append(word)
    return about, doing


def _english(text: str) -> tuple[list[str], list[str]]:
    small, verbs, found = small_words(), terms.acts(), tree()
    raw = [match.group() for match in terms.WORD.finditer(text)]
    lemmas = [terms.forms(word)[0] for word in raw]
    about, doing, at = [], [], 0
    while at < len(lemmas):
        lemma = lemmas[at]
        phrase = next((p for p in found.phrases.get(lemma, ()) if tuple(lemmas[at : at + len(p)]) == p), None)
        if phrase:
            about.append(" ".join(phrase))
            at += len(phrase)
            continue
        verb = terms.forms(raw[at])[-1]
        if lemma not in small and raw[at] not in small:
            if at == 0 or (verb in verbs and lemma not in found.of_word):
                doing.append(verb)
            else:
                about.append(lemma)
        at += 1
    return about, doing


@cache
def _light_parts() -> re.Pattern[str]:
    return re.compile(
        "|".join(sorted((re.escape(w) for w in light_words() if CHINESE.search(w)), key=len, reverse=True))
    )


def matter(text: str) -> str | None:
    """The one word of a keyed text that only names its matter (招聘管理工作, contract management); None of all others."""
    if CHINESE.search(text):
        left = _light_parts().sub("", text).strip()
        return left if 2 <= len(left) <= 6 and len(_tagger().cut(left)) == 1 else None
    telling = [match.group() for match in terms.WORD.finditer(text)]
    forms = [terms.forms(word) for word in telling if word not in small_words()]
    forms = [form for form in forms if light_words().isdisjoint(form)]
    return forms[0][-1] if len(forms) == 1 else None


_JOINTS = re.compile(
    r"(?:[,;、]|并且|以及|同时|(?<!合)并(?!购)|[和与及](?!其)|(?:,\s*)?\b(?:and|then|as well as)\b\s*)"
)


def parts(text: str) -> list[str]:
    """The pieces of work that a keyed statement coordinates (编写代码 · 发布上线; pay salaries · post the ledger).

    A piece needs an act and something else beside it; what has less stays with what stands before it.
    """
    found: list[str] = []
    begin = 0
    for joint in [*_JOINTS.finditer(text), None]:
        piece = text[begin : joint.start() if joint else None].strip()
        if piece and (not found or (_is_work(piece) and _is_work(found[-1]))):
            found.append(piece)
        elif piece:
            found[-1] = f"{found[-1]} {piece}"
        begin = joint.end() if joint else len(text)
    return found


def _is_work(piece: str) -> bool:
    about, doing = words(piece)
    return bool(doing) and len(about) + len(doing) > 1


_PLACES = re.compile(
    r"(?:第?([一二三四五六七八九十\d]+|[a-z]|(?<![华中近远辽粤])[东西南北]|新|老)\s*(?:号|#)?)"
    r"(车间|分厂|工厂|厂区|厂|生产线|产线|线|班组|仓库|仓|号楼|楼|期|标段|项目部|分公司|门店|片区|区|组|科|中队|大队)"
    r"|\b(plant|workshop|building|line|shift|zone|region|area|site|warehouse|block|unit|phase|lot)\s+([a-z]|\d+|one|two|three|four)\b"
)


def numbered_places(text: str) -> list[tuple[str, str]]:
    """(kind, which) of places that a keyed text tells by number: 一车间, plant 2, building a."""
    return [(m[2], m[1]) if m[2] else (m[3], m[4]) for m in _PLACES.finditer(text)]


@dataclass
class Things:
    """The things of a column of texts, as matrices."""

    texts: Sequence[str]

    @cached_property
    def split(self) -> list[tuple[list[str], list[str]]]:
        return [words(text) for text in self.texts]

    @cached_property
    def _vocabulary(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for about, _ in self.split:
            for word in about:
                found.setdefault(word, len(found))
        return found

    @cached_property
    def named(self) -> Any:
        """Texts × words, 1 where a text names the thing."""
        rows = np.repeat(np.arange(len(self.texts)), [len(about) for about, _ in self.split])
        columns = np.array([self._vocabulary[word] for about, _ in self.split for word in about], dtype=np.int64)
        return _marks(rows, columns, (len(self.texts), max(1, len(self._vocabulary))))

    @cached_property
    def _nodes(self) -> Any:
        """Words × nodes of the tree."""
        known = tree().of_word
        pairs = [(i, node) for word, i in self._vocabulary.items() for node in known.get(word, ())]
        rows, columns = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
        return _marks(rows, columns, (max(1, len(self._vocabulary)), max(1, len(tree().nodes))))

    @cached_property
    def covered(self) -> Any:
        """Texts × words, 1 where a text names the thing, the same by another name, a wider or a narrower one."""
        line = tree().above
        by_tree = self._nodes @ (line + line.T) @ self._nodes.T
        listed, pairs = self._vocabulary, []
        for word, i in listed.items():
            if CHINESE.search(word):
                parts = {word[a:b] for a in range(len(word)) for b in range(a + 2, len(word) + 1)}
                pairs += [pair for part in parts if part in listed for pair in ((i, listed[part]), (listed[part], i))]
            else:
                pairs.append((i, i))
                pairs += [pair for p in word.split() if p in listed for pair in ((i, listed[p]), (listed[p], i))]
        groups: dict[int, list[int]] = {}
        for word, i in listed.items():
            for group in terms.act_groups().get(word, ()):
                groups.setdefault(group, []).append(i)
        pairs += [(i, j) for members in groups.values() for i in members for j in members]
        rows, columns = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
        size = max(1, len(listed))
        return ones(self.named @ (by_tree + _marks(rows, columns, (size, size))))

    def both_name_others(self, one: np.ndarray, two: np.ndarray) -> np.ndarray:
        """Per pair of texts: whether each names a thing that the other does not speak of."""
        return np.asarray((self.uncovered(one, two) > 0) & (self.uncovered(two, one) > 0))

    def uncovered(self, one: np.ndarray, two: np.ndarray) -> np.ndarray:
        """Per pair, how many things of the first the second does not speak of."""
        size = np.asarray(self.named.sum(axis=1)).ravel()
        common = np.asarray(self.named[one].multiply(self.covered[two]).sum(axis=1)).ravel()
        return np.asarray(size[one] - common)

    @cached_property
    def _acts(self) -> Any:
        """Texts × groups of interchangeable acting words, 1 where a text has one."""
        number: dict[object, int] = {}
        rows, columns = [], []
        for i, (_, doing) in enumerate(self.split):
            for word in doing:
                for group in terms.act_groups().get(word, [word]):
                    rows.append(i)
                    columns.append(number.setdefault(group, len(number)))
        return _marks(
            np.array(rows, dtype=np.int64), np.array(columns, dtype=np.int64), (len(self.texts), max(1, len(number)))
        )

    def acts_apart(self, one: np.ndarray, two: np.ndarray) -> np.ndarray:
        """Per pair: whether both say what is done, and nothing of it is the same."""
        acts = self._acts
        told = np.asarray(acts.sum(axis=1)).ravel() > 0
        common = np.asarray(acts[one].multiply(acts[two]).sum(axis=1)).ravel() > 0
        return np.asarray(told[one] & told[two] & ~common)

    @cached_property
    def _scopes(self) -> tuple[Any, Any]:
        """Texts × scopes, and scopes × axes: scopes of one axis exclude each other."""
        nodes = tree().nodes
        number: dict[tuple[object, object], int] = {}
        axis_of: list[int] = []
        axes: dict[object, int] = {}

        def scope(axis: object, which: object) -> int:
            if (axis, which) not in number:
                number[axis, which] = len(number)
                axis_of.append(axes.setdefault(axis, len(axes)))
            return number[axis, which]

        rows, columns = [], []
        of_text = (self.named @ self._nodes @ tree().above).tocoo()
        for text, node in zip(of_text.row.tolist(), of_text.col.tolist(), strict=True):
            if nodes[node].apart:
                rows.append(text)
                columns.append(scope(nodes[node].parent, node))
        for i, text in enumerate(self.texts):
            for kind, which in numbered_places(text):
                rows.append(i)
                columns.append(scope(kind, which))
        size = max(1, len(number))
        of_axis = _marks(np.arange(len(axis_of)), np.array(axis_of, dtype=np.int64), (size, max(1, len(axes))))
        return _marks(np.array(rows), np.array(columns), (len(self.texts), size)), of_axis

    def scope_names(self, text: int) -> list[str]:
        """What a text says about where, of which kind or for whom, as far as others exclude it."""
        known, nodes = tree().of_word, tree().nodes
        found = [word for word in self.split[text][0] for node in known.get(word, ()) if nodes[node].apart]
        for kind, which in numbered_places(self.texts[text]):
            found.append(f"{which}{kind}" if CHINESE.search(kind) else f"{kind} {which}")
        return list(dict.fromkeys(found))

    def scopes_apart(self, one: np.ndarray, two: np.ndarray) -> np.ndarray:
        """Per pair: whether on some axis (region, workshop, kind of material …) both say where, and nowhere the same."""
        of_text, of_axis = self._scopes
        told = ones(of_text @ of_axis)
        both = told[one].multiply(told[two])
        common = ones(of_text[one].multiply(of_text[two]) @ of_axis)
        return np.asarray((both - both.multiply(common)).sum(axis=1)).ravel() > 0


def _marks(rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]) -> Any:
    from scipy import sparse

    return ones(sparse.csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=shape))


def ones(matrix: Any, *, up: bool = False) -> Any:
    """The matrix with 1 where it was above, with ``up`` also where it was below."""
    matrix = matrix.tocsr()
    matrix.data = np.ones_like(matrix.data) if up else np.minimum(matrix.data, 1)
    return matrix
