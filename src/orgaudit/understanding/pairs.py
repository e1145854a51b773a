"""Whether two statements claim the same work: candidates by shared activity, then vetoes by structure.

Similar words prove nothing. Two statements overlap when they speak of the same activity, on a compatible stage, of equal,
nested or unsaid objects and scopes, and both lead (or both only help). Near copies are found whatever they speak of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from orgaudit import wording
from orgaudit.understanding import embedding, statement, things
from orgaudit.understanding.embedding import Embed
from orgaudit.understanding.functions import Functions
from orgaudit.understanding.statement import Statement
from orgaudit.understanding.terms import CHINESE
from orgaudit.understanding.things import Things
from orgaudit.understanding.weighing import Weighing, lookup

_PAIRS_AT_A_TIME = 200_000
_BLOCK = 2_000  # texts compared with all others at a time
_WEAK = 0.2  # share of a text's strongest evidence below which an activity is not what it speaks of
_TOLD = 0.3  # evidence from which an activity makes two texts candidates …
_SHARE = 0.5  # … where it is at least so much of each text's strongest
_PROPOSED, _HINT, _VECTOR = 0.6, 0.1, 0.3  # cosine from which vectors propose, what they need beside them, their worth
_LIKELY = 0.2  # part of the likeliest activities of a text from which a further one is meant
_CLOSE = 0.5  # share of common words from which texts are compared whatever they speak of
NEAR = 0.7  # share of common words from which texts are near copies
# What is left of a pair's strength where the structure speaks against it. Things and acts that differ are meant the more the
# rest is alike: full effect from the second share of words in common, none below the first.
_TWINS = _ACTS = 0.3
_SCOPES, _ROLES, _EMPTY, _STAGES, _FUNCTIONS = 0.2, 0.1, 0.1, 0.7, 0.5
_ABOUT, _TOPIC, _BOTH, _ALIKE = (
    0.3,
    0.2,
    0.6,
    0.6,
)  # what shared activities are worth, and what shared words take off again
_LITTLE, _MOST, _LEAST = (
    0.3,
    0.9,
    0.15,
)  # cosine over meanings at which alike texts are none, and are surely, of one meaning


@dataclass(frozen=True)
class _Likeness:
    """Shares of common pieces, which are character pairs in Chinese and words in English: how much they say."""

    few: float
    same: float
    copy: float  # from here on texts begin to be copies …
    whole: float  # … and are


_PAIRS, _WORDS = _Likeness(0.1, 0.4, 0.25, 0.75), _Likeness(0.2, 0.5, 0.7, 0.95)


@dataclass(frozen=True)
class Signals:
    """What speaks for and against pairs of texts being one piece of work; arrays over pairs.

    ``about`` (0–1) both name one ``activity``; ``topic`` (0–1) their words are likely under the same activities; ``function``
    probability that they are of one function; ``alike`` share of common words; ``meaning`` cosine over interchangeable words.
    Booleans: ``twins`` each names a thing that the other does not, ``acts`` nothing that is done is the same, ``scopes`` they
    tell different places or kinds, ``roles`` one leads and one helps, ``empty`` one is housekeeping, ``stages`` the acting is
    of classes that different hands should have, ``words`` likeness is counted in words (English). ``near`` is the cosine by a
    model of one's own, 0 without one.
    """

    activity: np.ndarray
    about: np.ndarray
    topic: np.ndarray
    function: np.ndarray
    alike: np.ndarray
    meaning: np.ndarray
    twins: np.ndarray
    acts: np.ndarray
    scopes: np.ndarray
    roles: np.ndarray
    empty: np.ndarray
    stages: np.ndarray
    words: np.ndarray
    near: np.ndarray

    @property
    def strength(self) -> np.ndarray:
        """How surely the pairs claim the same work; about 0.3 and more is worth a look, 0 and less is not."""
        few, same, copy, whole = (
            np.where(self.words, getattr(_WORDS, name), getattr(_PAIRS, name))
            for name in _Likeness.__dataclass_fields__
        )
        common = np.clip((self.alike - few) / (same - few), 0, 1)
        meant = np.clip((self.meaning - _LITTLE) / (_MOST - _LITTLE), _LEAST, 1)
        doubt = np.where(self.twins, _TWINS, 1) * np.where(self.acts, _ACTS, 1) * meant
        shared = _ABOUT * self.about + _TOPIC * self.topic + _BOTH * np.sqrt(self.about * self.topic)
        # vectors raise what the structure already suggests: one function, and something of one activity
        raised = np.clip((self.near - _PROPOSED) / (1 - _PROPOSED), 0, 1) * self.function * (self.about >= _HINT)
        result = shared + _VECTOR * raised - _ALIKE * self.alike  # words in common make any activity look shared
        result = np.where(result > 0, result * (1 - common * (1 - doubt)), result)
        copied = np.where(self.twins | self.acts, 0, np.clip((self.alike - copy) / (whole - copy), 0, 1)) * meant
        result = np.maximum(result, copied)
        for against, left in (
            (self.scopes, _SCOPES),
            (self.roles, _ROLES),
            (self.empty, _EMPTY),
            (self.stages, _STAGES),
        ):
            result = np.where(against, left * result, result)
        return np.asarray(result * (_FUNCTIONS + (1 - _FUNCTIONS) * self.function))


@dataclass
class Understood:
    """A column of distinct statements, parsed and weighed against the lexicon."""

    texts: Sequence[str]
    weighing: Weighing
    judge: Functions
    embed: Embed | None = None  # a model of one's own, as a further proposer

    @cached_property
    def statements(self) -> list[Statement]:
        """Every text parsed."""
        return [statement.parse(text) for text in self.texts]

    @cached_property
    def hits(self) -> Any:
        """Texts × words of the lexicon."""
        return self.weighing.hits([s.core for s in self.statements], [s.aside for s in self.statements])

    @cached_property
    def evidence(self) -> Any:
        """Texts × activities: how strongly what each statement leads speaks of each activity, by names."""
        return self._with_whole(self.weighing.evidence(self.hits))

    @cached_property
    def topics(self) -> Any:
        """Texts × activities: the likeliest of each statement, rows of length 1."""
        return self._with_whole(self.weighing.topics(self.hits))

    def _with_whole(self, weighed: Any) -> Any:
        """A statement that names only its matter (合同管理) speaks of all that is done with it."""
        from scipy import sparse

        bare = {i: word for i, said in enumerate(self.statements) if (word := things.matter(said.core))}
        rows = {i: row for i, word in bare.items() if (row := self.weighing.whole(word)).any()}
        if not rows:
            return weighed
        left = np.ones(len(self.texts))
        left[list(rows)] = 0
        own = sparse.csr_matrix(np.stack(list(rows.values())))
        spread = sparse.csr_matrix(
            (np.ones(len(rows)), (list(rows), np.arange(len(rows)))), shape=(len(self.texts), len(rows))
        )
        return (sparse.diags(left) @ weighed + spread @ own).tocsr()

    @cached_property
    def functions(self) -> np.ndarray:
        """Texts × functions of the catalogue: probability, given that the text belongs to one."""
        return self.judge.likelihood(self.hits, self.evidence)

    def suggested(self) -> list[tuple[str, float]]:
        """Per text the likeliest function's key and its probability; an empty key and 0 where nothing is known or meant."""
        known = np.diff(self.hits.indptr) > 0
        empty = self.flags("empty")
        best = self.functions.argmax(axis=1) if len(self.texts) else np.zeros(0, np.int64)
        return [
            (self.judge.keys[best[i]], float(self.functions[i, best[i]])) if known[i] and not empty[i] else ("", 0.0)
            for i in range(len(self.texts))
        ]

    def led_activities(self, least: float = 0.4, share: float = 0.7) -> list[set[str]]:
        """Per text the ids of the activities that some part of it plainly speaks of (evidence ``least``, and at least ``share``
        of the part's strongest); none for texts that only help or are housekeeping."""
        pieces = [things.parts(s.core) if not (s.assists or s.empty) else [] for s in self.statements]
        listed = [(i, piece) for i, own in enumerate(pieces) for piece in own]
        hits = self.weighing.hits([piece for _, piece in listed], [""] * len(listed))
        likely = (self.weighing.topics(hits) >= _LIKELY).astype(np.float32)
        weighed = self.weighing.evidence(hits).multiply(likely).tocoo()
        strongest = np.zeros(len(listed))
        np.maximum.at(strongest, weighed.row, weighed.data)
        plain = (weighed.data >= least) & (weighed.data >= share * strongest[weighed.row])
        result: list[set[str]] = [set() for _ in self.texts]
        for piece, activity in zip(weighed.row[plain].tolist(), weighed.col[plain].tolist(), strict=True):
            result[listed[piece][0]].add(self.weighing.lexicon.activities[activity].id)
        return result

    def common_activity(self, texts: Sequence[int]) -> int | None:
        """The activity that all of some texts speak of most surely; None where there is none."""
        least, likely = self.evidence[texts[0]], self.topics[texts[0]]
        for text in texts[1:]:
            least, likely = least.minimum(self.evidence[text]), likely.minimum(self.topics[text])
        sure = (least + least.multiply(likely)).tocoo()
        return int(sure.col[sure.data.argmax()]) if sure.nnz else None

    def grounds(self, text: int, activity: int) -> list[str]:
        """The words of a text by which it speaks of an activity."""
        return self.weighing.grounds(self.hits[text], activity)

    @cached_property
    def _strongest(self) -> np.ndarray:
        """Each text's strongest evidence, never 0."""
        top = np.asarray(self.evidence.max(axis=1).todense()).ravel() if len(self.texts) else np.zeros(0)
        return np.maximum(top, 1e-9)

    @cached_property
    def _telling(self) -> Any:
        """The evidence without what is too weak beside each text's strongest to make two texts speak of one activity."""
        found = self.evidence.tocoo()
        keep = found.data >= _WEAK * self._strongest[found.row]
        matrix = type(found)((found.data[keep], (found.row[keep], found.col[keep])), shape=found.shape).tocsr()
        matrix.sort_indices()
        return matrix

    @cached_property
    def relative(self) -> Any:
        """The evidence as a share of each text's strongest."""
        from scipy import sparse

        return (sparse.diags(1 / self._strongest) @ self.evidence).tocsr()

    @cached_property
    def things(self) -> Things:
        """What the statements are about."""
        return Things([s.core for s in self.statements])

    def flags(self, name: str) -> np.ndarray:
        """One of the statements' flags as a column."""
        return np.array([bool(getattr(s, name)) for s in self.statements], dtype=bool)

    @cached_property
    def pieces(self) -> Any:
        """Texts × pieces: character pairs or words of what is led, 1 where it occurs."""
        from scipy import sparse

        vocabulary: dict[str, int] = {}
        rows, columns = [], []
        for i, said in enumerate(self.statements):
            for piece in wording.pieces(said.core + said.aside):
                rows.append(i)
                columns.append(vocabulary.setdefault(piece, len(vocabulary)))
        return sparse.csr_matrix(
            (np.ones(len(rows), np.float32), (rows, columns)), shape=(len(self.texts), max(1, len(vocabulary)))
        )

    @cached_property
    def meanings(self) -> Any:
        """Texts × groups of interchangeable words, rows of length 1."""
        return self.weighing.meanings(self.things.split)

    # ---- pairs --------------------------------------------------------------------------------------------------

    def candidates(self) -> tuple[np.ndarray, np.ndarray]:
        """Pairs of texts worth weighing: they share an activity that both speak of, or most of their words."""
        from scipy import sparse

        n = len(self.texts)
        out = self.flags("empty")
        strong = self.relative.multiply(self.evidence >= _TOLD).tocsr()
        strong = (sparse.diags((~out).astype(np.float32)) @ (strong >= _SHARE).astype(np.float32)).tocsr()
        strong.eliminate_zeros()
        pieces = (sparse.diags((~out).astype(np.float32)) @ self.pieces).tocsr()
        size = np.maximum(np.asarray(pieces.sum(axis=1)).ravel(), 1)
        found = [np.zeros(0, np.int64)]
        for start in range(0, n, _BLOCK):
            rows = slice(start, start + _BLOCK)
            topic = (strong[rows] @ strong.T).tocoo()
            words = (pieces[rows] @ pieces.T).tocoo()
            near = 2 * words.data >= _CLOSE * (size[words.row + start] + size[words.col]) - 1e-6
            one = np.concatenate([topic.row, words.row[near]]).astype(np.int64) + start
            two = np.concatenate([topic.col, words.col[near]]).astype(np.int64)
            found.append(np.unique((one * n + two)[one < two]))
        if self.vectors is not None:
            one, two = embedding.near_pairs(self.vectors, _PROPOSED)
            found.append((one * n + two)[~(out[one] | out[two])])
        key = np.unique(np.concatenate(found))
        return key // max(1, n), key % max(1, n)

    def likely_pairs(self, least: float = 0.2) -> tuple[np.ndarray, np.ndarray]:
        """Candidates whose strength can reach ``least`` if nothing speaks against them, and those with half of their words
        in common; nothing that could be reported is lost."""
        one, two = self.candidates()
        size = np.maximum(np.asarray(self.pieces.sum(axis=1)).ravel(), 1)
        kept = []
        for start in range(0, len(one), _PAIRS_AT_A_TIME):
            a, b = one[start : start + _PAIRS_AT_A_TIME], two[start : start + _PAIRS_AT_A_TIME]
            alike = 2 * _dot(self.pieces, a, b) / (size[a] + size[b])
            topic = np.minimum(_dot(self.topics, a, b), 1)
            most = _ABOUT + _TOPIC * topic + _BOTH * np.sqrt(topic) - _ALIKE * alike  # as if they spoke of one activity
            keep = (alike >= _CLOSE) | (most >= least)
            about = np.ones(len(a))
            about[keep] = self._about(a[keep], b[keep])[0]
            most = _ABOUT * about + _TOPIC * topic + _BOTH * np.sqrt(about * topic) - _ALIKE * alike
            kept.append(keep & ((alike >= _CLOSE) | (most + (_VECTOR if self.embed else 0) >= least)))
        keep = np.concatenate(kept) if kept else np.zeros(0, dtype=bool)
        return one[keep], two[keep]

    def signals(self, one: np.ndarray, two: np.ndarray) -> Signals:
        """Everything that tells about pairs of texts; worked in blocks, so that memory does not grow with their number."""
        if len(one) <= _PAIRS_AT_A_TIME:
            return self._signals(one, two)
        parts = [
            self._signals(one[start : start + _PAIRS_AT_A_TIME], two[start : start + _PAIRS_AT_A_TIME])
            for start in range(0, len(one), _PAIRS_AT_A_TIME)
        ]
        names = Signals.__dataclass_fields__
        return Signals(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})

    def _signals(self, one: np.ndarray, two: np.ndarray) -> Signals:
        about, activity = self._about(one, two)
        size = np.asarray(self.pieces.sum(axis=1)).ravel()
        assists, empty = self.flags("assists"), self.flags("empty")
        chinese = np.array([CHINESE.search(text) is not None for text in self.texts], dtype=bool)
        actions = np.array([_NUMBER.get(s.wording.action or "", 0) for s in self.statements], dtype=np.int64)
        return Signals(
            activity=activity,
            about=about,
            topic=np.minimum(_dot(self.topics, one, two), 1),
            function=self._same_function(one, two),
            alike=2 * _dot(self.pieces, one, two) / np.maximum(size[one] + size[two], 1),
            meaning=_dot(self.meanings, one, two),
            twins=self.things.both_name_others(one, two),
            acts=self.things.acts_apart(one, two),
            scopes=self.things.scopes_apart(one, two),
            roles=assists[one] != assists[two],
            empty=empty[one] | empty[two],
            stages=_APART[actions[one], actions[two]],
            words=~(chinese[one] | chinese[two]),
            near=np.zeros(len(one))
            if self.vectors is None
            else np.einsum("ij,ij->i", self.vectors[one], self.vectors[two]),
        )

    def _same_function(self, one: np.ndarray, two: np.ndarray) -> np.ndarray:
        """Cosine of two texts over the functions."""
        length = np.sqrt((self.functions**2).sum(axis=1))
        return np.asarray(np.einsum("ij,ij->i", self.functions[one], self.functions[two]) / (length[one] * length[two]))

    @cached_property
    def vectors(self) -> np.ndarray | None:
        """Texts × dimensions by one's own model, unit length; None without one."""
        return self.embed([s.core for s in self.statements]) if self.embed is not None else None

    def _about(self, one: np.ndarray, two: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """For pairs of texts: how surely they speak of one activity (0 to 1), and which."""
        least = self._telling[one].minimum(self._telling[two]).tocsr()
        if not least.nnz:
            return np.zeros(len(one)), np.zeros(len(one), np.int64)
        least.sort_indices()
        pair = np.repeat(np.arange(len(one)), np.diff(least.indptr))
        top = self._strongest
        rank = np.minimum(
            lookup(self._telling, one[pair], least.indices) / top[one[pair]],
            lookup(self._telling, two[pair], least.indices) / top[two[pair]],
        )
        sure = np.minimum(least.data, 1) * rank**1.5
        order = np.lexsort((-sure, pair))
        pair, sure, which = pair[order], sure[order], least.indices[order]
        first = np.flatnonzero(np.r_[True, pair[1:] != pair[:-1]])
        about, activity = np.zeros(len(one)), np.zeros(len(one), np.int64)
        about[pair[first]], activity[pair[first]] = sure[first], which[first]
        return about, activity


def _dot(matrix: Any, one: np.ndarray, two: np.ndarray) -> np.ndarray:
    return np.asarray(matrix[one].multiply(matrix[two]).sum(axis=1)).ravel()


_CLASSES = ("", "approve", "verify", "record", "custody", "plan", "support", "execute")
_NUMBER = {name: i for i, name in enumerate(_CLASSES)}
_APART = np.zeros((len(_CLASSES), len(_CLASSES)), dtype=bool)
for _one, _others in (("approve", ("execute", "record", "custody", "plan")), ("verify", ("custody", "record", "plan")),
                      ("plan", ("record", "custody")), ("execute", ("record",))):  # fmt: skip
    for _two in _others:
        _APART[_NUMBER[_one], _NUMBER[_two]] = _APART[_NUMBER[_two], _NUMBER[_one]] = True
