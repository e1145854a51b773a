"""Cells → values: keys for comparing, words of closed fields, numbers, dates, amounts, several values in one cell."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from orgaudit import catalog

_SPACES = re.compile(r"\s+")
_HEADER_NOISE = re.compile(r"[\s_\-*:：.。·\"'’`#]+")
_BRACKETS = re.compile(r"[(（\[【][^()（）\[\]【】]*[)）\]】]")


def key(text: str) -> str:
    """The form in which names, titles and ids are compared: NFKC, case folded, spaces folded, none inside Chinese."""
    text = unicodedata.normalize("NFKC", text).casefold().strip()
    text = _SPACES.sub(" ", text)
    return _CJK_SPACE.sub("", text)


_CJK_SPACE = re.compile(r"(?<=[\u2e80-\u9fff\U00020000-\U0002ffff]) | (?=[\u2e80-\u9fff\U00020000-\U0002ffff])")


def keys(column: pd.Series) -> pd.Series:
    """:func:`key` over a whole column; missing stays missing.

    Plain ASCII, the usual form of ids, goes through vector operations; the rest is keyed once per distinct value.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    array = pa.array(column, from_pandas=True)
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    array = array.cast(pa.large_string())
    plain = pc.utf8_lower(pc.utf8_trim_whitespace(array))
    odd = pc.or_kleene(pc.invert(pc.string_is_ascii(array)), pc.match_substring(plain, "  "))
    if pc.any(odd).as_py():
        encoded = array.filter(pc.fill_null(odd, False)).dictionary_encode()
        distinct = pa.array([key(value) for value in encoded.dictionary.to_pylist()], pa.large_string())
        plain = pc.replace_with_mask(plain, pc.fill_null(odd, False), distinct.take(encoded.indices))
    return pd.Series(plain.to_pandas(), index=column.index).astype("str")


def header_key(text: str) -> str:
    """The form in which headers are compared: no spaces, punctuation or marks of required columns."""
    return _HEADER_NOISE.sub("", unicodedata.normalize("NFKC", text).casefold())


def header_keys(text: str) -> list[str]:
    """A header's key, then its keys without bracketed hints, marks of import templates and ``label # key`` parts."""
    found = [header_key(text), header_key(_BRACKETS.sub("", text))]
    bare = _TEMPLATE_MARKS.sub("", text)
    if bare != text:
        found += [header_key(bare), header_key(_BRACKETS.sub("", bare))]
    found += [header_key(inside) for inside in _INSIDE_BRACKETS.findall(text)]
    for separator in ("#", "\n"):
        if separator in text:
            found += [header_key(part) for part in text.split(separator)]
    return [name for name in dict.fromkeys(found) if name]


_INSIDE_BRACKETS = re.compile(r"\[([A-Za-z][^\[\]]*)\]")
_TEMPLATE_MARKS = re.compile(
    r"\s+(?:overwrite|required|optional)\s*$|（?必填）?$|^\s*(?:new|current)\s+(?=status)", re.I
)


@cache
def words(name: str) -> frozenset[str]:
    """A word list of catalog/words.toml, keyed and without spaces."""
    return frozenset(key(word).replace(" ", "") for word in catalog.toml("words")[name])


@cache
def vocabulary(name: str) -> dict[str, str]:
    """A closed field's words → its value."""
    return {
        key(word).replace(" ", ""): value for value, spelled in catalog.toml("words")[name].items() for word in spelled
    }


def closed(column: pd.Series, name: str) -> pd.Series:
    """A closed field's values; unknown and empty cells are missing."""
    known = vocabulary(name)
    return distinct_map(column, lambda text: known.get(key(text).replace(" ", "")))


def distinct_map(column: pd.Series, function: Any) -> pd.Series:
    """A function of single texts over a column, called once per distinct value; missing stays missing."""
    codes, uniques = pd.factorize(column)
    results = np.array([function(str(value)) for value in uniques] + [None], dtype=object)
    return pd.Series(results[codes], index=column.index, dtype=object)


def yes(column: pd.Series) -> np.ndarray:
    """Boolean per row: the cell says yes."""
    affirmative = words("yes")
    return np.asarray(distinct_map(column, lambda text: key(text).replace(" ", "") in affirmative).eq(True).to_numpy())


_SEPARATORS = re.compile(r"\s*(?:<br\s*/?>|[\n;；、|])\s*")
_SOFT_SEPARATORS = re.compile(r"\s*[,，/&]\s*|\s+(?:and|和|与)\s+")


def split(text: str, known: Any = None) -> list[str]:
    """Several values in one cell.

    Line break, ``;``, ``、`` and ``|`` always split; ``,``, ``/`` and ``&`` do not where the whole is a known name
    (``known`` is a predicate), nor inside a directory name.
    """
    if known is not None and known(text):
        return [text.strip()]
    if _is_directory_name(text):
        return [text.strip()]
    parts = [part for part in _SEPARATORS.split(text.strip()) if part]
    result: list[str] = []
    for part in parts:
        if known is not None and known(part):
            result.append(part)
        else:
            pieces = [piece for piece in _SOFT_SEPARATORS.split(part) if piece]
            soft = len(pieces) > 1 and (known is None or sum(bool(known(piece)) for piece in pieces) * 2 >= len(pieces))
            result += pieces if soft else [part]
    return [part.strip() for part in result if part.strip()]


