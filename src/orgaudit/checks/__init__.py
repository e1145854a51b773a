"""The chapters, one per principle, in the order in which a report prints them; listed by hand on purpose."""

from __future__ import annotations

from functools import cache

from orgaudit.check import Chapter, Check
from orgaudit.checks import (
    authority,
    chain_of_command,
    checks_and_balances,
    data_quality,
    duties,
    mutual_service,
    obedience,
    readiness,
    single_superior,
)

CHAPTERS: tuple[Chapter, ...] = (
    single_superior.CHAPTER,
    authority.CHAPTER,
    duties.CHAPTER,
    chain_of_command.CHAPTER,
    obedience.CHAPTER,
    mutual_service.CHAPTER,
    checks_and_balances.CHAPTER,
    data_quality.CHAPTER,
    readiness.CHAPTER,
)
PRINCIPLES: tuple[str, ...] = tuple(chapter.key for chapter in CHAPTERS)


@cache
def all_checks() -> dict[str, Check]:
    """Every check by code."""
    return {check.code: check for chapter in CHAPTERS for check in chapter.checks}
