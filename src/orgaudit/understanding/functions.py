"""Which function of the catalogue a duty belongs to: a suggestion with confidence, for people to confirm.

Two readings vote: how strongly a statement speaks of a function's activities, and how likely its words are under all names of
the function. Housekeeping belongs to none.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from orgaudit.understanding.weighing import Weighing

_NAMED, _TOTAL, _WORDS = 0.5, 1.5, 1.5  # worth of the strongest activity, of all activities, and of the words
_UNSEEN = 0.6
_CUE = 6.0  # a cue counts as so many names
_SEEN = 20.0


class Functions:
    """Weighs texts against the functions of the catalogue; column 0 of every result is work outside the catalogue."""

    def __init__(self, weighing: Weighing) -> None:
        self.weighing = weighing
        self.keys = weighing.lexicon.functions

    @cached_property
    def _of_activity(self) -> Any:
        from scipy import sparse

        lexicon = self.weighing.lexicon
        n = len(lexicon.activities)
        return sparse.csr_matrix(
            (np.ones(n, np.float32), (np.arange(n), lexicon.function_of)), shape=(n, len(self.keys))
        )

    @cached_property
    def _words(self) -> Any:
        """Words × functions: log-likelihood of a word under a function's names, centered over the functions."""
        from scipy import sparse

        lexicon = self.weighing.lexicon
        counts = self.weighing.word_activity(_SEEN) @ self._of_activity
        if lexicon.cues:
            function, word = np.array(lexicon.cues).T
            counts = counts + sparse.csr_matrix((np.full(len(word), _CUE), (word, function)), shape=counts.shape)
        dense = np.asarray(counts.todense())
        known = np.flatnonzero(dense[:, 1:].sum(axis=1))
        likely = np.log((dense[known, 1:] + _UNSEEN) / (dense[:, 1:] + _UNSEEN).sum(axis=0, keepdims=True))
        likely -= likely.mean(axis=1, keepdims=True)
        result = sparse.lil_matrix(dense.shape, dtype=np.float32)
        result[known, 1:] = likely
        return result.tocsr()

    def likelihood(self, hits: Any, evidence: Any) -> np.ndarray:
        """Texts × functions: probability of each function, given that the text belongs to one."""
        n, functions = hits.shape[0], len(self.keys)
        total = np.asarray((evidence @ self._of_activity).todense())
        found = evidence.tocoo()
        best = np.zeros((n, functions))
        np.maximum.at(best, (found.row, np.array(self.weighing.lexicon.function_of)[found.col]), found.data)
        best /= np.maximum(best.max(axis=1, keepdims=True), 0.3)
        size = np.sqrt(np.maximum(np.diff(hits.indptr), 1))
        words = np.asarray((hits @ self._words).todense()) / size[:, None]
        score = _NAMED * best + _TOTAL * np.log1p(total) + _WORDS * words
        score[:, 0] = -np.inf
        score -= score.max(axis=1, keepdims=True)
        share = np.exp(score)
        return np.asarray(share / share.sum(axis=1, keepdims=True))
