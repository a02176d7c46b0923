"""A shopper's behaviour put in the terms of a model: which catalogue rows, how strongly, how long ago.

It knows a history and a catalogue; both the profile and the ranking start from here.

Shape suffixes: L events of known items, oldest first; K distinct items, the most recent first, H half-lives,
N items of the catalogue, G groups (categories).
"""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from recommender.data.behaviour import NOTHING_DONE, Behaviour
from recommender.data.catalog import Catalogue
from recommender.data.event_weights import DAY, PURCHASE, decay, strengths
from recommender.data.history import History
from recommender.data.side_info import NOTHING, Background
from recommender.models.counting.user_knn import tasted
from recommender.models.manifest import SEQUENCES, Manifest

HALF_LIVES_DAYS = (10.0, 25.0, 60.0, 120.0)
RECENT, LASTING, LONG = 1, 2, 3  # which of them is meant by "recent", "lasting" and "long"
NEAR, FAR = 0.5, 0.85  # what is left of an event's weight one visit further back
VISITS = 50  # further back than that it weighs nothing


@dataclass(frozen=True, slots=True)
class Shopper:
    """`frequency_KH` is the decayed strength of the events of each item, one column a half-life."""

    moment: int  # that behaviour is looked back from
    asked_at: int  # the moment of the question, at which what sells is looked up
    rows_L: NDArray[np.int64]
    kinds_L: NDArray[np.int8]
    strengths_L: NDArray[np.float32]
    times_L: NDArray[np.int64]
    events_L: NDArray[np.object_]
    context_L: NDArray[np.bool_]  # what the shopper looks at right now, not what they did before
    rows_K: NDArray[np.int64]
    place_L: NDArray[np.int64]  # each event's index into K
    last_K: NDArray[np.int64]
    first_K: NDArray[np.int64]
    purchases_K: NDArray[np.float32]
    bought_days_K: NDArray[np.float32]  # distinct days with a purchase of it
    frequency_KH: NDArray[np.float32]
    background: Background = NOTHING
    behaviour: Behaviour = NOTHING_DONE
    disliked_rows: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.rows_L)

    @property
    def shopping_days(self) -> int:
        """On how many days (UTC) there was an event; what the shopper looks at right now counts as one."""
        return len(set((self.times_L // DAY).tolist()))

    @property
    def lasting_K(self) -> NDArray[np.float32]:
        """What the shopper keeps coming back to."""
        kept_K: NDArray[np.float32] = self.frequency_KH[:, LASTING].clip(min=0)
        return kept_K

    @property
    def tastes_K(self) -> NDArray[np.float32]:
        """Over the long run; staples are damped by a root."""
        return tasted(self.frequency_KH[:, LONG])

    def by_place(self, decay: float, visit_size: float) -> NDArray[np.float32]:
        """K weights: each event less than the one after it, by `decay` a visit of so many events, ties alike."""
        backwards_L = np.arange(len(self.rows_L))[::-1]
        weights_L = np.where(backwards_L < VISITS * visit_size, decay ** (backwards_L / visit_size), 0)
        weights_L = self._ties_alike(weights_L) * self.strengths_L
        return np.bincount(self.place_L, weights_L, minlength=len(self.rows_K)).clip(min=0).astype(np.float32)

    def _ties_alike(self, weights_L: NDArray[np.float64]) -> NDArray[np.float64]:
        """Events of one time, whose order nobody knows, weigh their mean each; the context's do have an order."""
        begins_L = (np.diff(self.times_L, prepend=-1) != 0) | self.context_L
        if begins_L.all():
            return weights_L
        starts = np.flatnonzero(begins_L)
        sizes = np.diff(starts, append=len(weights_L))
        return np.repeat(np.add.reduceat(weights_L, starts) / sizes, sizes)

    def places_by_row(self) -> dict[int, list[int]]:
        """Where each item's events stand, the latest first; never those of the context."""
        own, rows = np.flatnonzero(~self.context_L)[::-1].tolist(), self.rows_L.tolist()
        places: dict[int, list[int]] = {}
        for place in own:
            places.setdefault(rows[place], []).append(place)
        return places


def prepare(
    history: History,
    catalogue: Catalogue,
    moment: int,
    context: tuple[str, ...] = (),
    background: Background = NOTHING,
    asked_at: int | None = None,
) -> Shopper:
    """The shopper at `moment`: events later than that, of unknown items or of none, are left out.

    What the shopper disliked is left out too, as if they had never touched it: it leads to nothing and is a reason for
    nothing. Likes of its category count less, by the share that dislikes have of all that was said there.
    """
    seen = history.with_views(context, moment) if context else history
    rows, kinds, values, times = catalogue.rows_of(seen.item_ids.tolist()), seen.event_types, seen.values, seen.times
    events, in_context = seen.event_ids, np.arange(len(rows)) >= len(history)
    kept = (rows >= 0) & (times <= moment)
    weights = np.where(in_context, 1.0, strengths(kinds, values)).astype(np.float32)
    disliked_rows = rows[:0]
    if (kept & (weights < 0)).any():
        disliked_rows, taken_back = find_disliked(rows, kinds, weights, kept)
        weights = weights * _less_of_kind(catalogue, rows, weights, kept & ~in_context, disliked_rows)
        kept &= ~taken_back
    shopper = _shopper(moment, rows[kept], kinds[kept], weights[kept], times[kept], events[kept], in_context[kept])
    if len(disliked_rows):
        shopper = replace(shopper, disliked_rows=disliked_rows)
    if asked_at is not None:
        shopper = replace(shopper, asked_at=asked_at)
    return replace(shopper, background=background) if background else shopper


def find_disliked(
    rows_L: NDArray[np.int64], kinds_L: NDArray[np.int8], weights_L: NDArray[np.float32], kept_L: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The rows that the shopper disliked and has not bought again since, and the events that a dislike takes back.

    Events stand in order of time. A dislike takes back all that was done with the item before it; without a purchase
    after it, what was done later as well.
    """
    disliked: list[int] = []
    taken_back_L = np.zeros(len(rows_L), dtype=bool)
    for row in np.unique(rows_L[kept_L & (weights_L < 0)]).tolist():
        own = np.flatnonzero(kept_L & (rows_L == row))
        last = own[weights_L[own] < 0][-1]
        if not (kinds_L[own[own > last]] == PURCHASE).any():
            disliked.append(row)
            last = own[-1]
        taken_back_L[own[own <= last]] = True
    return np.array(disliked, dtype=np.int64), taken_back_L


def disliked_rows_of(history: History, catalogue: Catalogue, now: int) -> NDArray[np.int64]:
    """The rows of the catalogue that a shopper of this history dislikes at `now`."""
    weights = strengths(history.event_types, history.values)
    kept = (weights < 0) & (history.times <= now)
    if not kept.any():
        return np.zeros(0, dtype=np.int64)
    rows = catalogue.rows_of(history.item_ids.tolist())
    return find_disliked(rows, history.event_types, weights, (rows >= 0) & (history.times <= now))[0]


def _less_of_kind(
    catalogue: Catalogue,
    rows_L: NDArray[np.int64],
    weights_L: NDArray[np.float32],
    said_L: NDArray[np.bool_],
    disliked_rows: NDArray[np.int64],
) -> NDArray[np.float32]:
    """What is left of each event's weight: likes of its category among likes and dislikes; 1 where nothing is named."""
    codes_N, named = catalogue.path_codes, np.array([bool(path) for path in catalogue.paths], dtype=bool)
    size = len(catalogue.paths)
    liked_G = np.bincount(codes_N[np.unique(rows_L[said_L & (weights_L > 0)])], minlength=size)
    disliked_G = np.bincount(codes_N[disliked_rows], minlength=size)
    share_G = np.where(named, (liked_G + 1) / (liked_G + disliked_G + 1), 1.0).astype(np.float32)
    left_L: NDArray[np.float32] = np.where(weights_L > 0, share_G[codes_N[rows_L]], np.float32(1))
    return left_L


def prepare_question(
    manifest: Manifest,
    history: History,
    catalogue: Catalogue,
    now: int,
    context: tuple[str, ...] = (),
    background: Background = NOTHING,
    behaviour: Behaviour = NOTHING_DONE,
) -> Shopper:
    """The shopper who asks this model at `now`, behaviour seen from a moment such as the model learned from.

    A model of sequences looks back from the shopper's own last event. One of windows looks back from now, but never
    from longer after the end of its data, or after the shopper's own last event where that is later, than a day: a shop
    that was closed, data that ended long ago, or a shopper who comes back after years, changes no order by itself.
    """
    past = history.times[history.times <= now]
    last = int(past[-1]) if len(past) else now
    if manifest.examples == SEQUENCES:
        moment = last
    else:
        moment = min(now, max(int(manifest.statistics_until.timestamp()), last + DAY))
    shopper = prepare(history, catalogue, moment, context, background, asked_at=now)
    return shopper if behaviour is NOTHING_DONE else replace(shopper, behaviour=behaviour)


def _shopper(
    moment: int,
    rows_L: NDArray[np.int64],
    kinds_L: NDArray[np.int8],
    strengths_L: NDArray[np.float32],
    times_L: NDArray[np.int64],
    events_L: NDArray[np.object_],
    context_L: NDArray[np.bool_],
) -> Shopper:
    length = len(rows_L)
    distinct, from_end, inverse = np.unique(rows_L[::-1], return_index=True, return_inverse=True)
    order = np.argsort(from_end, kind="stable")  # distinct items by their last event, the latest first
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    place_L = rank[inverse[::-1]]
    count = len(distinct)
    first_K = np.full(count, moment, dtype=np.int64)
    np.minimum.at(first_K, place_L, times_L)
    bought_L = kinds_L == PURCHASE
    days = np.sort(place_L[bought_L] * 2**32 + times_L[bought_L] // DAY)  # faster than np.unique for so few
    days = days[np.flatnonzero(np.diff(days, prepend=-1))] // 2**32
    frequency = [
        np.bincount(place_L, strengths_L * decay(times_L, moment, life), minlength=count) for life in HALF_LIVES_DAYS
    ]
    return Shopper(
        moment=moment,
        asked_at=moment,
        rows_L=rows_L,
        kinds_L=kinds_L,
        strengths_L=strengths_L,
        times_L=times_L,
        events_L=events_L,
        context_L=context_L,
        rows_K=distinct[order],
        place_L=place_L,
        last_K=times_L[length - 1 - from_end[order]] if length else first_K,
        first_K=first_K,
        purchases_K=np.bincount(place_L[bought_L], minlength=count).astype(np.float32),
        bought_days_K=np.bincount(days, minlength=count).astype(np.float32),
        frequency_KH=np.stack(frequency, axis=1).astype(np.float32),
    )
