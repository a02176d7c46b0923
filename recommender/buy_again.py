"""What a shopper buys again and again, and is due to buy now by their own cycle.

It knows a history and a catalogue. An item's cycle is the median of the days between the days it was bought on; it is
due from a little before its day on, and no longer when the shopper has let it pass several times.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.behaviour import History
from recommender.catalogue import Catalogue
from recommender.evidence import Evidence
from recommender.signals import DAY, PURCHASE

LEAST_DAYS = 2  # bought on so many days: something that is bought again
SOON = 0.8  # of a cycle: due from here on
LATE = 1.5  # cycles: until here it is fully due, afterwards less and less
GIVEN_UP = 5.0  # cycles


@dataclass(frozen=True, slots=True)
class Due:
    """One item that is due; `score` falls from the most due on."""

    row: int
    score: float
    evidence: Evidence


def due_items(catalogue: Catalogue, history: History, now: int, allowed_N: NDArray[np.bool_]) -> list[Due]:
    """The most due first, weighed by the share of the shopper's shopping days that the item was bought on."""
    bought = history.take((history.event_types == PURCHASE) & (history.times <= now))
    rows = catalogue.rows_of(bought.item_ids)
    shopping_days = len(np.unique(bought.times // DAY))
    found = [
        _due(catalogue, bought, rows, int(row), now, shopping_days)
        for row in np.unique(rows[rows >= 0])
        if allowed_N[row]
    ]
    due = [one for one in found if one is not None]
    return sorted(due, key=lambda one: (-one.score, one.row))


def _due(
    catalogue: Catalogue, bought: History, rows: NDArray[np.int64], row: int, now: int, shopping_days: int
) -> Due | None:
    mine = np.flatnonzero(rows == row)
    days = np.unique(bought.times[mine] // DAY)
    if len(days) < LEAST_DAYS:
        return None
    cycle = max(float(np.median(np.diff(days))), 1.0)
    since = now / DAY - float(bought.times[mine].max()) / DAY
    passed = since / cycle
    if not SOON <= passed <= GIVEN_UP:
        return None
    attributes = {
        "cycle_days": f"{cycle:g}",
        "days_since": str(int(since)),
        "days_bought": str(len(days)),
        "events": str(len(mine)),
        "purchases": str(len(mine)),
    }
    events = tuple(str(event) for event in bought.event_ids[mine][::-1][:3])
    evidence = Evidence("repeat", (str(catalogue.ids[row]),), events, attributes)
    return Due(row, round(min(passed, 1.0, LATE / passed) * len(days) / shopping_days, 6), evidence)
