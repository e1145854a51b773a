"""Names, titles and ids → the things they mean, over whole columns."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import numpy as np
import pandas as pd

from orgaudit.reading import values
from orgaudit.reading.spelling import damaged_id

ABSENT, AMBIGUOUS = -1, -2


class Lookup:
    """From keys to codes. A key that stands for several codes is ambiguous, and its candidates can be asked for."""

    def __init__(self, keys: pd.Series, codes: np.ndarray) -> None:
        """``keys`` (already keyed, missing skipped) and the code of each; repeats are fine."""
        kept = keys.notna().to_numpy() & (codes >= 0)
        texts = keys[kept].reset_index(drop=True)
        of = np.asarray(codes)[kept].astype(np.int64)
        group, uniques = pd.factorize(texts)
        self._index = pd.Index(uniques)
        if len(of):
            pairs = np.unique(np.column_stack([group, of]), axis=0) if _repeats(group) else np.column_stack([group, of])
            pairs = pairs[np.argsort(pairs[:, 0], kind="stable")]
            self._starts = np.searchsorted(pairs[:, 0], np.arange(len(uniques) + 1))
            self._codes = pairs[:, 1]
        else:
            self._starts = np.zeros(1, dtype=np.int64)
            self._codes = of
        width = np.diff(self._starts)
        self._single = np.where(width == 1, self._codes[self._starts[:-1]] if len(self._codes) else 0, AMBIGUOUS)

    def __len__(self) -> int:
        return len(self._index)

    @property
    def known(self) -> list[str]:
        """All keys."""
        return [str(item) for item in self._index.tolist()]

    @property
    def codes(self) -> np.ndarray:
        """Code of every key of :attr:`known`; AMBIGUOUS where it has several."""
        return self._single

    def find(self, keys: pd.Series) -> np.ndarray:
        """Code per key; ABSENT or AMBIGUOUS otherwise."""
        if not len(self._index):
            return np.full(len(keys), ABSENT, dtype=np.int64)
        at = self._index.get_indexer(pd.Index(keys))
        at[keys.isna().to_numpy()] = -1
        return np.where(at >= 0, self._single[at], ABSENT)

    def one(self, key: str) -> int:
        """:meth:`find` for a single key."""
        found = self.candidates(key)
        return ABSENT if not len(found) else int(found[0]) if len(found) == 1 else AMBIGUOUS

    def candidates(self, key: str) -> np.ndarray:
        """All codes of a key."""
        try:
            at = int(self._index.get_loc(key))
        except (KeyError, TypeError):
            return np.zeros(0, dtype=np.int64)
        return self._codes[self._starts[at] : self._starts[at + 1]]

    def __contains__(self, key: str) -> bool:
        return bool(len(self.candidates(key)))


def _repeats(group: np.ndarray) -> bool:
    return len(group) > 0 and int(group.max()) + 1 < len(group)


def id_keys(column: pd.Series) -> pd.Series:
    """Keys of an id column: as names are keyed, and a trailing ``.0`` of a whole number dropped."""
    keyed = values.keys(column)
    whole = keyed.str.fullmatch(r"\d+\.0+").fillna(False).astype(bool)
    return keyed.where(~whole, keyed.str.replace(r"\.0+$", "", regex=True)) if whole.any() else keyed


def repaired(keys: Sequence[str]) -> pd.Series:
    """:func:`damaged_id` of every key, for the lookup of last resort; only odd ones are looked at one by one."""
    column = pd.Series(keys, dtype="str")
    odd = column.str.contains(r"[^0-9a-z_-]|^[0-9]+e[0-9]", na=False).to_numpy(dtype=bool)
    plain = column.str.replace(r"^0+(?=.)", "", regex=True)
    plain[odd] = [damaged_id(key) for key in column[odd]]
    return plain


def tidy_ids(column: pd.Series) -> tuple[pd.Series, int]:
    """Ids as they were meant – full-width digits, quotation marks, ``.0``, exponents and lost leading zeros mended – and
    how many were changed.

    Zeros are put back where ids of digits share one width in which some begin with zero, and others are merely shorter.
    """
    odd = column.str.contains(r"[^0-9A-Za-z_-]|^[0-9]+[eE][0-9]", na=False).to_numpy(dtype=bool)
    tidy = column.copy()
    if odd.any():
        tidy[odd] = values.distinct_map(column[odd], _tidy).astype("str")
    tidy = tidy.mask(tidy.str.fullmatch("0+").fillna(False).astype(bool))  # nobody
    digits = tidy.str.fullmatch(r"\d+").fillna(False).to_numpy(dtype=bool)
    width = tidy.str.len()
    zero = digits & tidy.str.startswith("0", na=False).to_numpy(dtype=bool)
    if zero.any() and width[zero].nunique() == 1 and int(zero.sum()) * 5 >= int(digits.sum()):
        full = int(width[zero].iat[0])
        short = digits & (width < full).to_numpy(dtype=bool)
        if not (digits & (width > full).to_numpy(dtype=bool)).any() and full <= 12:
            padded = tidy[short].str.zfill(full)
            if not padded.isin(tidy[digits & ~short]).any():
                tidy[short] = padded
    changed = int((tidy != column)[column.notna() & tidy.notna()].sum())
    return tidy, changed


def _tidy(text: str) -> str:
    spelled = unicodedata.normalize("NFKC", text).strip().strip("=\"'")
    if re.fullmatch(r"\d(?:\.\d+)?[eE]\+?\d{1,2}", spelled):
        return str(int(float(spelled)))
    return re.sub(r"(?<=\d)\.0+$", "", spelled) if re.fullmatch(r"\d+\.0+", spelled) else spelled
