"""What a duty statement says: lead or assist, the first acting verb's class, what it acts on.

A first reading only: it looks at the beginning of a sentence and never at the meaning of its object. Findings that rest
on it are ``inferred``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from orgaudit import catalog
from orgaudit.reading import values

_TAIL = re.compile(r"(?:等?(?:相关|各项|有关)?工作|等事宜|等|的管理|管理)?[。.;；,，\s]*$")
NUMBERED = re.compile(r"^\s*(?:\d+[、.)）]|[①-⑳]|[一二三四五六七八九十]+、)\s*")


@dataclass(frozen=True)
class Wording:
    """A parsed statement: ``action`` is a class of catalog/actions.toml or None, ``object`` what follows the verb."""

    action: str | None
    verb: str
    object: str
    assists: bool
    supervises: bool
    catch_all: bool
    own: bool
    needs_right: bool


@cache
def _verbs() -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {"zh": [], "en": []}
    for action, spelled in catalog.toml("actions")["classes"].items():
        for lang in ("zh", "en"):
            found[lang] += [(word, action) for word in spelled[lang]]
    return tuple(sorted(found[lang], key=lambda pair: -len(pair[0])) for lang in ("zh", "en"))  # type: ignore[return-value]


@cache
def _pattern(group: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    words = catalog.toml("actions")[group]
    zh = sorted(words["zh"], key=len, reverse=True)
    en = sorted(words["en"], key=len, reverse=True)
    return re.compile(f"^(?:{'|'.join(zh)})"), re.compile(rf"^(?:{'|'.join(map(re.escape, en))})\b")


def is_catch_all(text: str) -> bool:
    """Whether a statement only says "other duties as assigned"."""
    spelled = values.key(text)
    return any(word in spelled for word in values.words("catch_all")) or any(
        word.replace(" ", "") in spelled.replace(" ", "") for word in values.words("catch_all") if word.isascii()
    )


@cache
def parse(text: str) -> Wording:
    """Read one statement, Chinese or English."""
    spelled = NUMBERED.sub("", values.key(text))
    chinese = any("\u4e00" <= character <= "\u9fff" for character in spelled)
    lang = 0 if chinese else 1
    assists = supervises = False
    rest = spelled
    for _ in range(4):
        before = rest
        if not assists and (found := _pattern("assist")[lang].match(rest)):
            assists = True
            rest = rest[found.end() :].lstrip(" ,，、")
        if not supervises and (found := _pattern("supervise")[lang].match(rest)):
            supervises = True
            rest = rest[found.end() :].lstrip(" ,，、")
        if found := _pattern("strip")[lang].match(rest):
            rest = rest[found.end() :].lstrip(" ,，、对")
        if rest == before:
            break
    action, verb = _first_verb(rest, lang)
    if verb and chinese and rest.startswith(verb):
        target = rest[len(verb) :]
    elif verb:
        target = rest.replace(verb, "", 1)
    else:
        target = rest
    needs = bool(_pattern("needs_right")[lang].match(rest)) and not assists
    own = bool(re.search(r"本部门|本岗位|本车间|本班组|own (?:department|team)|the team's own", spelled))
    return Wording(action, verb, _TAIL.sub("", target).strip(), assists, supervises, is_catch_all(text), own, needs)


@cache
def _verb_patterns(lang: int) -> tuple[re.Pattern[str], re.Pattern[str], list[tuple[str, str]]]:
    """The verbs of a language at the start and at the end of a text, each verb a group, and what each group stands for."""
    listed = _verbs()[lang]
    words = [word if lang == 0 else re.escape(word) for word, _ in listed]
    groups = "|".join(f"({word})" for word in words)
    return re.compile(rf"(?:{groups})" if lang == 0 else rf"(?:{groups})\b"), re.compile(f"(?:{groups})$"), listed


def _first_verb(rest: str, lang: int) -> tuple[str | None, str]:
    """The verb that starts the text; in Chinese also one right after its object (``供应商评审``) where nothing starts it."""
    begins, ends, listed = _verb_patterns(lang)
    if found := begins.match(rest):
        return listed[(found.lastindex or 1) - 1][1], found.group()
    if lang == 0:
        tail = _TAIL.sub("", rest)
        if (found := ends.search(tail)) and found.start() > 0:
            return listed[(found.lastindex or 1) - 1][1], found.group()
    return None, ""


def verbs(text: str) -> list[str]:
    """Acting verbs that begin the parts of a statement (parts end at commas, ``、`` and "and"), each once."""
    spelled = NUMBERED.sub("", values.key(text))
    lang = 0 if re.search(r"[\u4e00-\u9fff]", spelled) else 1
    found: list[str] = []
    for part in re.split(r"[,，、;；]|以及|并(?!且)|\band\b|及(?!时)", spelled):
        rest = part.strip()
        for group in ("strip", "strip"):
            if hit := _pattern(group)[lang].match(rest):
                rest = rest[hit.end() :].strip()
        for word, _ in _verbs()[lang]:
            hit = re.match(word if lang == 0 else rf"{re.escape(word)}\b", rest)
            if hit and len(rest) > len(hit.group()) + 1 and hit.group() not in found:
                found.append(hit.group())
                break
    return found


def bigrams(text: str) -> set[str]:
    """Character pairs of a text without spaces: the unit that works for Chinese without a segmenter."""
    tight = re.sub(r"[\s,，、。;；()（）]+", "", text)
    return {tight[i : i + 2] for i in range(len(tight) - 1)} or ({tight} if tight else set())


def dice(a: str, b: str) -> float:
    """Share of common character pairs, 0 to 1."""
    first, second = bigrams(a), bigrams(b)
    return 2 * len(first & second) / (len(first) + len(second)) if first and second else 0.0


_TEMPLATE = re.compile(r"^(?:全面|直接|具体)?(?:负责|组织|主持|牵头|统筹|落实|做好|开展)+")


def pieces(text: str) -> set[str]:
    """Character pairs of Chinese, words of English, without the verbs and tails that most statements share."""
    bare = re.sub(r"(?:等?(?:相关|各项|有关)?工作|等)?[。.;；\s]*$", "", _TEMPLATE.sub("", text))
    if re.search(r"[\u4e00-\u9fff]", bare):
        return bigrams(bare)
    words = re.findall(r"[a-z0-9]+", bare)
    return {re.sub(r"(?:ing|es|ed|s)$", "", word) for word in words if word not in _SMALL} or {bare}


_SMALL = {"the", "a", "an", "of", "and", "for", "to", "in", "on", "with", "all", "responsible"}


def speaks_of_action(spelled: str) -> bool:
    """Whether any acting verb of the catalogue stands anywhere in a keyed text."""
    lang = 0 if re.search(r"[\u4e00-\u9fff]", spelled) else 1
    return any(re.search(word if lang == 0 else rf"\b{re.escape(word)}\b", spelled) for word, _ in _verbs()[lang])
