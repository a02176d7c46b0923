"""What a shopper buys again and again, and is due to buy in the week ahead by their own cycle.

It knows a history and a catalogue. An item's cycle is the median of the days between the days it was bought on; it is
due when the week brings it half a cycle on, and no longer when the shopper has let it pass several times. How often it
was bought lately decides the order, how due it is moves it a little.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.data.catalog import Catalogue
from recommender.data.event_weights import DAY, PURCHASE, decay
from recommender.data.history import History
from recommender.ranking.evidence import Evidence

LEAST_DAYS = 2  # bought on so many days: something that is bought again
HORIZON_DAYS = 7  # an answer is for the week ahead
SOON = 0.5  # of a cycle: due if the week ahead reaches it
LATE = 1.5  # cycles: until here it is fully due, afterwards less and less
GIVEN_UP = 5.0  # cycles
HALF_LIFE_DAYS = 60.0  # of a day it was bought on
DUENESS = 0.25  # the power of how due it is, beside how often it was bought


@dataclass(frozen=True, slots=True)
class Due:
    """One item that is due; `score` is between 0 and 1."""

    row: int
    score: float
    evidence: Evidence


def due_items(catalogue: Catalogue, history: History, now: int, allowed_N: NDArray[np.bool_]) -> list[Due]:
    """By the share of the shopper's shopping days that it was bought on, later ones weighing more, and by dueness.

    Items that can't be told apart are one, the one that is allowed.
    """
    bought = history.take((history.event_types == PURCHASE) & (history.times <= now))
    rows = _as_allowed(catalogue, catalogue.rows_of(bought.item_ids), allowed_N)
    shopping_days = _fading(np.unique(bought.times // DAY), now)
    found = [
        _due(catalogue, bought, rows, int(row), now, shopping_days)
        for row in np.unique(rows[rows >= 0])
        if allowed_N[row]
    ]
    due = [one for one in found if one is not None]
    return sorted(due, key=lambda one: (-one.score, one.row))


def _as_allowed(catalogue: Catalogue, rows: NDArray[np.int64], allowed_N: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The rows, each that may not be shown as the duplicate that may; the same where there is none."""
    duplicates = catalogue.duplicates
    members = duplicates.members[allowed_N[duplicates.members]]
    shown_G = np.full(duplicates.count + 1, -1, dtype=np.int64)  # the last place is of rows that are like no other
    shown_G[duplicates.group_N[members]] = members
    groups = np.where(rows >= 0, duplicates.group_N[rows], -1)
    return np.where((shown_G[groups] >= 0) & ~allowed_N[rows], shown_G[groups], rows)


def _due(
    catalogue: Catalogue, bought: History, rows: NDArray[np.int64], row: int, now: int, shopping_days: float
) -> Due | None:
    places = np.flatnonzero(rows == row)
    days = np.unique(bought.times[places] // DAY)
    if len(days) < LEAST_DAYS:
        return None
    cycle = max(float(np.median(np.diff(days))), 1.0)
    since = now / DAY - float(bought.times[places].max()) / DAY
    passed = since / cycle
    reached = (since + HORIZON_DAYS) / cycle
    if reached < SOON or passed > GIVEN_UP:
        return None
    attributes = {
        "cycle_days": f"{cycle:g}",
        "days_since": str(int(since)),
        "days_bought": str(len(days)),
        "events": str(len(places)),
        "purchases": str(len(places)),
    }
    events = tuple(str(event) for event in bought.event_ids[places][::-1][:3])
    evidence = Evidence("repeat", (str(catalogue.ids[row]),), events, attributes)
    dueness = min(reached, 1.0) * min(1.0, LATE / max(passed, LATE))
    return Due(row, round(dueness**DUENESS * _fading(days, now) / shopping_days, 6), evidence)


def _fading(days: NDArray[np.int64], now: int) -> float:
    """How many days these are, each the less the longer ago."""
    return float(decay(days * DAY, now, HALF_LIFE_DAYS).sum())
