"""Which rows of ``posts`` hold on the as-of date: leavers, closed and coming rows, history, earlier snapshots, repeats."""

from __future__ import annotations

import numpy as np
import pandas as pd

from orgaudit.linking.lookup import id_keys
from orgaudit.reading import values
from orgaudit.table import Table

USED, LEFT, INACTIVE, EXPIRED, REPLACED = "", "left", "inactive", "expired", "replaced"
FUTURE, DUPLICATE, SNAPSHOT = "future", "duplicate", "earlier_snapshot"


def aside(
    posts: Table, status: np.ndarray, position: np.ndarray, person: np.ndarray, as_of: np.datetime64
) -> np.ndarray:
    """Why each row is set aside, empty where it is used."""
    reason = np.full(len(posts), USED, dtype=object)
    if posts.filled("snapshot").any():
        reason[_earlier_snapshots(posts, as_of)] = SNAPSHOT
    if posts.filled("valid_from").any():
        begins = values.dates(posts.text("valid_from"))
        reason[(begins > as_of) & (reason == USED)] = FUTURE
        reason[_history(posts, begins, position, person, reason == USED)] = REPLACED
    for state in (LEFT, INACTIVE):
        reason[(status == state) & (reason == USED)] = state
    if posts.filled("valid_to").any():
        ended = (values.dates(posts.text("valid_to")) < as_of) & (reason == USED)
        pair = pd.MultiIndex.from_arrays([position, person]).factorize()[0]
        replaced = ended & (person >= 0) & np.isin(pair, pair[~ended & (reason == USED)])
        reason[ended] = EXPIRED
        reason[replaced] = REPLACED
        for number, source in enumerate(posts.sources):
            if any(values.header_key(c.header) in _LEAVING for c in source.columns.get("valid_to", ())):
                reason[ended & (posts.source == number)] = LEFT  # the end of employment, not of a period
    same = posts.frame.duplicated().to_numpy() & (person >= 0)
    reason[same & (reason == USED)] = DUPLICATE
    return reason


_LEAVING = {"relievingdate", "terminationdate", "离职日期", "kündigungsdatum", "austrittsdatum"}


def _earlier_snapshots(posts: Table, as_of: np.datetime64) -> np.ndarray:
    """Rows of another snapshot than the latest one taken by the as-of date (the first, where all are later)."""
    taken = values.dates(posts.text("snapshot"))
    known = taken[~np.isnat(taken)]
    if not len(known):
        return np.zeros(len(posts), dtype=bool)
    past = known[known <= as_of]
    chosen = past.max() if len(past) else known.min()
    return np.asarray(~np.isnat(taken) & (taken != chosen))


def _history(
    posts: Table, begins: np.ndarray, position: np.ndarray, person: np.ndarray, used: np.ndarray
) -> np.ndarray:
    """Rows of one person (and employment record) that a later row replaces.

    Effective dates say history where the rows carry no mark of concurrent posts; the later row counts, of one date the
    higher sequence. Rows that begin on one day are simultaneous.
    """
    kind = pd.factorize(values.closed(posts.text("line_type"), "line_type"))[0]
    if posts.filled("assignment").any():
        key = [person, position, kind]
    else:
        key = [person, pd.factorize(id_keys(posts.text("record")))[0], kind]
    frame = pd.DataFrame({"group": pd.MultiIndex.from_arrays(key).factorize()[0], "begins": begins})
    frame["sequence"] = values.numbers(posts.text("sequence")) if posts.has("sequence") else 0.0
    dated = used & (person >= 0) & ~np.isnat(begins)
    part = frame[dated]
    latest = part.groupby("group")["begins"].transform("max")
    old = part["begins"] < latest
    if posts.has("sequence"):
        last = part["sequence"].fillna(0).where(~old).groupby(part["group"]).transform("max")
        old |= part["sequence"].fillna(0) < last
    result = np.zeros(len(posts), dtype=bool)
    result[np.flatnonzero(dated)[old.to_numpy()]] = True
    return result
