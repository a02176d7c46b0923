"""The shopper's own items: how often, how lately and how regularly each was touched and bought.

Counts are made of the shopper's distinct items once and read at the candidates; a candidate that isn't one of them
gets 0, or what stands for never.

Shape suffixes: L events, K the shopper's distinct items, C candidates, N items, A lengths of absence,
H half-lives, F columns, W windows of time.
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from recommender.data.event_weights import DAY, PURCHASE
from recommender.models.bundle import ModelBundle
from recommender.models.tensors import Tensors
from recommender.profiles.user_state import HALF_LIVES_DAYS, Shopper
from recommender.retrieval.base import CandidateSource, Column, Past, register
from recommender.retrieval.query import Ints, Query
from recommender.retrieval.sources.purchase_cycles import Cycles, fit_cycles

NEVER = 400.0  # days
EDGES_DAYS = (0, 7, 14, 21, 28, 42, 56, 91, 182, 400)
TRIPS, TRIP_HALF_LIVES = (3, 8, 20), (4.0, 12.0)
LEAST_BACK = 0.01  # the chance to be bought again within a month from which an item is shown to who has it
GAPS_TRUSTED = 2.0  # own gaps that count as much as everybody's
MONTH_DAYS = 30.0


class Own(CandidateSource):
    """Brings the shopper's own items, those they come back to most first."""

    name, default_quota = "repeat", 280
    columns = (
        "own short", "own recent", "own lasting", "own long", "own share", "purchases", "bought", "touched", "since",
        "first", "gap", "due", "day rate",
    )  # fmt: skip

    def fit_tensors(self, past: Past) -> Tensors:
        """How often each item comes back, which tells what is bought once from what is bought again."""
        return fit_cycles(past).tensors()

    def retrieve(self, query: Query) -> Ints | None:
        """The shopper's own items, but for what they look at right now."""
        return query.own_rows

    def values(self, query: Query, rows_C: Ints) -> Iterator[Column]:
        """How much, how often and how regularly the candidate was chosen; times in days."""
        shopper = query.shopper
        place_C = query.own_place_of(rows_C)
        frequency_KH = shopper.frequency_KH.clip(min=0)
        since_K, first_K = (shopper.moment - shopper.last_K) / DAY, (shopper.moment - shopper.first_K) / DAY
        gap_K = (first_K - since_K) / np.maximum(shopper.bought_days_K - 1, 1)
        due_K = np.where(shopper.bought_days_K >= 2, since_K / np.maximum(gap_K, 0.5), -1).clip(max=8)
        share_K = shopper.lasting_K / max(float(shopper.lasting_K.sum()), 1e-6)
        rate_K = shopper.bought_days_K / max(shopper.shopping_days, 1)
        touched_K = np.ones(len(since_K))
        known = (
            share_K,
            shopper.purchases_K,
            shopper.purchases_K > 0,
            touched_K,
            since_K,
            first_K,
            gap_K,
            due_K,
            rate_K,
        )
        never = [0.0] * (len(HALF_LIVES_DAYS) + 4) + [NEVER, 0, 0, -1, 0]
        values_KF = np.column_stack([frequency_KH, *known]).astype(np.float32)
        yield from np.vstack([values_KF, np.array(never, dtype=np.float32)])[place_C].T


