"""What is asked of every system, and what was right: leave-one-out over sequences, or a month that follows.

It knows a shop's data and splits it; it fits nothing. What a system may learn from is `Task.log`, nothing else.

Shape suffixes: Q queries, N items.
"""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
import scipy.sparse as sp
from numpy.typing import NDArray

from benchmarks.baselines.items import ItemFacts
from benchmarks.baselines.log import Log, Queries, at_end, at_moment
from benchmarks.quality.shop_data import DEMO, DEMO_FROM, DEMO_TEST, DEMO_UNTIL, ShopData
from training.fit.model_parts import REPEATS

LEAVE_ONE_OUT, TEMPORAL = "leave-one-out", "temporal"
FILE, SHUFFLED = "file", "shuffled"
TRAIN, TRAIN_AND_VALIDATION = "train", "train+validation"
_LAST_DAYS, _LEAST_SHOPPERS = 30.0, 1000
_A_MOMENT = 1e-9  # days


@dataclass(frozen=True)
class Task:
    """Learn from `log`, answer `queries`; `views` are the ways to count answers: (right items, items left out)."""

    facts: ItemFacts
    log: Log
    queries: Queries
    views: dict[str, tuple[sp.csr_matrix, sp.csr_matrix | None]]
    repeats: bool
    moment: float | None
    asked_at_Q: NDArray[np.float64] | None = None  # when the right item came; only the point-in-time row may look

    @property
    def items(self) -> int:
        return len(self.facts)


def ordered_log(shop: ShopData, ties: str, seed: int) -> Log:
    """Everybody's events by time; those of one time as the file has them, and so known to be, or shuffled."""
    if ties == SHUFFLED:
        chance = np.random.default_rng(seed).random(len(shop.events))
        events = shop.events.with_columns(pl.Series("chance", chance)).sort("user", "day", "chance")
    else:
        events = shop.events.sort("user", "day", "position")
        number = pl.int_range(pl.len()).over("user", "day")
        events = events.with_columns(pl.col("day") + number * _A_MOMENT)
    users, items, days = (events[name].to_numpy() for name in ("user", "item", "day"))
    return Log.of(users, items, days, shop.shoppers)


def leave_one_out(facts: ItemFacts, log: Log, fitted_on: str, validation: bool = False) -> Task:
    """The last item is the test; with `validation` the one before, and the last is not there at all."""
    if validation:
        log = log.without_last(1)
    known = log.without_last(1)
    users = np.flatnonzero(log.lengths_U > 1)
    queries = at_end(known, users)
    last = log.bounds_U[users + 1] - 1
    right = log.items_L[last]
    fitted = known if fitted_on == TRAIN_AND_VALIDATION or validation else log.without_last(2)
    shape = (len(users), len(facts))
    answers = sp.csr_matrix((np.ones(len(users), dtype=np.float32), (np.arange(len(users)), right)), shape=shape)
    repeats = log.repeat_share >= REPEATS
    views = {"": (answers, None if repeats else _own(queries, shape))}
    return Task(facts, fitted, queries, views, repeats, None, asked_at_Q=log.times_L[last])


def temporal(facts: ItemFacts, log: Log, cut: float, until: float) -> Task:
    """All that is bought from `cut` on, and the part of it that is new to the shopper."""
    past, test = log.before(cut), log.kept((log.times_L >= cut) & (log.times_L < until))
    users = np.flatnonzero((past.lengths_U > 0) & (test.lengths_U > 0))
    queries = at_moment(past, users, cut)
    shape = (len(users), len(facts))
    own = _own(queries, shape)
    bought = at_moment(test, users, until).by_age(len(facts), 1e9)
    bought.data[:] = 1
    new = (bought - bought.multiply(own > 0)).tocsr()
    new.eliminate_zeros()
    repeats = past.repeat_share >= REPEATS
    return Task(facts, past, queries, {"": (bought, None), " new": (new, own)}, repeats, cut)


def temporal_of(shop: ShopData, facts: ItemFacts, log: Log, validation: bool = False) -> Task:
    if shop.name == DEMO:
        cut, until = (float((day - DEMO_FROM).days) for day in (DEMO_TEST, DEMO_UNTIL))
    else:
        if not shop.timed:
            raise ValueError("protocol: temporal needs a column timestamp in interactions.csv")
        until = float(np.floor(log.times_L.max())) + 1
        cut = _cut(log, until)
    if validation:
        cut, until = cut - (until - cut), cut
    return temporal(facts, log, cut, until)


def _cut(log: Log, until: float) -> float:
    """A month or a tenth of the time, or longer until enough shoppers who were there before come again."""
    span = until - float(log.times_L.min())
    length = min(_LAST_DAYS, span / 10)
    while length < span / 5:
        past, test = log.before(until - length), log.kept(log.times_L >= until - length)
        if ((past.lengths_U > 0) & (test.lengths_U > 0)).sum() >= min(_LEAST_SHOPPERS, log.shoppers / 10):
            break
        length *= 1.5
    return until - length


def sampled(task: Task, most: int, seed: int) -> Task:
    """Not more queries than this, drawn by chance; everything else as it was."""
    count = len(task.queries)
    if count <= most:
        return task
    chosen = np.sort(np.random.default_rng(seed).permutation(count)[:most])
    views = {
        name: (right[chosen], None if left_out is None else left_out[chosen])
        for name, (right, left_out) in task.views.items()
    }
    asked_at = None if task.asked_at_Q is None else task.asked_at_Q[chosen]
    return replace(task, queries=task.queries.take(chosen), views=views, asked_at_Q=asked_at)


def without_text(task: Task) -> Task:
    facts = task.facts
    blank = replace(facts, vectors_NE=np.zeros_like(facts.vectors_NE), titles=("",) * len(facts))
    return replace(task, facts=blank)


def _own(queries: Queries, shape: tuple[int, int]) -> sp.csr_matrix:
    own = queries.by_age(shape[1], 1e9)
    own.data[:] = 1
    return own
