"""Every sentence a person reads, in English and Chinese, looked up by key.

The catalogues are TOML files, ``texts/en/<part>.toml`` and ``texts/zh/<part>.toml``; a key is the part followed by the
path inside the file (``cli.summary.gate_1``). Both languages hold the same keys: a test says so. A part is read when
its first key is asked for.

Placeholders are ``{name}``; in English ``{n:seat|seats}`` prints the number with the fitting form ("1 seat").
Values are inserted as they are and never parsed again, so braces in data are harmless.
"""

from __future__ import annotations

import string
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

LANGUAGES = ("en", "zh")


class _Formatter(string.Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        if "|" in format_spec:
            one, many = format_spec.split("|", 1)
            return f"{_number(value)} {one if value == 1 else many}"
        if isinstance(value, int | float) and not format_spec:
            return _number(value)
        return str(super().format_field(value, format_spec))


def _number(value: Any) -> str:
    """A number as people write it: thousands separated, no trailing ``.0``."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if isinstance(value, float) and not value.is_integer():
        return f"{value:,.1f}"
    return f"{int(value):,}"


_format = _Formatter().vformat


@cache
def part(lang: str, name: str) -> Mapping[str, Any]:
    """The catalogue ``name`` (a file's stem) in ``lang``; an absent file is an empty catalogue."""
    path = resources.files(__package__).joinpath(lang, f"{name}.toml")
    return tomllib.loads(path.read_text("utf-8")) if path.is_file() else {}


@cache
def _entry(lang: str, key: str) -> Any:
    name, *path = key.split(".")
    node: Any = part(lang, name)
    for step in path:
        if not isinstance(node, Mapping) or step not in node:
            raise KeyError(f"no text {key!r} in {lang}")
        node = node[step]
    return node


class Texts:
    """The catalogue of one language: ``texts("cli.done", n=3)`` gives the sentence."""

    def __init__(self, lang: str) -> None:
        self.lang = lang

    def __call__(self, key: str, **params: object) -> str:
        template = _entry(self.lang, key)
        if not isinstance(template, str):
            raise KeyError(f"{key!r} is a group of texts, not a text")
        return _format(template, (), params) if params or "{{" in template else template

    def entry(self, key: str) -> Any:
        """A text, a list of texts or a group of them, as the catalogue holds it."""
        return _entry(self.lang, key)

    def has(self, key: str) -> bool:
        """Whether the catalogue holds the key."""
        try:
            _entry(self.lang, key)
        except KeyError:
            return False
        return True


@cache
def get(lang: str) -> Texts:
    """The texts of ``lang`` (``en`` or ``zh``)."""
    if lang not in LANGUAGES:
        raise KeyError(f"no language {lang!r}")
    return Texts(lang)


def both(key: str, /, **params: object) -> dict[str, str]:
    """The text in every language, ``{"en": ..., "zh": ...}``.

    A parameter that is itself such a pair gives each language its own word.
    """
    result = {}
    for lang in LANGUAGES:
        own = {
            name: value[lang] if isinstance(value, dict) and lang in value else value for name, value in params.items()
        }
        result[lang] = get(lang)(key, **own)
    return result
