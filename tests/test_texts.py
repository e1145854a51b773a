"""Every sentence exists in both languages, with the same placeholders, in the tone that was agreed."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from orgaudit import texts
from orgaudit.checks import all_checks

from .conftest import ROOT

PARTS = sorted(path.stem for path in (ROOT / "src" / "orgaudit" / "texts" / "en").glob("*.toml"))
FORBIDDEN = (
    "违法",
    "笑话",
    "歧视",
    "罪",
    "不称职",
    "排名",
    "guilt",
    "blame",
    "ridiculous",
    "violator",
    "ranking",
    "ranked",
)


def _flat(node: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    for key, value in node.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{path}{key}.")
        elif isinstance(value, list):
            yield from ((f"{path}{key}[{i}]", str(item)) for i, item in enumerate(value))
        else:
            yield f"{path}{key}", value


def _names(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("part", PARTS)
def test_both_languages_hold_the_same_keys(part: str) -> None:
    en, zh = dict(_flat(texts.part("en", part))), dict(_flat(texts.part("zh", part)))
    assert en.keys() == zh.keys()
    for key, text in en.items():
        assert text.strip(), key
        assert _names(text) == _names(zh[key]), key


@pytest.mark.parametrize("part", PARTS)
def test_chinese_is_chinese_and_english_is_english(part: str) -> None:
    for key, text in _flat(texts.part("en", part)):
        rest = re.sub(r"负责|中文|“[^”]*”", "", text)
        assert not re.search(r"[\u4e00-\u9fff]", rest), key
    for key, text in _flat(texts.part("zh", part)):
        bare = re.sub(r"{[^}]*}", "", text)
        if len(bare) > 12 and not bare.isascii():
            assert re.search(r"[\u4e00-\u9fff]", text), key
            assert not re.search(r"[\u4e00-\u9fff][,;:?!](?![0-9])", text), f"{key}: half-width punctuation"


@pytest.mark.parametrize("lang", texts.LANGUAGES)
def test_the_tone_speaks_of_arrangements(lang: str) -> None:
    for part in PARTS:
        for key, text in _flat(texts.part(lang, part)):
            for word in FORBIDDEN:
                assert word not in text.lower(), f"{lang}/{part}.{key}: {word}"


def test_every_check_has_all_its_texts() -> None:
    for code in all_checks():
        for lang in texts.LANGUAGES:
            for part in ("name", "logic", "threshold", "traps", "remedy", "question", "fires", "silent"):
                assert texts.get(lang)(f"checks.{code}.{part}")


def test_numbers_and_plurals() -> None:
    formatter = texts._format
    assert formatter("{n:seat|seats}", (), {"n": 1}) == "1 seat"
    assert formatter("{n:seat|seats}", (), {"n": 1200}) == "1,200 seats"
    assert formatter("{a} {b}", (), {"a": 12.0, "b": "{c}"}) == "12 {b}".replace("{b}", "{c}")


def test_no_sentence_stands_in_code() -> None:
    """Chinese in the source only in word lists and patterns, never in a sentence (with full-width punctuation)."""
    for path in (ROOT / "src" / "orgaudit").rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        documented = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documented:
                assert not re.search(r"[\u4e00-\u9fff]{2}[，。！？]", node.value), f"{path}:{node.lineno}"


def test_no_markup_stands_in_code() -> None:
    for path in (ROOT / "src" / "orgaudit").rglob("*.py"):
        assert not re.search(
            r"</?(?:div|span|table|tr|td|p|html|body|script)\b",
            path.read_text("utf-8").replace("<html", "").replace("<table", ""),
        ), path
    assert isinstance(ROOT, Path)
