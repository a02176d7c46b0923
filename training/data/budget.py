"""What the minutes of a training buy: networks, windows and questions; the same for the same data on any machine.

Costs were measured on one core and only need to be near: counts are fitted anew for each window or fold, every
question is asked once, and every network passes over all of them.
"""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from recommender.data.history import MAX_HISTORY
from training.config import FitParams, TrainParams
from training.data.interactions import Log, window

COUNT_US, COUNT_ITEM_US = 12.0, 100.0  # of an event and of an item, whenever counts are fitted
QUESTION_MS, ITEM_NS, EVENT_US = 4.0, 50.0, 10.0  # of a question; of an item and of a shopper's event in it
LEARN_MS = 3.3  # of a question and a network
FEWEST, MOST_QUESTIONS = 200, 64_000
MOST_WINDOWS = 11
ROOM = 0.5  # of the windows that fit between the first event and the held-out days; before them counts need a past
MINUTES_A_NETWORK, MOST_NETWORKS = 3.0, 4
EASE_ITEMS_IN_HASTE = 2_500  # where there is time for one network at most


@dataclass(frozen=True)
class Budget:
    """Milliseconds, all of them."""

    minutes: float
    counts: float  # of fitting all counts once
    question: float  # of asking it and learning from it

    @classmethod
    def of(cls, events: Log, items: int, params: TrainParams) -> "Budget":
        """Of a shop of these events and so many items."""
        mean = min(len(events.events) / max(len(events.shoppers), 1), MAX_HISTORY)
        estimate_ms = QUESTION_MS + ITEM_NS * 1e-6 * items + EVENT_US * 1e-3 * mean
        counts = (COUNT_US * len(events.events) + COUNT_ITEM_US * items) / 1e3
        return cls(params.minutes * 60_000, counts, estimate_ms + LEARN_MS * networks_of(params))

    def questions(self, fits: int) -> int:
        """How many there is time for beside so many fits of the counts."""
        return int(np.clip((self.minutes - fits * self.counts) / self.question, FEWEST, MOST_QUESTIONS))

    def windows(self, shoppers: int) -> int:
        """How many in which so many shoppers are asked."""
        return int(self.minutes / (self.counts + max(shoppers, 1) * self.question))


def networks_of(params: FitParams) -> int:
    """As many as are named, or as the minutes allow."""
    return params.networks or int(np.clip(params.minutes / MINUTES_A_NETWORK, 1, MOST_NETWORKS))


def settled(events: Log, items: int, params: TrainParams) -> TrainParams:
    """With networks and windows as the minutes allow and the data has room for, where they aren't named."""
    retrieval = params.retrieval
    if "ease_items" not in retrieval.model_fields_set and params.minutes < MINUTES_A_NETWORK:
        retrieval = retrieval.model_copy(update={"ease_items": EASE_ITEMS_IN_HASTE})
    params = params.model_copy(update={"networks": networks_of(params), "retrieval": retrieval})
    if params.ranker_windows:
        return params
    first = int(events.events.times.min(initial=int(params.test_from.timestamp())))
    past = params.test_from.timestamp() - max(first, params.start.timestamp())
    room = (past / timedelta(days=params.test_days / 2).total_seconds() - 2) * ROOM
    start, end = int(params.learns_from.timestamp()), int(params.test_from.timestamp())
    shoppers = len(window(events, start, end, most=len(events.shoppers), seed=0).users_U)
    wanted = Budget.of(events, items, params).windows(shoppers)
    return params.model_copy(update={"ranker_windows": int(np.clip(min(wanted, room), 1, MOST_WINDOWS))})
