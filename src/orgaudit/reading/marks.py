"""Marks of matrices: letters, symbols, words and amounts in cells, and the legends that explain them."""

from __future__ import annotations

import re

from orgaudit import catalog
from orgaudit.reading import values
from orgaudit.reading.files import Grid

SPLIT = re.compile(r"\s*[/／,，、&＆+;；\s]\s*")
_LETTERS = re.compile(r"[racis]{1,3}|[praeidcx]{1,3}", re.I)
ORDER = re.compile(r"[①-⑳]+$|(?<=[\u4e00-\u9fff])\d$")
_LEGEND = re.compile(
    r"([A-Za-z]{1,2}(?![A-Za-z])|[△○◎●▲★☆－◇□■√])\s*[=＝:：\-–]?\s*([\u4e00-\u9fff]{1,6}|[A-Za-z]{3,14})"
)


def is_token(text: str) -> bool:
    """Whether a cell is nothing but marks of a matrix."""
    text = text.strip()
    if not text or len(text) > 12 or text.isdecimal():
        return False
    text = _bare_word(text)
    known = values.vocabulary("role") | values.vocabulary("power")
    for part in SPLIT.split(text):
        part = ORDER.sub("", part)
        spelled = values.key(part)
        if not part or power_symbol(part) or spelled in ("√", "✓", "✔", "■", "×"):
            continue
        if spelled not in known and not _LETTERS.fullmatch(spelled):
            return False
    return True


_AMOUNT = r"[$€£¥￥]?\s*(?:usd|rmb|cny|eur)?\s*\d[\d,.]*\s*(?:k|m|mn|bn|thousand|million|万|千|百万|亿)?\s*(?:元|%)?"
BAND = (
    rf"(?:up\s*to|≤|<=?|＜|>=?|≥|＞|over|above|below|under|less than|more than|max\.?)\s*{_AMOUNT}"
    rf"|{_AMOUNT}\s*(?:以下|以上|以内|\+|and above|and below)(?:\(?含\)?)?|{_AMOUNT}\s*[-–~～至]\s*{_AMOUNT}(?:\s*以下)?"
    r"|[$€£¥￥]?\s*\d[\d,.]*\s*(?:k|m|万元?|亿元?)|unlimited|no limit|不限额?|无限额?"
)
_LIMIT = re.compile(BAND, re.IGNORECASE)


def is_amount(text: str) -> bool:
    """Whether a cell is a limit: ``up to 50k``, ``>1m``, ``5万以下``, ``Unlimited``."""
    return len(text) <= 40 and _LIMIT.fullmatch(re.sub(r"^[①-⑳]\s*", "", text.strip())) is not None


def _bare_word(text: str) -> str:
    """``●主责`` says what its mark means: the word counts."""
    return re.sub(r"^[△○◎●▲★☆◇□■√]\s*(?=[\u4e00-\u9fffA-Za-z])", "", text)


def read_legend(grid: Grid, table: str) -> dict[str, str]:
    """Mark → role or power, as the title, header or foot of the sheet explains them."""
    vocabulary = values.vocabulary("power" if table == "authorities" else "role")
    legend: dict[str, str] = {}
    texts = [t for t in grid.cells.to_numpy().ravel() if isinstance(t, str) and len(t) > 5 and not is_token(t)]
    for text in texts:
        pairs = _LEGEND.findall(text)
        if len(pairs) < 2:
            continue
        for mark, word in pairs:
            meaning = _meaning(word, vocabulary)
            if meaning and not (table == "duties" and mark.isalpha()):  # R, A, C, I, S mean themselves
                legend.setdefault(mark.lower(), meaning)
    return legend


def _meaning(word: str, vocabulary: dict[str, str]) -> str | None:
    spelled = values.key(word)
    if spelled in vocabulary:
        return vocabulary[spelled]
    for end in range(len(spelled), 1, -1):
        if spelled[:end] in vocabulary:
            return vocabulary[spelled[:end]]
    return None


def translate(text: str, table: str, legend: dict[str, str]) -> str:
    """A cell's marks in the words of the vocabulary: legend first, then what the mark usually means; else as written."""
    kind = "power" if table == "authorities" else "role"
    vocabulary = values.vocabulary(kind)
    parts = []
    for part in SPLIT.split(_bare_word(text.strip())):
        bare = ORDER.sub("", part)
        spelled = values.key(bare)
        meaning = legend.get(bare.lower()) or legend.get(spelled) or vocabulary.get(spelled)
        if meaning == "AR" and bare.lower() not in legend:
            meaning = bare  # 负责 may be A or R: read later, as inferred
        if meaning is None and kind == "power":
            meaning = power_symbol(bare)
        if meaning is None and kind == "role" and len(spelled) <= 3 and set(spelled) <= set("racis"):
            meaning = "/".join(dict.fromkeys(spelled.upper()))
        if bare:
            parts.append("/".join(meaning) if kind == "role" and meaning == "AR" else meaning or bare)
    return "/".join(dict.fromkeys(parts))


def power_symbol(mark: str) -> str | None:
    symbols: dict[str, str] = catalog.toml("words")["power_symbols"]
    return symbols.get(mark)
