"""Workforce per department – tenure, vacancies, leavers – as context: unclear duties and turnover come together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from orgaudit.organization.model import Organization
from orgaudit.reading import values

FEWEST = 5  # heads; of fewer, tenure would speak of single persons
NEW = 2.0  # years


def workforce(org: Organization) -> list[dict[str, Any]]:
    """One entry per department with seats, where hire dates are given; nothing otherwise.

    ``department``, ``heads``, ``median_tenure`` (years, None under five heads), ``under_two_years`` (share, None under five
    heads), ``vacant`` (seats), ``left`` (leavers' rows in the input). Not scored.
    """
    if not org.review.has("posts", "hire_date"):
        return []
    posts = org.table("posts")
    hired = values.dates(posts.text("hire_date"))[org.seats["row"].to_numpy()]
    years = (np.datetime64(org.as_of) - hired) / np.timedelta64(1, "D") / 365.25
    counted = org.occupied & org.listed_seats & ~org.seats["concurrent"].to_numpy(dtype=bool)
    frame = pd.DataFrame(
        {
            "department": org.seats["department"],
            "heads": counted,
            "years": np.where(counted & (years >= 0), years, np.nan),
            "vacant": org.vacant,
        }
    )
    frame["new"] = np.where(frame["years"].notna(), frame["years"] < NEW, np.nan)
    groups = frame[(frame["department"] >= 0).to_numpy()].groupby("department")
    table = groups.agg(
        heads=("heads", "sum"),
        known=("years", "count"),
        median=("years", "median"),
        vacant=("vacant", "sum"),
        share=("new", "mean"),
    )
    place = org.link("posts", "department").first(len(posts), "department")
    left = pd.Series(place[np.isin(org.aside, ["left", "inactive"])]).value_counts()
    names = org.departments["name"].tolist()
    return [
        {
            "department": names[int(unit)],
            "heads": int(row["heads"]),
            "median_tenure": round(float(row["median"]), 1) if row["known"] >= FEWEST else None,
            "under_two_years": round(float(row["share"]), 3) if row["known"] >= FEWEST else None,
            "vacant": int(row["vacant"]),
            "left": int(left.get(unit, 0)),
        }
        for unit, row in table.iterrows()
    ]
