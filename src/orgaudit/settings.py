"""The optional orgaudit.toml: what an organization declares about itself and changes in the checks.

All mistakes are reported at once, each with the nearest key that exists. What is absent keeps its default; nothing is
read from the environment.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from orgaudit import catalog
from orgaudit.errors import OrgauditError

SEVERITIES = ("blocker", "high", "medium", "low", "info")
ENTERPRISE_TYPES = ("manufacturing", "trade", "tech", "project", "service")

# Section → key → type. `checks` is open: its sections are check codes; so is `lexicon`: its keys are activities.
_KNOWN: dict[str, dict[str, Any]] = {
    "organization": {"name": str, "enterprise_type": str, "roots": list, "external_superiors": list},
    "calendar": dict.fromkeys(("sign_off_deadline", "period_start", "period_end", "review_date"), (str, date)),
    "policy": {
        "appeal_channel": (str, bool), "appeal_days": int, "appeal_receiver": str, "no_retaliation": (str, bool),
        "split_rule": (str, bool), "deciders": dict, "protected_classes": list,
    },
    "aliases": {"departments": dict, "functions": dict, "positions": dict},
    "grades": {"order": list, "tracks": dict},
    "matrix": {"project_share": (int, float)},
    "branding": {"name": str, "logo": str, "color": str},
    "lexicon": {},
    "checks": {},
}  # fmt: skip


@dataclass
class CheckSettings:
    """What orgaudit.toml changes in one check."""

    enabled: bool = True
    severity: str | None = None
    thresholds: dict[str, float] = field(default_factory=dict)


@dataclass
class Settings:
    """Effective settings; the empty instance is the default of everything."""

    name: str | None = None
    enterprise_type: str | None = None
    roots: list[str] = field(default_factory=list)
    external_superiors: list[str] = field(default_factory=list)
    calendar: dict[str, date] = field(default_factory=dict)
    policy: dict[str, Any] = field(default_factory=dict)
    aliases: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    grade_order: list[str] = field(default_factory=list)
    grade_tracks: dict[str, str] = field(default_factory=dict)
    project_share: float = 50.0
    branding: dict[str, str] = field(default_factory=dict)
    lexicon: dict[str, list[str]] = field(default_factory=dict)  # activity → further names
    checks: dict[str, CheckSettings] = field(default_factory=dict)
    waivers: list[dict[str, Any]] = field(default_factory=list)
    embedding_model: Path | None = None  # given by option, not by the file
    source: str | None = None
    given: frozenset[str] = frozenset()  # dotted keys that the file says

    def value(self, section: str, key: str) -> Any:
        """A setting by its name in the file; None where nothing is set."""
        if section in ("calendar", "policy", "branding"):
            return getattr(self, section).get(key)
        if section == "aliases":
            return self.aliases.get(key, {})
        names = {"grades": f"grade_{key}", "matrix": key, "organization": key}
        return getattr(self, names[section])

    def check(self, code: str) -> CheckSettings:
        """The settings of a check; the defaults where nothing is said."""
        return self.checks.get(code, CheckSettings())


def load(path: Path, known_checks: Mapping[str, Mapping[str, float]]) -> Settings:
    """Read an orgaudit.toml.

    Args:
        path: the file.
        known_checks: check code → its thresholds and their defaults.

    Raises:
        OrgauditError: the file cannot be read, is no TOML, or holds mistakes (all of them, in ``params["mistakes"]`` as
            (key, kind, nearest) triples).
    """
    try:
        data = tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise OrgauditError("unreadable", file=path.name, cause=error.strerror or "") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise OrgauditError("config_syntax", file=path.name, cause=str(error)) from None
    mistakes: list[tuple[str, str, str]] = []
    settings = Settings(source=path.name, given=frozenset(_flat(data)))
    for section, content in data.items():
        if section == "waivers":
            _waivers(content, settings, known_checks, mistakes)
        elif section not in _KNOWN:
            mistakes.append((section, "unknown", _nearest(section, [*_KNOWN, "waivers"])))
        elif not isinstance(content, dict):
            mistakes.append((section, "type", "table"))
        elif section == "checks":
            _checks(content, settings, known_checks, mistakes)
        elif section == "lexicon":
            _lexicon(content, settings, mistakes)
        else:
            _section(section, content, settings, mistakes)
    if mistakes:
        listed = "; ".join(f"{key} ({kind}{': ' + near if near else ''})" for key, kind, near in mistakes)
        raise OrgauditError("config_mistakes", file=path.name, n=len(mistakes), listed=listed, mistakes=mistakes)
    return settings


def known_keys() -> dict[str, list[str]]:
    """Sections and their keys, without checks and waivers."""
    return {section: list(keys) for section, keys in _KNOWN.items() if section not in ("checks", "lexicon")}


def _flat(data: dict[str, Any], path: str = "") -> Iterator[str]:
    for key, value in data.items():
        yield f"{path}{key}"
        if isinstance(value, dict):
            yield from _flat(value, f"{path}{key}.")


def _nearest(word: str, known: list[str]) -> str:
    found = difflib.get_close_matches(word, known, 1, 0.4)
    return found[0] if found else ""


def _section(section: str, content: dict[str, Any], settings: Settings, mistakes: list[tuple[str, str, str]]) -> None:
    known = _KNOWN[section]
    key: str
    value: Any
    for key, value in content.items():
        name = f"{section}.{key}"
        if key not in known:
            mistakes.append((name, "unknown", _nearest(key, list(known))))
            continue
        if not isinstance(value, known[key]) or (isinstance(value, bool) and bool not in _kinds(known[key])):
            mistakes.append((name, "type", _type_name(known[key])))
            continue
        if section == "calendar":
            try:
                settings.calendar[key] = value if isinstance(value, date) else date.fromisoformat(value)
            except ValueError:
                mistakes.append((name, "type", "YYYY-MM-DD"))
        elif section == "policy":
            settings.policy[key] = value
        elif section == "branding":
            settings.branding[key] = value
        elif section == "aliases":
            settings.aliases[key] = {
                word: [str(item) for item in (listed if isinstance(listed, list) else [listed])]
                for word, listed in value.items()
            }
        elif name == "organization.enterprise_type" and value not in ENTERPRISE_TYPES:
            mistakes.append(
                (f"{name} = {value}", "value", _nearest(value, list(ENTERPRISE_TYPES)) or " / ".join(ENTERPRISE_TYPES))
            )
        elif section == "organization":
            setattr(settings, key, [str(item) for item in value] if isinstance(value, list) else value)
        elif section == "grades":
            setattr(settings, f"grade_{key}", value)
        elif section == "matrix":
            settings.project_share = float(value) * (100 if 0 < value <= 1 else 1)


def _lexicon(content: dict[str, Any], settings: Settings, mistakes: list[tuple[str, str, str]]) -> None:
    known = catalog.activity_names()
    spelled = {name.casefold(): name for name in known}
    for activity, names in content.items():
        if activity.casefold() not in spelled:
            near = _nearest(activity.casefold(), list(spelled))
            mistakes.append((f"lexicon.{activity}", "unknown", spelled.get(near, near)))
        elif not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            mistakes.append((f"lexicon.{activity}", "type", '["…", "…"]'))
        else:
            settings.lexicon.setdefault(known[spelled[activity.casefold()]], []).extend(names)


def _kinds(kind: type | tuple[type, ...]) -> tuple[type, ...]:
    return kind if isinstance(kind, tuple) else (kind,)


def _type_name(kind: type | tuple[type, ...]) -> str:
    return " / ".join({"str": "text", "dict": "table"}.get(item.__name__, item.__name__) for item in _kinds(kind))


def _checks(
    content: dict[str, Any],
    settings: Settings,
    known: Mapping[str, Mapping[str, float]],
    mistakes: list[tuple[str, str, str]],
) -> None:
    for code, changes in content.items():
        if code not in known:
            mistakes.append((f"checks.{code}", "unknown", _nearest(code, list(known))))
            continue
        own = settings.checks[code] = CheckSettings()
        for key, value in changes.items():
            name = f"checks.{code}.{key}"
            if key == "enabled" and isinstance(value, bool):
                own.enabled = value
            elif key == "severity" and value in SEVERITIES:
                own.severity = value
            elif key in known[code] and isinstance(value, int | float) and not isinstance(value, bool):
                percent = key.endswith("share") and 0 < value <= 1 <= known[code][key]  # 0.4 and 40 are one share
                own.thresholds[key] = float(value) * (100 if percent else 1)
            elif key in ("enabled", "severity") or key in known[code]:
                mistakes.append(
                    (
                        name,
                        "value",
                        "true / false"
                        if key == "enabled"
                        else " / ".join(SEVERITIES)
                        if key == "severity"
                        else "number",
                    )
                )
            else:
                mistakes.append((name, "unknown", _nearest(key, ["enabled", "severity", *known[code]])))


def _waivers(
    content: Any, settings: Settings, known: Mapping[str, object], mistakes: list[tuple[str, str, str]]
) -> None:
    allowed = ["code", "subject", "reason", "control", "owner", "expires"]
    for number, item in enumerate(content if isinstance(content, list) else [], start=1):
        for key in item:
            if key not in allowed:
                mistakes.append((f"waivers[{number}].{key}", "unknown", _nearest(key, allowed)))
        code = str(item.get("code", "")).upper()
        if code not in known:
            mistakes.append((f"waivers[{number}].code = {code}", "value", _nearest(code, list(known))))
        if "expires" in item and not isinstance(item["expires"], date) and not _is_date(str(item["expires"])):
            mistakes.append((f"waivers[{number}].expires", "type", "YYYY-MM-DD"))
        settings.waivers.append({key: str(value) for key, value in item.items() if key in allowed})
    if not isinstance(content, list):
        mistakes.append(("waivers", "type", "[[waivers]]"))


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
