"""Templates filled and turned into one self-contained page, and the two languages of every text.

A page carries its style, its script and its data; the policy in its head names the hashes of exactly that style and
script, so nothing else can run.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from orgaudit import texts
from orgaudit.writing import templates

if TYPE_CHECKING:
    from jinja2 import Environment

Data = Mapping[str, Any]
Pair = dict[str, str]


def page(folder: str, lang: str, *, template: str = "index", data: Data | None = None, **view: Any) -> str:
    """A template filled with its view, its own style and script inlined and named in its policy."""
    from markupsafe import Markup

    style, script = _asset(folder, "css"), _asset(folder, "js")
    text = (
        _environment()
        .get_template(f"{folder}/{template}.html.j2")
        .render(
            lang=lang,
            style=Markup(style),
            script=Markup(script),
            style_hash=_digest(style),
            script_hash=_digest(script),
            data=Markup(_json(data)) if data is not None else "",
            **view,
        )
    )
    return text.encode("utf-8", "replace").decode("utf-8")  # lone surrogates in data cannot be written


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(templates.folder()),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["t"] = text
    environment.filters["number"] = lambda value: f"{value:,}" if isinstance(value, int) else value
    return environment


@cache
def _asset(folder: str, kind: str) -> str:
    name = {"css": f"{folder}.css", "js": f"{folder}.js"}[kind]
    return (templates.folder() / folder / name).read_text("utf-8")


@cache
def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _json(value: Any) -> str:
    """JSON that no HTML parser can leave and no script parser can misread."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


@cache
def _plain(key: str) -> Pair:
    return texts.both(key)


def text(key: str, **params: Any) -> Pair:
    """The text of a key in both languages; a parameter that is a pair gives each language its own."""
    return texts.both(key, **params) if params else _plain(key)


def group(name: str) -> dict[str, Pair]:
    """A section of the catalogue as it stands, placeholders included, for the script to fill."""
    english, chinese = (texts.get(lang).entry(f"report.{name}") for lang in ("en", "zh"))
    return {key: {"en": english[key], "zh": chinese[key]} for key in english if "|" not in english[key]}


def pair(value: Any) -> Pair:
    """A text that may be one for both languages, as a pair."""
    return dict(value) if isinstance(value, Mapping) else {"en": str(value), "zh": str(value)}
