"""The chapters, one per principle, in the order in which a report prints them; listed by hand on purpose."""

from __future__ import annotations

from functools import cache

from orgaudit.check import Chapter, Check
from orgaudit.checks import (  # noqa: F401 (the further modules of a chapter file their checks when imported)
    appraisers,
    authority,
    chain_of_command,
    checks_and_balances,
    data_quality,
    descriptions,
    directives,
    duties,
    gaps,
    independence,
    indicator_sets,
    limits_of_authority,
    matrices,
    mutual_service,
    obedience,
    overlaps,
    practice,
    readiness,
    secondary_lines,
    shared_results,
    single_superior,
    statements,
    titles,
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
    return {check.code: check for chapter in CHAPTERS for check in sorted(chapter.checks, key=lambda check: check.code)}
