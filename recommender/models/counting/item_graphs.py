"""What counting tells of pairs of items: which item follows which, and which are chosen together."""

from collections.abc import Iterator

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from recommender.data.event_weights import DAY, decay
from recommender.models.counting.event_arrays import Events
from recommender.models.counting.sparse_graph import Graph, prune, without_diagonal

WINDOW_EVENTS = 8  # an item is followed by the next few of the same shopper
STEP_DECAY = 0.8
BACKWARD = 0.4  # the way back counts less
HALF_LIFE_DAYS = 120.0
NEIGHBOURS = 64  # kept an item
ORDERS, ORDERED = 4, 1_000_000  # orders that ties are taken in, and events that they may add up to
MOST_OF_A_VISIT = 60  # the latest events of a visit that are taken to belong together


def number_visits(events: Events) -> NDArray[np.int64]:
    """A number for each shopper's day, in order of the events."""
    return _runs(events.users, events.times // DAY)


def _runs(users: NDArray[np.int32], moments: NDArray[np.int64]) -> NDArray[np.int64]:
    """A number for each run of events of one shopper at one moment."""
    starts = (np.diff(users, prepend=-1) != 0) | (np.diff(moments, prepend=-1) != 0)
    return np.cumsum(starts) - 1


def fit_transitions(
    events: Events, weights: NDArray[np.float32], items: int, until: int, half_life_days: float = HALF_LIFE_DAYS
) -> tuple[Graph, NDArray[np.float32]]:
    """Directed: from an item to those that came next, nearer and more recent ones weighing more; and each row's sum.

    Events of one shopper at one time are taken in a few orders of chance, each of which counts as much.
    """
    aged, rooted = weights * decay(events.times, until, half_life_days), np.sqrt(weights)
    orders = list(_orders(events))
    total = sp.csr_matrix((items, items), dtype=np.float32)
    for order in orders:
        total = total + _followers(events.take(order), aged[order], rooted[order], items)
    total = total / np.float32(len(orders))
    total = total + BACKWARD * total.T.tocsr()
    flow_N = np.asarray(total.sum(axis=1), dtype=np.float32).ravel() + np.float32(1)
    # the 1 keeps a single sighting from being a certainty
    return Graph.of(prune(sp.diags(1 / flow_N) @ total, NEIGHBOURS)), flow_N


def _orders(events: Events) -> Iterator[NDArray[np.int64]]:
    """Orders in which the events may have come: those of one shopper at one time stand in any."""
    runs = _runs(events.users, events.times)
    tied = runs.max(initial=-1) + 1 < len(runs)
    for seed in range(int(np.clip(ORDERED // max(len(runs), 1), 1, ORDERS)) if tied else 1):
        yield np.lexsort((np.random.default_rng(seed).random(len(events)), runs))


def _followers(events: Events, aged: NDArray[np.float32], rooted: NDArray[np.float32], items: int) -> sp.csr_matrix:
    sources, targets, pair_weights = [], [], []
    for step in range(1, WINDOW_EVENTS + 1):
        before, after = slice(None, -step), slice(step, None)
        kept = (events.users[before] == events.users[after]) & (events.items[before] != events.items[after])
        sources.append(events.items[before][kept])
        targets.append(events.items[after][kept])
        pair_weights.append((aged[after] * rooted[before])[kept] * STEP_DECAY ** (step - 1))
    pairs = (np.concatenate(sources), np.concatenate(targets))
    return sp.coo_matrix((np.concatenate(pair_weights), pairs), shape=(items, items), dtype=np.float32).tocsr()


def fit_occasions(
    events: Events, weights: NDArray[np.float32], items: int, until: int, half_life_days: float = HALF_LIFE_DAYS
) -> Graph:
    """The graph of items that are chosen on the same visit.

    It is symmetric but for the scale of its rows; a large visit says less about each of its pairs.
    """
    visits = number_visits(events)
    place = np.cumsum(np.bincount(visits))[visits] - 1 - np.arange(len(visits)) if len(visits) else visits
    kept = (place < MOST_OF_A_VISIT) & (weights > 0)
    shape = (int(visits.max(initial=-1)) + 1, items)
    chosen = sp.csr_matrix((weights[kept], (visits[kept], events.items[kept])), shape=shape, dtype=np.float32)
    chosen.data = np.minimum(chosen.data, 1)
    newest = np.zeros(shape[0], dtype=np.float32)
    newest[visits] = decay(events.times, until, half_life_days)
    sizes = np.maximum(np.asarray(chosen.sum(axis=1)).ravel(), 1)
    total = without_diagonal(chosen.T.tocsr() @ sp.diags((newest / np.sqrt(sizes)).astype(np.float32)) @ chosen)
    flow = np.asarray(total.sum(axis=1), dtype=np.float32).ravel() + np.float32(1)
    return Graph.of(prune(sp.diags(flow**-0.5) @ total, NEIGHBOURS))
