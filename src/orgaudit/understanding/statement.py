"""The grammar of a duty statement: what part of it is led, what part only helps, and what says nothing of the work."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from orgaudit import catalog, wording
from orgaudit.reading import values
from orgaudit.understanding.terms import CHINESE
from orgaudit.wording import Wording

_CLAUSES = re.compile(r"[,;。.]+(?!\d)|(?<=[\u4e00-\u9fff])(?:并且|以及|同时|并(?=[\u4e00-\u9fff]{2}))")


@dataclass(frozen=True)
class Statement:
    """``core``: the words of what is done (keyed; of what is helped with where the statement only helps); ``aside``: English
    words that tell why, with what and what for; ``assists``: it only helps; ``boilerplate``: housekeeping or conduct.
    """

    core: str
    aside: str
    assists: bool
    boilerplate: bool
    own: bool
    wording: Wording

    @property
    def empty(self) -> bool:
        """It tells no work that another department could claim."""
        return self.boilerplate or self.own


@cache
def _pattern(group: str, lang: str) -> re.Pattern[str]:
    told = catalog.toml("grammar")[group][lang] if lang else catalog.toml("grammar")["tails"][group]
    return re.compile(f"(?:{'|'.join(told)})" if isinstance(told, list) else told)


@lru_cache(maxsize=100_000)
def parse(text: str) -> Statement:
    """Read one statement, Chinese or English."""
    parsed = wording.parse(text)
    spelled = values.key(wording.NUMBERED.sub("", text)).strip(" .。;；")
    if CHINESE.search(spelled):
        core, assists = _chinese(spelled)
        aside = ""
        boilerplate = bool(_pattern("boilerplate", "zh").search(spelled))
    else:
        core, aside = _english(spelled)
        assists = bool(_pattern("helping", "en").search(spelled))
        boilerplate = bool(_pattern("boilerplate", "en").search(spelled))
    return Statement(core, aside, assists, parsed.catch_all or boilerplate, parsed.own, parsed)


def _chinese(spelled: str) -> tuple[str, bool]:
    clauses = [clause.strip() for clause in _CLAUSES.split(spelled) if clause.strip()]
    if not clauses:
        return spelled, False
    tails = _pattern("tails", "zh")
    telling = [clauses[0]] + [clause for clause in clauses[1:] if not tails.fullmatch(clause)]
    helping = _pattern("helping", "zh")
    led = [clause for clause in telling if not helping.search(clause)]
    kept = led or telling
    return ",".join(kept), not led


def _english(spelled: str) -> tuple[str, str]:
    found = _pattern("aside", "").search(spelled, 1)
    return (spelled[: found.start()], spelled[found.start() :]) if found else (spelled, "")
