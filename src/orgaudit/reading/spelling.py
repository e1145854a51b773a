"""The ways in which one id or one person's name may be spelled."""

from __future__ import annotations

import re
import unicodedata

from orgaudit.reading import values

_EXPONENT = re.compile(r"\d(?:\.\d+)?e\+?\d+")


def damaged_id(text: str) -> str:
    """An id without what spreadsheets do to ids: leading zeros, ``.0``, exponents, full-width digits."""
    spelled = unicodedata.normalize("NFKC", text).strip().casefold().strip("=\"'")
    if _EXPONENT.fullmatch(spelled):
        spelled = str(int(float(spelled)))
    spelled = re.sub(r"\.0+$", "", spelled)
    return spelled.lstrip("0") or ("0" if spelled else "")


_SUFFIX = re.compile(r"^(?P<head>.*?)\s*[(（\[【](?P<tail>[^()（）\[\]【】]+)[)）\]】]\s*$", re.S)


def bracketed(text: str) -> tuple[str, str] | None:
    """``张伟(1001)`` → (张伟, 1001); None without a closing bracket at the end."""
    found = _SUFFIX.match(text)
    return (found["head"].strip(), found["tail"].strip()) if found else None


def name_forms(text: str) -> list[str]:
    """A person's name as it may stand elsewhere: ``Last, First`` and ``First Last`` are one."""
    keyed = values.key(text)
    forms = [keyed]
    if "," in keyed:
        last, _, first = keyed.partition(",")
        forms += [
            f"{first.strip()} {last.strip()}",
            f"{last.strip()}, {first.strip()}",
            f"{last.strip()},{first.strip()}",
        ]
    elif " " in keyed and keyed.isascii():
        first, _, last = keyed.rpartition(" ")
        forms += [f"{last}, {first}", f"{last},{first}"]
    return list(dict.fromkeys(forms))


def forms(text: str) -> set[str]:
    """The keys under which a reference may be known: the whole, each of several values, each without and within brackets."""
    found = set(name_forms(text)) | {values.key(text), damaged_id(text)}
    for part in values.split(text):
        found |= {values.key(part), damaged_id(part), *name_forms(part)}
        if inside := bracketed(part):
            found |= {values.key(inside[0]), values.key(inside[1]), *name_forms(inside[0])}
    return found - {""}


def without_marks(text: str) -> str:
    """A title's key without what tells parallel posts apart: notes in brackets, letters and numbers of teams at its end."""
    bare = re.sub(r"\s*[(（][^)）]*[)）]", "", text)
    return values.key(
        re.sub(r"\s*(?:[A-Za-z]?\d+|[一二三四五六七八九十甲乙丙丁]+(?:组|班|线|号|区)?|\b[A-Z]|\b[ivx]+)$", "", bare)
    )
