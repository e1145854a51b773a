"""Which terms of a vocabulary stand in which texts, found for whole columns at once.

Chinese terms are looked for as they are written, all of them in one pass; a segmenter has a say: a hit that cuts a word in
two (``工资`` in ``职工资料``) is none. English terms are compared by lemma, nouns of acting by their verb.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

import numpy as np

from orgaudit import catalog

CHINESE = re.compile(r"[\u4e00-\u9fff]")
WORD = re.compile(r"[a-z][a-z0-9&]*(?:['’-][a-z0-9]+)*|\d+")


class Hits(NamedTuple):
    """Terms found: arrays of one length. ``text`` and ``term`` are indices, ``start`` and ``end`` characters of the text."""

    text: np.ndarray
    term: np.ndarray
    start: np.ndarray
    end: np.ndarray


class Vocabulary:
    """Chinese and English terms with numbers, and a finder over texts."""

    def __init__(self, terms: Iterable[str]) -> None:
        self.terms = list(dict.fromkeys(terms))
        self.number = {term: i for i, term in enumerate(self.terms)}
        self._written = [term for term in self.terms if CHINESE.search(term)]
        self._written_number = np.array([self.number[term] for term in self._written], dtype=np.int64)
        self._written += [term for term in self.terms if not CHINESE.search(term)]
        self._written_number = np.concatenate(
            [self._written_number, [self.number[t] for t in self.terms if not CHINESE.search(t)]]
        ).astype(np.int64)
        self._finder: Any = None
        self._segmenter: Any = None

    def find(self, texts: Sequence[str]) -> Hits:
        """All terms in keyed texts, Chinese or English."""
        found: list[tuple[int, int, int, int]] = []
        for i, text in enumerate(texts):
            if CHINESE.search(text):
                found += [(i, term, start, end) for term, start, end in self._in_chinese(text)]
            else:
                found += [(i, term, start, end) for term, start, end in self._in_english(text)]
        columns = np.array(found, dtype=np.int64).reshape(-1, 4)
        return Hits(*columns.T)

    def _in_chinese(self, text: str) -> list[tuple[int, int, int]]:
        if self._finder is None:
            import ahocorasick_rs
            import rjieba

            self._finder = ahocorasick_rs.AhoCorasick(self._written)
            self._segmenter = rjieba.Jieba()
            for term in self._written:
                if 2 <= len(term) <= 6 and CHINESE.search(term):
                    self._segmenter.add_word(term, None, None)
        hits = self._finder.find_matches_as_indexes(text, overlapping=True)
        if not hits:
            return []
        cuts, place = [0] * (len(text) + 1), 0  # the word that each character belongs to
        borders = {0}
        for number, word in enumerate(self._segmenter.cut(text)):
            for _ in word:
                cuts[place] = number
                place += 1
            borders.add(place)
        found = []
        for pattern, start, end in hits:
            whole = (start in borders and end in borders) or (end - start > 1 and cuts[start] == cuts[end - 1])
            if whole and _stands_alone(text, start, end):
                found.append((int(self._written_number[pattern]), start, end))
        return found

    def _in_english(self, text: str) -> list[tuple[int, int, int]]:
        known = self.number
        found = []
        last, begin = "", 0
        for match in WORD.finditer(text):
            these = forms(match.group())
            for form in (*these, f"{last}-{these[0]}") if last else these:  # quality control = quality-control
                number = known.get(form)
                if number is not None:
                    found.append((number, begin if form[: len(last) + 1] == f"{last}-" else match.start(), match.end()))
            last, begin = these[0], match.start()
        return found


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Latin letters are whole words also inside Chinese: the OA of OAuth is none."""
    inside = text[start]
    if inside.isascii() and inside.isalnum() and start and text[start - 1].isascii() and text[start - 1].isalnum():
        return False
    last = text[end - 1]
    return not (last.isascii() and last.isalpha() and end < len(text) and text[end].isascii() and text[end].isalpha())


@lru_cache(maxsize=200_000)
def forms(word: str) -> tuple[str, ...]:
    """The forms under which an English word is compared: its lemma, and the verb that it is the noun of."""
    if "-" in word:
        parts = word.split("-")
        return tuple(
            dict.fromkeys(["-".join(map(_lemma, parts)), *(f for part in parts if len(part) > 2 for f in forms(part))])
        )
    lemma = _lemma(word)
    found = [lemma]
    verb = _verb_of(lemma) or (_verb_of(word) if word != lemma else None)
    if verb:
        found.append(verb)
    return tuple(dict.fromkeys(found))


def normal(word: str) -> str:
    """The form of an English term of the lexicon: the verb where it is one's noun, else the lemma."""
    return forms(word)[-1] if "-" not in word else "-".join(map(_lemma, word.split("-")))


@lru_cache(maxsize=200_000)
def _lemma(word: str) -> str:
    import simplemma

    grammar = catalog.toml("grammar")
    lemma = grammar["lemmas"].get(word) or str(simplemma.lemmatize(word, lang="en")).casefold()
    return str(grammar["spelling"].get(lemma, lemma))


@cache
def acts() -> frozenset[str]:
    """Words of acting, Chinese as written, English as base forms."""
    return frozenset(
        word for group in catalog.toml("verbs")["verb"] for word in (*group["zh"], *group["en"]) if "_" not in word
    )


@cache
def act_groups() -> dict[str, list[int]]:
    """Word of acting → numbers of the groups of interchangeable words that it is of."""
    found: dict[str, list[int]] = {}
    for i, group in enumerate(catalog.toml("verbs")["verb"]):
        for word in (*group["zh"], *group["en"]):
            found.setdefault(word, []).append(i)
    return found


_ENDINGS = (
    ("ification", "ify"), ("ization", "ize"), ("isation", "ise"), ("ation", "ate"), ("ation", "e"), ("ation", ""),
    ("ition", "e"), ("ition", ""), ("ution", "ute"), ("ction", "ct"), ("sion", "d"), ("sion", "se"), ("ion", "e"), ("ion", ""),
    ("ment", ""), ("ement", "e"), ("ance", ""), ("ance", "e"), ("ence", "e"), ("al", "e"), ("al", ""), ("ure", "e"),
    ("age", ""), ("age", "e"), ("ing", ""), ("ing", "e"),
)  # fmt: skip


def _verb_of(word: str) -> str | None:
    verbs = acts()
    told = catalog.toml("grammar")["verb_nouns"].get(word)
    if told:
        return str(told)
    if word in verbs:
        return None
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            base = word[: -len(ending)] + instead
            if base in verbs:
                return base
            if ending == "ing" and len(base) > 3 and base[-1] == base[-2] and base[:-1] in verbs:
                return base[:-1]
    return None
