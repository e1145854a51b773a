"""Qualifications drafted from job facts only (level of the title, function and words of the duties), each to be confirmed.

Nothing is derived from persons, and no draft speaks of gender, age, marriage, looks or origin.
"""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from orgaudit import catalog, texts
from orgaudit.reading import values

_UNLAWFUL = re.compile(
    r"男性|女性|限男|限女|男女不限|性别|年龄|周岁|岁以[下上]|未婚|已婚|已育|未育|婚姻|生育|身高|形象|相貌|五官|体重|籍贯|户籍|本地人|血型|星座|属相"
    r"|\b(?:male|female|gender|age[ds]?|years old|married|single status|marital|pregnan|height|appearance|good[- ]looking)\b",
    re.I,
)


def lawful(text: str) -> bool:
    """Whether a qualification speaks of none of gender, age, marriage, looks, region and the like."""
    return not _UNLAWFUL.search(text)


def draft(title: str, duties: pd.DataFrame | None) -> list[dict[str, Any]]:
    """Education, experience and certificates for a position.

    Args:
        title: the position's title.
        duties: its lines of ``Work.duties``, or None.
    """
    known = catalog.toml("qualifications")
    level = next(item for item in known["levels"] if any(re.search(word, values.key(title)) for word in item["words"]))
    words = "\n".join(duties["statement"].dropna()) if duties is not None else ""
    functions = list(dict.fromkeys(duties["function"].dropna())) if duties is not None else []
    field = next((known["fields"][function] for function in functions if function in known["fields"]), None)
    education = "drafting.qualification.education_field" if field else "drafting.qualification.education_any"
    drafts = [
        ("education", texts.both(education, field=field)),
        ("experience", texts.both(f"drafting.qualification.years_{level['years']}")),
    ]
    drafts += [
        ("certificate", {"en": item["en"], "zh": item["zh"]})
        for item in known["certificates"]
        if re.search(item["words"], words)
    ]
    return [
        {
            "kind": texts.both(f"drafting.qualification.{kind}"),
            "text": text,
            "drafted": True,
            "required": kind != "certificate",
        }
        for kind, text in drafts
    ]
