"""Orders really given and reports really made, between seats of the chart."""

from __future__ import annotations

import pandas as pd

from orgaudit.organization.model import Organization
from orgaudit.reading import values


def logged(org: Organization, kind: str) -> pd.DataFrame:
    """Messages of one kind (``order``, ``report`` …) whose ends are both in the chart: ``row, sender, receiver, date``.

    Without a column of kinds everything is an order.
    """
    table = org.table("directives")
    said = (
        values.closed(table.text("kind"), "directive_kind") if table.has("kind") else pd.Series(["order"] * len(table))
    )
    dates = values.dates(table.text("date"))
    ends = []
    for name in ("sender", "receiver"):
        found = org.link("directives", name).found()
        ends.append(pd.DataFrame({"row": found.row, name: found.seats(org.seats)}))
    both = ends[0].merge(ends[1], on="row")
    both = both[(both["sender"] >= 0) & (both["receiver"] >= 0)]
    both = both[said.eq(kind).to_numpy()[both["row"].to_numpy()]]
    return both.assign(date=dates[both["row"].to_numpy()]).reset_index(drop=True)
