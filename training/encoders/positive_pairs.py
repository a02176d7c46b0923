"""What the same shopper came for within days: pairs of texts that fine-tuning brings together.

It knows a log of events in order of shopper and time, and which text each item has.

Shape suffixes: X pairs, N items.
"""

import numpy as np
from numpy.typing import NDArray

from recommender.data.event_weights import DAY, strengths
from training.data.interactions import Log

WINDOW_DAYS = 7
NEXT_EVENTS = 4  # an event pairs with the next few
MOST_PAIRS = 200_000


def co_behaviour(log: Log, row_N: NDArray[np.int32], seed: int) -> NDArray[np.int64]:
    """(P, 2) rows of texts that differ, in random order; of too many, staples, which go with everything, leave first.

    What the log holds is looked at in full: cut it first.
    """
    events = log.events
    events = events.take(strengths(events.event_types, events.values) > 0)
    rows = row_N[events.items].astype(np.int64)
    found = []
    for step in range(1, NEXT_EVENTS + 1):
        before, after = slice(None, -step), slice(step, None)
        together = (events.users[before] == events.users[after]) & (rows[before] != rows[after])
        together &= events.times[after] - events.times[before] <= WINDOW_DAYS * DAY
        found.append(np.stack([rows[before][together], rows[after][together]], axis=1))
    pairs_X2 = np.concatenate(found)
    rng = np.random.default_rng(seed)
    often = np.bincount(pairs_X2.ravel(), minlength=int(row_N.max(initial=0)) + 1).astype(np.float64)
    rarity_X = -0.5 * np.log(np.maximum(often[pairs_X2], 1)).sum(axis=1)
    # the largest of these are a draw without replacement, in which rare pairs have the better chances
    order_X = np.argsort(-(rarity_X + rng.gumbel(size=len(pairs_X2))))[:MOST_PAIRS]
    drawn_X2: NDArray[np.int64] = pairs_X2[rng.permutation(order_X)]
    return drawn_X2
