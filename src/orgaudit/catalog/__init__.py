"""Knowledge as data: the tables and their headers, functions, incompatible duties, shared indicators.

Nothing here is code that decides; readers and checks ask for what they need, and each file is read once.
"""

from __future__ import annotations

import csv
import json
import tomllib
from functools import cache
from importlib import resources
from typing import Any


def _text(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text("utf-8-sig")


@cache
def toml(name: str) -> dict[str, Any]:
    """A TOML file of the catalogue, by stem."""
    return tomllib.loads(_text(f"{name}.toml"))


@cache
def table(name: str) -> list[dict[str, str]]:
    """The rows of a CSV file of the catalogue, by stem."""
    return list(csv.DictReader(_text(f"{name}.csv").splitlines()))


@cache
def json_file(name: str) -> Any:
    """A JSON file of the catalogue, by stem (``headers``, ``audit.schema``)."""
    return json.loads(_text(f"{name}.json"))


@cache
def lexicon() -> list[dict[str, Any]]:
    """The files of the lexicon of activities, one per function, in the order of their names.

    JSON, because they are large: it loads thirty times faster than TOML.
    """
    folder = resources.files(__package__).joinpath("lexicon")
    return [
        json.loads(file.read_text("utf-8"))
        for file in sorted(folder.iterdir(), key=lambda file: file.name)
        if file.name.endswith(".json")
    ]


@cache
def activity_names() -> dict[str, str]:
    """Ids and display names of the lexicon's activities → their ids."""
    listed = [entry for file in lexicon() for entry in file["activity"]]
    return {entry[name]: entry["id"] for name in ("zh", "en", "id") for entry in listed}


def pattern(name: str) -> str:
    """A regular expression of patterns.toml."""
    return str(toml("patterns")[name])
