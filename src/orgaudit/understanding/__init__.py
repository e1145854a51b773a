"""What duties mean: grammar of a statement, the lexicon of activities, overlap by structure, suggested functions.

Everything works offline and in whole columns; every conclusion can name the words that it rests on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from orgaudit import catalog
from orgaudit.reading import values
from orgaudit.understanding import embedding
from orgaudit.understanding.functions import Functions
from orgaudit.understanding.lexicon import Lexicon
from orgaudit.understanding.pairs import NEAR, Signals, Understood
from orgaudit.understanding.weighing import Weighing

NO_FUNCTION = "none"
SURE = 0.5  # probability from which a suggested function is acted on, as ``inferred``


def read(
    texts: Sequence[str], extra: Mapping[str, Sequence[str]] | None = None, model: Path | None = None
) -> Understood:
    """Understand a column of statements.

    Args:
        texts: distinct statements, Chinese or English.
        extra: further names of activities, by the activity's id (``[lexicon]`` of orgaudit.toml).
        model: folder of a sentence-embedding model (``--embedding-model``).
    """
    frozen = tuple(sorted((name, tuple(names)) for name, names in (extra or {}).items()))
    return Understood(texts, *_compiled(frozen), embedding.load(model) if model else None)


@lru_cache(maxsize=4)
def _compiled(extra: tuple[tuple[str, tuple[str, ...]], ...]) -> tuple[Weighing, Functions]:
    weighing = Weighing(Lexicon(dict(extra)))
    return weighing, Functions(weighing)


def overlap(text_a: str, text_b: str) -> float:
    """How surely two duty statements claim the same work: 0 not at all, from about 0.3 worth a look, from 0.6 surely."""
    understood = read([text_a, text_b])
    return float(understood.signals(np.array([0]), np.array([1])).strength[0])


def function_of(text: str, lang: str = "zh") -> str:
    """The catalogue function that a duty statement most likely belongs to, ``"none"`` where it is housekeeping."""
    understood = read([text])
    if understood.flags("empty")[0]:
        return NO_FUNCTION
    key, _ = understood.suggested()[0]
    return function_names(lang).get(key, NO_FUNCTION)


def function_names(lang: str) -> dict[str, str]:
    """Keys of the catalogue's functions → their names in a language."""
    return {values.key(row["function_en"]): row[f"function_{lang}"] for row in catalog.table("functions")}


__all__ = ["NEAR", "NO_FUNCTION", "SURE", "Signals", "Understood", "function_names", "function_of", "overlap", "read"]
