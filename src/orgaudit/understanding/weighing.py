"""How strongly texts speak of activities and functions, for whole columns at once, by sparse products.

Two measures, each blind on its own: *names* (terms of one name found together, the rarer the better) and *topics* (the
likelihood of a text's words under each activity's names). Words found only behind "using", "such as" and the like weigh less.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from orgaudit import catalog
from orgaudit.reading import values
from orgaudit.understanding.lexicon import LANGUAGES, Lexicon
from orgaudit.understanding.terms import CHINESE, Vocabulary, act_groups, normal
from orgaudit.understanding.things import light_words, ones, tree

_BLOCK = 4_000  # texts at a time
_FEW = 200  # texts whose terms are laid out side by side
_ASIDE = 0.6
_PART = 0.6  # a name found in part counts from this share of its terms
_SHARE, _RARITY = 2.5, 0.8  # how steeply a name's worth falls with what is missing, and with how common its words are
_MORE = 0.3  # what further names of one activity add
_UNSEEN = 0.01  # likelihood of a word that an activity's names do not have, in occurrences
_SEEN = 3.0  # further occurrences of a word in an activity's names say nothing new
_SYNONYM = 0.8  # worth of a word that stands for another
_WHOLE, _OFTEN = 0.5, 0.2  # a word stands for the activities that have it half as often as the one that has it most
_TOPICS = 6  # activities kept per text


class Weighing:
    """The lexicon compiled into matrices."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self._words = list(lexicon.words)
        self.vocabulary = Vocabulary([*self._words, *(w for w in self._synonyms if w not in lexicon.words)])

    # ---- compiling ----------------------------------------------------------------------------------------------

    @cached_property
    def _synonyms(self) -> dict[str, list[int]]:
        """Word → numbers of the groups of interchangeable words that it is of (acts and things)."""
        found: dict[str, list[int]] = {}
        groups = [*catalog.toml("verbs")["verb"], *catalog.toml("things")["thing"]]
        for number, group in enumerate(groups):
            for lang in LANGUAGES:
                for word in group[lang]:
                    if lang == "zh" or not {" ", "_"} & set(word):
                        spelled = values.key(word) if lang == "zh" else normal(values.key(word))
                        found.setdefault(spelled, []).append(number)
        return found

    @cached_property
    def _of_term(self) -> Any:
        """Vocabulary × terms of the lexicon: 1 where a word may stand for the term."""
        n, terms = len(self.vocabulary.terms), self.lexicon.terms
        columns = np.repeat(np.arange(len(terms)), [len(words) for words in terms])
        rows = np.array([word for words in terms for word in words], dtype=np.int64)
        literal = _matrix(rows, columns, (n, len(terms)))
        pairs = [(self.vocabulary.number[word], group) for word, groups in self._synonyms.items() for group in groups]
        word, group = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
        member = _matrix(word, group, (n, int(group.max(initial=0)) + 1))
        return (_SYNONYM * ones(member @ (member.T @ literal))).maximum(literal).tocsr()

    @cached_property
    def _term_activity(self) -> Any:
        """Terms of the lexicon × activities: in how many names."""
        names = self.lexicon.names
        rows = np.array([term for terms in names.wanted for term in terms], dtype=np.int64)
        columns = np.repeat(np.array(names.activity, dtype=np.int64), [len(terms) for terms in names.wanted])
        return _matrix(rows, columns, (len(self.lexicon.terms), len(self.lexicon.activities)))

    @cached_property
    def rarity(self) -> np.ndarray:
        """Per word of the vocabulary how much it says, 0 to 1: the fewer activities speak of it, the more."""
        spread = (self._of_term @ ones(self._term_activity.copy())).tocsr()
        n = len(self.lexicon.activities)
        found = np.diff(spread.indptr)
        return np.where(found > 0, np.log(1 + n / np.maximum(found, 1)) / np.log(1 + n), 1.0).astype(np.float32)

    @cached_property
    def _named(self) -> tuple[Any, Any, Any, np.ndarray, np.ndarray]:
        """Words × terms by rarity, terms × names, terms × names barred, terms per name, whose it is; by activity."""
        from scipy import sparse

        names = self.lexicon.names
        order = np.argsort(np.array(names.activity), kind="stable")
        place = np.empty(len(order), dtype=np.int64)
        place[order] = np.arange(len(order))
        shape = (len(self.lexicon.terms), len(names))
        wanted, barred = (
            _matrix(
                np.array([term for terms in listed for term in terms], dtype=np.int64),
                np.repeat(place, [len(terms) for terms in listed]),
                shape,
            )
            for listed in (names.wanted, names.barred)
        )
        of_term = (sparse.diags(self.rarity) @ self._of_term).tocsr()
        total = np.asarray(wanted.sum(axis=0)).ravel()
        return of_term, wanted, barred, total, np.array(names.activity)[order]

    @cached_property
    def _stands_for(self) -> Any:
        """Vocabulary × names: for how many of the name's terms a word may stand."""
        of_term, wanted, *_ = self._named
        return (ones(of_term.copy(), up=True) @ wanted).tocsr()

    @cached_property
    def _of_name(self) -> Any:
        """Vocabulary × names, 1 where a word may stand for one of the name's terms."""
        return ones(self._stands_for.copy())

    @cached_property
    def _words_of_name(self) -> Any:
        """Names × vocabulary, the same the other way round."""
        return self._of_name.T.tocsr()

    @cached_property
    def _ambiguous(self) -> np.ndarray:
        """Boolean per name: some word may stand for two of its terms."""
        return np.asarray(self._stands_for.max(axis=0).todense()).ravel() > 1

    @cached_property
    def _anchors(self) -> Any:
        """Terms × names: of each name's terms the rarest, so many that a name found in large enough part has one of them."""
        of_term, wanted, _, total, _ = self._named
        said = np.asarray(ones(self._term_activity.copy(), up=True).sum(axis=1)).ravel()  # activities by term
        common = ones(of_term.copy(), up=True).T @ (ones(of_term.copy(), up=True) @ said)  # … of all words for it
        terms = self._terms_of_name
        order = np.argsort(np.where(terms >= 0, common[terms], np.inf), axis=1, kind="stable")
        need = (total - np.ceil(_PART * total - 1e-9) + 1).astype(np.int64)
        chosen = np.arange(terms.shape[1])[None, :] < need[:, None]
        names = np.repeat(np.arange(len(terms)), need)
        return _matrix(np.take_along_axis(terms, order, axis=1)[chosen], names, wanted.shape)

    @cached_property
    def _terms_of_name(self) -> np.ndarray:
        """Names × most terms: the terms of each name, -1 where it has no more."""
        _, wanted, *_ = self._named
        columns = wanted.tocsc()
        size = np.diff(columns.indptr)
        result = np.full((len(size), int(size.max(initial=1))), -1, dtype=np.int64)
        place = np.arange(columns.nnz) - np.repeat(columns.indptr[:-1], size)
        result[np.repeat(np.arange(len(size)), size), place] = columns.indices
        return result

    def word_activity(self, most: float, *, shared: bool = False) -> Any:
        """Words × activities: in how many names an activity has the word, at most ``most``; a word that shares a term with
        others counts less where ``shared``."""
        from scipy import sparse

        terms = self.lexicon.terms
        sizes = [len(words) for words in terms]
        columns = np.repeat(np.arange(len(terms)), sizes)
        rows = np.array([word for words in terms for word in words], dtype=np.int64)
        weight = np.repeat([max(size, 1) ** -0.5 if shared else 1.0 for size in sizes], sizes)
        literal = sparse.csr_matrix((weight, (rows, columns)), shape=(len(self.vocabulary.terms), len(terms)))
        counts = (literal @ self._term_activity).tocsr()
        counts.data = np.minimum(counts.data, most)
        return counts

    @cached_property
    def _likelihood(self) -> tuple[Any, np.ndarray]:
        """Words × activities: log-likelihood above that of an unseen word, and the latter per activity."""
        counts = self.word_activity(_SEEN, shared=True).tocsc()
        total = np.asarray(counts.sum(axis=0)).ravel()
        total = np.maximum(total, total[total > 0].mean())  # few names do not make an activity likelier
        unseen = np.log(_UNSEEN / (total + 50 * _UNSEEN))
        counts.data = np.log((counts.data + _UNSEEN) / _UNSEEN)
        return counts.tocsr(), unseen

    @cached_property
    def _telling(self) -> Any:
        """Words × words, 1 on the diagonal of words that tell what the work is."""
        from scipy import sparse

        light = light_words()
        return sparse.diags(np.array([word not in light for word in self.vocabulary.terms], dtype=np.float32)).tocsr()

    @cached_property
    def _prevalence(self) -> Any:
        """Words × activities: share of an activity's names that have the word."""
        from scipy import sparse

        counts = self.word_activity(np.inf)
        size = np.bincount(self.lexicon.names.activity, minlength=len(self.lexicon.activities))
        return (counts @ sparse.diags(1 / np.maximum(size, 1))).tocsr()

    @cached_property
    def _function_named(self) -> dict[str, int]:
        """A function's name, whole and without its 管理 or management → its number."""
        number = {key: i for i, key in enumerate(self.lexicon.functions)}
        found: dict[str, int] = {}
        for row in catalog.table("functions"):
            own = number.get(values.key(row["function_en"]))
            if own is not None:
                zh, en = values.key(row["function_zh"]), values.key(row["function_en"])
                for name in (zh, zh.removesuffix("管理"), en, en.removesuffix(" management")):
                    found[name if CHINESE.search(name) or " " in name else normal(name)] = own
        return found

    def whole(self, word: str) -> np.ndarray:
        """Per activity how much it is what one word alone stands for (招聘管理, contract management), 0 to 1.

        The name of a function stands for all of it, other words for the activities whose names mostly have them.
        """
        function = self._function_named.get(word)
        if function is not None:
            return np.asarray(np.array(self.lexicon.function_of) == function, dtype=float)
        number = self.vocabulary.number.get(word)
        row = (
            self._prevalence[[number]].toarray().ravel()
            if number is not None
            else np.zeros(len(self.lexicon.activities))
        )
        share = row / max(row.max(), 1e-9)
        return np.where((share >= _WHOLE) & (row.max() >= _OFTEN), share, 0.0)

    # ---- use ----------------------------------------------------------------------------------------------------

    def hits(self, cores: Sequence[str], asides: Sequence[str]) -> Any:
        """Texts × words of the vocabulary: 1 where a keyed text has the word, less where only its aside has it."""
        from scipy import sparse

        shape = (len(cores), len(self.vocabulary.terms))
        found = self.vocabulary.find(cores)
        matrix = _matrix(found.text, found.term, shape)
        besides = [i for i, aside in enumerate(asides) if aside]
        if besides:
            more = self.vocabulary.find([asides[i] for i in besides])
            rows = np.array(besides, dtype=np.int64)[more.text]
            aside = ones(sparse.csr_matrix((np.ones(len(rows), np.float32), (rows, more.term)), shape=shape))
            matrix = matrix.maximum(_ASIDE * aside)
        return matrix.tocsr()

    def evidence(self, hits: Any) -> Any:
        """Texts × activities by names: 0 = not at all, about 1 = one full name of rare words."""
        from scipy import sparse

        parts = [self._evidence(hits[start : start + _FEW]) for start in range(0, hits.shape[0], _FEW)]
        return sparse.vstack(parts).tocsr() if parts else sparse.csr_matrix((0, len(self.lexicon.activities)))

    def _evidence(self, hits: Any) -> Any:
        from scipy import sparse

        of_term, _, barred, total, activity = self._named
        has = ones(hits @ of_term)
        spoken = ones(has.copy(), up=True)
        found = (spoken @ self._anchors).tocoo()
        row, name = found.row.astype(np.int64), found.col.astype(np.int64)
        count = self._fit(spoken.toarray() > 0, row, name)
        keep = count >= _PART * total[name] - 1e-6  # the least that a name needs, whatever its words weigh
        row, name, count = row[keep], name[keep], count[keep]
        if barred.nnz:
            out = lookup(spoken @ barred, row, name) > 0
            row, name, count = row[~out], name[~out], count[~out]
        fit, weight = (self._fit(matrix.toarray(), row, name) for matrix in (ones(hits @ self._of_term), has))
        single = self._distinct(hits, row, name, count)
        weight, share = weight * single, fit * single / total[name]
        keep = share >= _PART - 1e-6
        row, name, weight, share = row[keep], name[keep], weight[keep], share[keep]
        value = weight**_RARITY * share**_SHARE
        n = len(self.lexicon.activities)
        key = row.astype(np.int64) * n + activity[name]
        order = np.lexsort((-value, key))
        key, value = key[order], value[order]
        first = np.flatnonzero(np.r_[True, key[1:] != key[:-1]]) if len(key) else np.zeros(0, np.int64)
        best = value[first]
        more = (np.add.reduceat(value, first) - best) if len(first) else best
        at = key[first]
        return sparse.csr_matrix((best + _MORE * np.log1p(more), (at // n, at % n)), shape=(hits.shape[0], n))

    def _fit(self, has: np.ndarray, row: np.ndarray, name: np.ndarray) -> np.ndarray:
        """Per (text, name) the sum over the name's terms of what the text has of each."""
        terms = self._terms_of_name
        result = np.zeros(len(row), dtype=np.float32)
        for place in range(terms.shape[1]):  # names have few terms
            term = terms[name, place]
            present = term >= 0
            result[present] += has[row[present], term[present]]
        return result

    def _distinct(self, hits: Any, row: np.ndarray, name: np.ndarray, terms: np.ndarray) -> np.ndarray:
        """Per (text, name) the share of its terms found that have a word of their own: one word stands for one term only."""
        result = np.ones(len(row))
        unsure = self._ambiguous[name] & (terms > 1)
        if unsure.any():
            spoken = ones(hits.copy(), up=True)
            words = np.asarray(spoken[row[unsure]].multiply(self._words_of_name[name[unsure]]).sum(axis=1)).ravel()
            result[unsure] = np.minimum(words / terms[unsure], 1)
        return result

    def grounds(self, hits: Any, activity: int) -> list[str]:
        """The words of one text (a row of hits) that make up the best name of an activity."""
        of_term, wanted, _, total, owner = self._named
        names = np.flatnonzero(owner == activity)
        has = ones(hits @ of_term)
        share = np.asarray((has @ wanted[:, names]).todense()).ravel() / total[names]
        if not len(names) or share.max() <= 0:
            return []
        best = names[int(share.argmax())]
        words = hits.tocsr().indices
        fit = of_term[words][:, np.flatnonzero(wanted[:, [best]].toarray().ravel())].toarray()
        chosen = [self.vocabulary.terms[words[i]] for i in fit.argmax(axis=0)[fit.max(axis=0) > 0]]
        return [word for word in dict.fromkeys(chosen) if not any(word != other and word in other for other in chosen)]

    def likelihood(self, hits: Any) -> np.ndarray:
        """Texts × activities: log-likelihood of the words of each text, per square root of their number. For blocks."""
        counts, unseen = self._likelihood
        hits = hits @ self._telling
        size = np.asarray(hits.sum(axis=1)).ravel()
        scores = np.asarray((hits @ counts).todense()) + size[:, None] * unseen[None, :]
        return np.asarray(scores / np.sqrt(np.maximum(size, 1))[:, None])

    def topics(self, hits: Any, sharpness: float = 1.5) -> Any:
        """Texts × activities: the likeliest activities of each text; rows of length 1, or 0 where no word is known."""
        from scipy import sparse

        parts = []
        for start in range(0, hits.shape[0], _BLOCK):
            block = hits[start : start + _BLOCK]
            scores = sharpness * self.likelihood(block)
            top = np.argpartition(scores, -_TOPICS, axis=1)[:, -_TOPICS:]
            value = np.take_along_axis(scores, top, axis=1)
            value = np.exp(value - value.max(axis=1, keepdims=True))
            value /= np.sqrt((value**2).sum(axis=1, keepdims=True))
            value[np.diff(block.indptr) == 0] = 0
            rows = np.repeat(np.arange(block.shape[0]), top.shape[1])
            parts.append(sparse.csr_matrix((value.ravel(), (rows, top.ravel())), shape=scores.shape))
        return sparse.vstack(parts).tocsr() if parts else sparse.csr_matrix((0, len(self.lexicon.activities)))

    def meanings(self, split: Sequence[tuple[list[str], list[str]]]) -> Any:
        """Texts × groups of interchangeable words, rows of length 1, from (things, acts) of each text."""
        from scipy import sparse

        kinds, groups, known = tree().of_word, act_groups(), self.vocabulary.number
        number: dict[object, int] = {}
        rows, columns, weights = [], [], []
        for i, (about, doing) in enumerate(split):
            for words, of_word, worth in ((about, kinds, 1.0), (doing, groups, 0.7)):
                for word in dict.fromkeys(words):
                    unit = (worth, of_word[word][0]) if word in of_word else word
                    rows.append(i)
                    columns.append(number.setdefault(unit, len(number)))
                    weights.append(worth * (float(self.rarity[known[word]]) if word in known else 0.8))
        matrix = sparse.csr_matrix((weights, (rows, columns)), shape=(len(split), max(1, len(number))))
        length = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
        return (sparse.diags(1 / np.maximum(length, 1e-9)) @ matrix).tocsr()


def lookup(matrix: Any, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """The values of a sparse matrix at (row, column) places, 0 where it holds none."""
    matrix = matrix.tocsr()
    matrix.sort_indices()
    width = matrix.shape[1]
    keys = np.repeat(np.arange(matrix.shape[0], dtype=np.int64), np.diff(matrix.indptr)) * width + matrix.indices
    if not len(keys):
        return np.zeros(len(rows))
    wanted = rows.astype(np.int64) * width + columns
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, matrix.data[at], 0.0)


def _matrix(rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]) -> Any:
    from scipy import sparse

    return sparse.csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=shape)
