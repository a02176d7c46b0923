"""Shoppers as the service meets them on their first visit: known by a few events of it and nothing before.

A ranker that has only learned from long histories answers short ones worse than what sells does. These examples begin
where the others do, and know no count beyond it: the first events after that moment are the whole history, what
follows them is wanted.

Shape suffixes: U shoppers.
"""

from dataclasses import replace

import numpy as np

from recommender.data.catalog import Catalogue
from recommender.data.event_weights import DAY
from recommender.profiles.user_state import Shopper, prepare
from training.data.interactions import Actions, Log, Window, counting
from training.data.side_info import SideInfo

MOST_EVENTS = 8  # of the first visit
SHARE = 0.25  # of the ranker's shoppers


def with_first_visits(
    shoppers: list[Shopper], examples: Window, log: Log, catalogue: Catalogue, end: int, side_info: SideInfo, seed: int
) -> tuple[list[Shopper], Window]:
    """With some of them once more: after a few events of their first visit since the moment, and what followed."""
    rng = np.random.default_rng(seed)
    count = round(SHARE * len(examples.users_U))
    chosen_U = np.sort(rng.choice(examples.users_U, count, replace=False)) if count else examples.users_U[:0]
    events, bounds = log.events, log.bounds_U
    counts_L = counting(events)
    new, wanted, users, actions = [], [], [], []
    for user in chosen_U.tolist():
        span = np.arange(bounds[user], bounds[user + 1])
        span = span[(events.times[span] >= examples.moment) & (events.times[span] < end)]
        visit = span[events.times[span] // DAY == events.times[span[0]] // DAY]
        known = int(rng.integers(1, 1 + min(MOST_EVENTS, len(visit))))
        after = span[known:][counts_L[span[known:]]]
        if not len(after):
            continue
        first = visit[:known]
        shopper = prepare(log.history(first, catalogue), catalogue, int(events.times[first[-1]]) + 1)
        attributes = side_info.attributes.get(log.shoppers[user], ())
        new.append(replace(shopper, background=replace(shopper.background, attributes=attributes)))
        wanted.append(np.unique(events.items[after]).astype(np.int64))
        users.append(user)
        actions.append(Actions.of(events, span[known:]))
    return shoppers + new, examples.joined(Window(examples.moment, np.array(users, dtype=np.int64), wanted, actions))