class Habits(CandidateSource):
    """When each was bought, by days and by trips, how regularly, and who comes back to it after so long."""

    name = "habits"
    columns = (
        *(f"own of {low} to {high} days" for low, high in pairwise(EDGES_DAYS)),
        *(f"own of {trips} trips" for trips in TRIPS), *(f"own by trips {life:g}" for life in TRIP_HALF_LIVES),
        "trips since", "usual gap", "own gap", "due by gap", "gap spread", "back",
        "items of a month", "share bought again", "share kept",
    )  # fmt: skip

    def is_active(self, bundle: ModelBundle) -> bool:
        """Whether shoppers of this shop come back to their own items, and how soon was counted."""
        return bundle.manifest.repeats and Own.name in bundle.parts

    def values(self, query: Query, rows_C: Ints) -> Iterator[Column]:
        """Purchases by days and trips back, what is due by own and usual gaps, and how the shopper buys on the whole.

        Where the shopper bought nothing, all events that speak for an item stand for purchases.
        """
        shopper, place_C = query.shopper, query.own_place_of(rows_C)
        bought_L = shopper.kinds_L == PURCHASE
        if not bought_L.any():
            bought_L = shopper.strengths_L > 0
        place_L, count = shopper.place_L[bought_L], len(shopper.rows_K)
        age_L = ((shopper.moment - shopper.times_L[bought_L]) / DAY).clip(0)
        trip_L = _trips_back(shopper.times_L[bought_L])
        bins = len(EDGES_DAYS) - 1
        bin_L = (np.searchsorted(EDGES_DAYS, age_L, side="right") - 1).clip(0, bins - 1)
        spans_KW = np.bincount(place_L * bins + bin_L, minlength=count * bins).reshape(count, bins)
        trips = [np.bincount(place_L, trip_L <= most, minlength=count) / most for most in TRIPS]
        trips += [np.bincount(place_L, np.exp2(-trip_L / life), count).astype(np.float64) for life in TRIP_HALF_LIVES]
        since_K = np.full(count, NEVER / 2)
        np.minimum.at(since_K, place_L, trip_L)
        values_KF = np.column_stack([spans_KW, *trips, np.log(since_K)])
        never = np.zeros((1, values_KF.shape[1]))
        never[0, -1] = np.log(NEVER / 2)
        yield from np.vstack([values_KF, never]).astype(np.float32)[place_C].T
        yield from self._due(query, rows_C, place_C, place_L, shopper.times_L[bought_L] // DAY, age_L)
        yield from _ways(place_L, age_L)

    def _due(
        self,
        query: Query,
        rows_C: Ints,
        place_C: NDArray[np.int32],
        place_L: Ints,
        day_L: Ints,
        age_L: NDArray[np.float64],
    ) -> Iterator[Column]:
        """Time since the last purchase beside the shopper's own gaps, drawn to everybody's where those are few."""
        cycles, count = Cycles.read(query.bundle.parts[Own.name]), len(query.shopper.rows_K)
        days = np.unique(place_L * 2**32 + day_L)
        owner, gap = (days >> 32)[1:], np.diff(days)
        apart = np.diff(days >> 32) == 0
        powers = [np.bincount(owner[apart], gap[apart] ** power, minlength=count) for power in (0.0, 1.0, 2.0)]
        number_C, total_C, squares_C = (np.append(power_K, 0)[place_C] for power_K in powers)
        since_K = np.full(count, NEVER)
        np.minimum.at(since_K, place_L, age_L)
        since_C = np.append(since_K, NEVER)[place_C]
        usual_C = cycles.gap_N[rows_C]
        gap_C = (total_C + GAPS_TRUSTED * usual_C) / (number_C + GAPS_TRUSTED)
        mean_C = total_C / np.maximum(number_C, 1)
        spread_C = np.sqrt((squares_C / np.maximum(number_C, 1) - mean_C**2).clip(0)) / np.maximum(mean_C, 1)
        has_C = since_C < NEVER
        yield np.log1p(usual_C)
        yield np.log1p(gap_C)
        yield np.where(has_C, np.log((since_C + 1) / (gap_C + 1)), -4)
        yield np.where(number_C > 0, spread_C, -1)
        yield np.where(has_C, cycles.back(since_C, rows_C), 0)


def not_bought_again(bundle: ModelBundle, shopper: Shopper) -> Ints:
    """The shopper's own purchases that shoppers of this shop hardly ever come back to after so long.

    By item, category and the days since, as all histories tell, or by item and category whatever the days since; a
    model that has not counted that names none.
    """
    if Own.name not in bundle.parts or not len(shopper):
        return np.zeros(0, dtype=np.int64)
    bought_L = (shopper.kinds_L == PURCHASE) & ~shopper.context_L
    since_K = np.full(len(shopper.rows_K), np.inf)
    np.minimum.at(since_K, shopper.place_L[bought_L], ((shopper.moment - shopper.times_L[bought_L]) / DAY).clip(0))
    bought_K = np.isfinite(since_K)
    rows: Ints = shopper.rows_K[bought_K]
    rows, since = rows[rows < bundle.parts[Own.name]["gap_N"].shape[0]], since_K[bought_K]
    cycles = Cycles.read(bundle.parts[Own.name])
    return rows[np.minimum(cycles.back(since, rows), cycles.ever_N[rows]) < LEAST_BACK]


def without_unwanted(
    bundle: ModelBundle, shopper: Shopper, allowed_N: NDArray[np.bool_], include_bought: bool = False
) -> NDArray[np.bool_]:
    """Of the allowed rows those that the shopper didn't dislike and, unless asked for, doesn't have for good.

    What can't be told from such a row goes with it.
    """
    unwanted = shopper.disliked_rows
    if not include_bought:
        unwanted = np.concatenate([unwanted, not_bought_again(bundle, shopper)])
    if not len(unwanted):
        return allowed_N
    left_N = allowed_N.copy()
    left_N[bundle.catalogue.duplicates.joined(unwanted)] = False
    return left_N


def _trips_back(times_L: NDArray[np.int64]) -> NDArray[np.float64]:
    """How many days of shopping back each event was; the latest is 1. Times ascend."""
    days = times_L // DAY
    number_L = np.cumsum(np.diff(days, prepend=-1) != 0)
    return (number_L[-1] + 1 - number_L if len(number_L) else number_L).astype(np.float64)


def _ways(place_L: Ints, age_L: NDArray[np.float64]) -> Iterator[float]:
    """How many items are bought in a month, how many of them again, and how many of the month before."""
    now = np.unique(place_L[age_L < MONTH_DAYS])
    earlier = np.unique(place_L[age_L >= MONTH_DAYS])
    before = np.unique(place_L[(age_L >= MONTH_DAYS) & (age_L < 2 * MONTH_DAYS)])
    again, kept = (len(np.intersect1d(now, other, assume_unique=True)) for other in (earlier, before))
    yield float(np.log1p(len(now)))
    yield (again + 2) / (len(now) + 4)
    yield (kept + 1) / (len(before) + 5)


register(Own())
register(Habits())
