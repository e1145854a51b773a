"""Pseudonyms for persons, put in place of names, ids and e-mails before anything is linked.

A pseudonym is a keyed hash (HMAC-SHA-256): the same person gets the same pseudonym in every run with the same key, and
without the key nobody can try out names. Pseudonymous data are still personal data.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from orgaudit import catalog
from orgaudit.errors import OUTPUT_FAILED, OrgauditError
from orgaudit.reading import values
from orgaudit.table import Review

_PERSONAL = ("name", "first_name", "last_name", "employee_id", "email", "phone", "distinguished_name")


def load_key(path: Path | None, inputs: Sequence[Path]) -> bytes:
    """The project's key: the named file, else orgaudit.key beside the first input, made on first use (mode 0600).

    Raises:
        OrgauditError: the file cannot be read or made.
    """
    if path is None:
        first = inputs[0]
        path = (first if first.is_dir() else first.parent) / "orgaudit.key"
    try:
        if path.exists():
            return bytes.fromhex(path.read_text("ascii").strip())
        key = secrets.token_bytes(32)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
            stream.write(key.hex() + "\n")
        return key
    except (OSError, ValueError) as error:
        raise OrgauditError("key_file", exit_code=OUTPUT_FAILED, file=str(path), cause=type(error).__name__) from None


def anonymize(review: Review, key: bytes) -> None:
    """Replace persons in every table of a review, in place.

    Known names, ids and e-mails are replaced wherever they stand, also inside longer texts; what a column for persons
    holds and no post, department or word of the vocabulary explains is taken for a name and replaced as a whole.
    """
    known = _known(review)
    pattern = _pattern(known)
    plain = _plain_words(review)

    def pseudonym(text: str) -> str:
        return "P-" + hmac.new(key, values.key(text).encode(errors="replace"), hashlib.sha256).hexdigest()[:10]

    def replaced(text: str) -> str:
        return pattern.sub(lambda found: pseudonym(found.group()), text) if pattern else text

    def reference(text: str) -> str:
        if values.key(text) in known:
            return pseudonym(text)
        parts = values.split(text)
        told = replaced(text)
        if told != text:
            return told
        if all(values.key(part) in plain for part in parts):
            return text
        if any(values.key(part) in plain for part in parts):
            return "；".join(part if values.key(part) in plain else pseudonym(part) for part in parts)
        return pseudonym(text)

    for kind, table in review.tables.items():
        fields = catalog.toml("tables")[kind]["fields"]
        for name in table.frame.columns:
            column = table.frame[name]
            if kind == "posts" and name in _PERSONAL:
                table.frame[name] = _mapped(
                    column, lambda text: text if values.key(text).replace(" ", "") in _vacancy() else pseudonym(text)
                )
            elif "person" in fields.get(name, {}).get("refers", ()):
                table.frame[name] = _mapped(column, reference)
            else:
                table.frame[name] = _mapped(column, replaced)
    for entry in review.ledger:
        entry.sheet = replaced(entry.sheet) if entry.sheet else entry.sheet


def _vacancy() -> frozenset[str]:
    return values.words("vacant") | values.words("undisclosed") | values.words("abolished")


def _mapped(column: pd.Series, function: object) -> pd.Series:
    return values.distinct_map(column, function).where(column.notna(), None).astype("str")


def _known(review: Review) -> set[str]:
    posts = review.tables.get("posts")
    found: set[str] = set()
    for name in _PERSONAL if posts is not None else ():
        found |= {values.key(str(text)) for text in posts.text(name).dropna().unique()}  # type: ignore[union-attr]
    return {text for text in found if text.replace(" ", "") not in _vacancy()}


def _pattern(known: set[str]) -> re.Pattern[str] | None:
    """Known names and ids as they may stand inside texts: whole words of three letters or more, Chinese names of two."""
    listed = [text for text in known if len(text) >= 3 or (len(text) == 2 and not text.isascii())]
    if not listed or len(listed) > 50_000:
        return None
    parts = [
        rf"(?<![A-Za-z0-9]){re.escape(text)}(?![A-Za-z0-9])" if text.isascii() else re.escape(text)
        for text in sorted(listed, key=len, reverse=True)
    ]
    return re.compile("|".join(parts), re.IGNORECASE)


def _plain_words(review: Review) -> set[str]:
    """What stands for posts and departments, so that it is no person's name."""
    found: set[str] = set()
    for kind, names in (
        ("posts", ("position_id", "title", "department")),
        ("departments", ("department_id", "name", "aliases")),
    ):
        table = review.tables.get(kind)
        for name in names if table is not None else ():
            found |= {values.key(str(text)) for text in table.text(name).dropna().unique()}  # type: ignore[union-attr]
    for listed in ("empty", "no_superior", "vacant", "external"):
        found |= set(values.words(listed))
    return found
