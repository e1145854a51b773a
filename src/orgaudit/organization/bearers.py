"""Whom references to bearers mean: positions, seats, and persons by their positions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from orgaudit.organization.links import Links

if TYPE_CHECKING:
    from orgaudit.organization.model import Organization

_POSITION, _PERSON, _SEAT = 1, 2, 3


def as_positions(org: Organization, links: Links) -> tuple[np.ndarray, np.ndarray]:
    """(row, position) of links that mean positions, seats, or persons (then the persons' positions)."""
    found = links.found()
    rows, positions = [], []
    for kind in (_POSITION, _SEAT):
        keep = found.kind == kind
        rows.append(found.row[keep])
        index = found.index[keep]
        positions.append(index if kind == _POSITION else org.seats["position"].to_numpy()[index])
    keep = found.kind == _PERSON
    if keep.any():
        for row, person in zip(found.row[keep], found.index[keep], strict=True):
            held = np.unique(org.seats["position"].to_numpy()[org.person_seats(int(person))])
            rows.append(np.full(len(held), row))
            positions.append(held)
    return np.concatenate(rows).astype(np.int64), np.concatenate(positions).astype(np.int64)