def _is_directory_name(text: str) -> bool:
    return text.lstrip().upper().startswith(("CN=", "UID=")) and "=" in text[3:]


_NUMBER = re.compile(r"[-+]?\d[\d.,，]*(?:e[-+]?\d+)?", re.I)


def number(text: str) -> float | None:
    """The first number of a text (``30 %`` gives 30), or None. ``1.234,5`` and ``0,25`` have decimal commas."""
    found = _NUMBER.search(unicodedata.normalize("NFKC", text).replace(" ", ""))
    return _figure(found.group()) if found else None


def _figure(text: str) -> float | None:
    """Digits with thousands separators or a decimal comma → the number."""
    text = text.replace("，", ",").rstrip(".,")
    continental = r"[-+]?\d{1,3}(?:\.\d{3})+,\d+|[-+]?\d{1,3}(?:\.\d{3}){2,}|[-+]?\d+,\d{1,2}"
    if re.fullmatch(continental, text):
        text = text.replace(".", "").replace(",", ".")
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return None


def numbers(column: pd.Series) -> np.ndarray:
    """:func:`number` over a column; NaN where there is none."""
    return np.asarray(distinct_map(column, number).astype(float).to_numpy())


def dates(column: pd.Series) -> np.ndarray:
    """``datetime64[D]`` per row, NaT where empty or not a date (ISO, ``/``, ``.``, Chinese, month first, serials)."""
    return np.asarray(distinct_map(column, date).to_numpy(dtype="datetime64[D]"))


_YEAR_FIRST = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*(?:[-/.月]\s*(\d{1,2}))?")
_YEAR_LAST = re.compile(r"^(\d{1,2})([/.\-])(\d{1,2})\2(\d{4})")


def date(text: str) -> np.datetime64 | None:
    """One date, or None. Slashes with the year last are read month first unless that is impossible; dots day first."""
    text = unicodedata.normalize("NFKC", text).strip()
    if found := _YEAR_FIRST.match(text):
        year, month, day = found.group(1), found.group(2), found.group(3) or "1"
    elif found := _YEAR_LAST.match(text):
        first, mark, second, year = found.groups()
        month, day = (second, first) if mark == "." or int(first) > 12 else (first, second)
    elif re.fullmatch(r"(19|20)\d{6}", text):
        year, month, day = text[:4], text[4:6], text[6:]
    elif re.fullmatch(r"[2-7]\d{4}(\.\d+)?", text):
        return np.datetime64("1899-12-30") + int(float(text))
    else:
        return None
    try:
        return np.datetime64(f"{int(year):04d}-{int(month):02d}-{int(day):02d}")
    except ValueError:
        return None


_UNITS = {"万": 1e4, "w": 1e4, "千": 1e3, "k": 1e3, "亿": 1e8, "m": 1e6, "百万": 1e6}
_AMOUNT = re.compile(r"(\d[\d.,]*(?:e[+-]?\d+)?)\s*(百万|万|千|亿|k|m|w)?(元|yuan|rmb|usd)?", re.I)
_BELOW = re.compile(r"以下|以内|不超过|小于|低于|至多|<|≤|upto|below|under|lessthan|notmorethan|max")
_ABOVE = re.compile(r"以上|超过|大于|高于|起|>|≥|above|over|morethan|exceed|from")
_NO_LIMIT = re.compile(r"不限|无限|unlimited|nolimit|any|全部|不限额")


def unit_scale(text: str) -> float:
    """What a unit of amounts multiplies by: ``万元`` is 10,000."""
    scales = {"万元": 1e4, "千元": 1e3, "百万元": 1e6, "亿元": 1e8, "thousands": 1e3, "millions": 1e6}
    return scales.get(key(text), 1.0)


def band(text: str, unit: float = 1.0) -> tuple[float, float] | None:
    """An amount band as (from, to): ``5万以下`` → (0, 50000), ``50,001～200,000``, ``10万以上`` → (100000, inf)."""
    text = unicodedata.normalize("NFKC", re.sub(r"^\s*[①-⑳]", "", text)).casefold().replace(" ", "")
    if _NO_LIMIT.search(text):
        return (0.0, float("inf"))
    if "%" in text:  # a share, no amount
        return None
    found = [
        (_figure(digits) or 0.0, _UNITS.get(suffix, 0.0) if suffix else (1.0 if whole else 0.0))
        for digits, suffix, whole in _AMOUNT.findall(re.sub(r"^\d+[、.)](?=\D)", "", text))
    ]
    if not found:
        return None
    last = next((scale for _, scale in reversed(found) if scale), 0.0)
    amounts = [
        value * (scale or (last if len(found) > 1 and value < 10_000 and last else 0.0) or unit)
        for value, scale in found
    ]
    if len(amounts) >= 2:
        return (min(amounts[0], amounts[1]), max(amounts[0], amounts[1]))
    if _BELOW.search(text):
        return (0.0, amounts[0])
    if _ABOVE.search(text):
        return (amounts[0], float("inf"))
    return (0.0, amounts[0])


def is_any(texts: Iterable[str], name: str) -> np.ndarray:
    """Boolean per text: it is one of the words of a list."""
    listed = words(name)
    return np.array([key(text).replace(" ", "") in listed for text in texts], dtype=bool)
