"""The settings in effect, as an orgaudit.toml that says of each line where it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from orgaudit import texts
from orgaudit.checks import all_checks
from orgaudit.settings import Settings, known_keys


def as_toml(settings: Settings, lang: str, *, changed: bool = False) -> str:
    """Every key with its value; a comment tells defaults from what the file says.

    Args:
        settings: as loaded.
        lang: language of the comments.
        changed: leave out what the file does not say.
    """
    tell = texts.get(lang)
    lines = [f"# {tell('cli.config.source', file=settings.source) if settings.source else tell('cli.config.none')}"]
    for section, keys in known_keys().items():
        body = list(_section(section, keys, settings, tell, changed))
        lines += ["", f"[{section}]", *body] if body else []
    lines += (
        ["", "[lexicon]", *(f"{key} = {_value(names)}" for key, names in settings.lexicon.items())]
        if settings.lexicon
        else []
    )
    for number, waiver in enumerate(settings.waivers, start=1):
        lines += ["", f"[[waivers]]  # {number}", *(f"{key} = {_value(value)}" for key, value in waiver.items())]
    for code, check in all_checks().items():
        own = settings.check(code)
        values = {"enabled": own.enabled, "severity": own.severity or check.severity}
        values |= {name: own.thresholds.get(name, default) for name, default in check.thresholds.items()}
        body = [
            ("# " if key == "severity" and own.severity is None else "")  # said, it would hold for every finding
            + _line(key, value, f"checks.{code}.{key}" in settings.given, tell, check.thresholds.get(key))
            for key, value in values.items()
            if not changed or f"checks.{code}.{key}" in settings.given
        ]
        if body:
            lines += ["", f"[checks.{code}]  # {check.name[lang]}; {tell(f'checks.{code}.threshold')}", *body]
    return "\n".join(lines)


def _section(section: str, keys: list[str], settings: Settings, tell: texts.Texts, changed: bool) -> Iterator[str]:
    for key in keys:
        name = f"{section}.{key}"
        given = name in settings.given
        value = settings.value(section, key)
        if given or not changed:
            if value is None:
                yield f"# {key} =  # {tell('cli.config.not_set')}"
            else:
                yield _line(key, value, given, tell, None)


def _line(key: str, value: Any, given: bool, tell: texts.Texts, default: float | None) -> str:
    source = tell("cli.config.given") if given else tell("cli.config.default")
    if given and default is not None and default != value:
        source += f"; {tell('cli.config.was', value=f'{default:g}')}"
    return f"{key} = {_value(value)}  # {source}"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_quoted(k)} = {_value(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, float | int):
        return f"{value:g}"
    return str(value) if hasattr(value, "isoformat") else _quoted(str(value))


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
