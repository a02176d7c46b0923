"""The purchases of a synthetic shop: each shopper's baskets, and in them what is bought again and what anew.

A line of a basket is drawn anew, from a favourite category or any, or it is what an earlier line of this shopper was:
so what was bought often is bought again often. Some shoppers are made at a time, with random numbers of their own.

Shape suffixes: U shoppers, B baskets of some shoppers, L events (lines of baskets), G groups (favourite categories).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recommender.importing.synthetic.catalogue import SyntheticCatalogue, item_ids
from recommender.importing.synthetic.description import FAVOURITES, Description

STREAM = 2
END = datetime(2018, 1, 1, tzinfo=UTC)  # no purchase is later; as the demo's
HOURS, DAY_SECONDS = 24, 86_400
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Baskets:
    """Baskets of some shoppers, in order of shopper and time. `before_B`: lines that the shopper bought before."""

    user_B: Ints
    second_B: Ints  # since the first day began
    lines_B: Ints
    before_B: Ints


def purchase_frames(
    catalogue: SyntheticCatalogue, shoppers: int, days: int, seed: int, rows: int
) -> Iterator[pl.DataFrame]:
    """All purchases, about so many rows at a time, as the import takes them: shopper by shopper, each in time."""
    description = catalogue.description
    at_once = max(1, int(rows / (description.lines_a_shopper * days / description.days)))
    for block, first in enumerate(range(0, shoppers, at_once)):
        random = np.random.default_rng([seed, STREAM, block])
        frame = _draw(catalogue, first, min(at_once, shoppers - first), days, random)
        if len(frame):
            yield frame


def user_ids(numbers: pl.Series) -> pl.Series:
    """The id of each shopper."""
    return "u" + numbers.cast(pl.String).str.zfill(8)


def _draw(
    catalogue: SyntheticCatalogue, first: int, count: int, days: int, random: np.random.Generator
) -> pl.DataFrame:
    description = catalogue.description
    baskets = draw_baskets(description, count, days, random)
    basket_L, item_L = draw_lines(catalogue, baskets, count, random)
    share = np.cumsum(description.quantities)
    quantity_L = 1 + np.searchsorted(share, random.random(len(item_L)) * share[-1], side="right")
    user_L = pl.Series(baskets.user_B[basket_L] + first)
    place_B = np.arange(len(baskets.user_B)) - np.searchsorted(baskets.user_B, baskets.user_B)
    return pl.DataFrame(
        {
            "user_id": user_ids(user_L),
            "basket": place_B[basket_L],
            "item_id": item_ids(pl.Series(item_L)),
            "value": np.round(catalogue.price_N[item_L] * quantity_L, 2),
            "quantity": quantity_L.astype(np.float64),
            "second": baskets.second_B[basket_L],
        }
    ).select(
        pl.format("{}-{}-{}", "user_id", "basket", "item_id").alias("event_id"),
        "user_id",
        pl.format("{}-{}", "user_id", "basket").alias("session_id"),
        "item_id",
        pl.lit("purchase").alias("event_type"),
        "value",
        "quantity",
        (pl.lit(END - timedelta(days=days), pl.Datetime("us", "UTC")) + pl.duration(seconds="second")).alias("time"),
    )


def draw_baskets(description: Description, count: int, days: int, random: np.random.Generator) -> Baskets:
    """When so many shoppers come in these days, and how much they take each time."""
    often_U, much_U = random.random((2, count))
    expected_U = at_part(description.baskets, often_U) * days / description.days
    baskets_U = np.floor(expected_U + random.random(count)).astype(np.int64)
    user_B = np.repeat(np.arange(count), baskets_U)
    second_B = draw_seconds(description, len(user_B), days, random)
    second_B = second_B[np.lexsort((second_B, user_B))]
    group_U = (often_U * len(description.fullness)).astype(np.int64)
    fullness_U = np.zeros(count)
    for group, means in enumerate(description.fullness):
        fullness_U[group_U == group] = at_part(means, much_U[group_U == group])
    expected_B = at_part(description.lines, random.random(len(user_B))) * description.lines_mean * fullness_U[user_B]
    lines_B = np.maximum(1, np.floor(expected_B + random.random(len(user_B)))).astype(np.int64)
    total_B = np.cumsum(lines_B) - lines_B
    return Baskets(user_B, second_B, lines_B, total_B - total_B[np.searchsorted(user_B, user_B)])


def draw_seconds(description: Description, count: int, days: int, random: np.random.Generator) -> Ints:
    """Moments of baskets, by the source's weekdays and hours."""
    hours = np.array(description.hours)
    weekday = (np.arange(days) + (END - timedelta(days=days)).weekday()) % len(hours)
    share = np.cumsum(hours[weekday].ravel())
    hour = np.searchsorted(share, random.random(count) * share[-1], side="right")
    seconds: Ints = hour * (DAY_SECONDS // HOURS) + random.integers(0, DAY_SECONDS // HOURS, count)
    return seconds


def draw_lines(
    catalogue: SyntheticCatalogue, baskets: Baskets, count: int, random: np.random.Generator
) -> tuple[Ints, Ints]:
    """The basket and the item of each line; no item is twice in a basket."""
    description = catalogue.description
    basket_L = np.repeat(np.arange(len(baskets.user_B)), baskets.lines_B)
    user_L, before_L, own_L = baskets.user_B[basket_L], baskets.before_B[basket_L], np.arange(len(basket_L))
    first_L = np.searchsorted(user_L, user_L)
    place, share = np.array(description.first_bought).T
    anew_L = random.random(len(basket_L)) < np.interp(np.log1p(before_L), np.log1p(place), share)
    anew_L |= before_L == 0
    copied_L = np.where(anew_L, own_L, first_L + (random.random(len(basket_L)) * before_L).astype(np.int64))
    while not np.array_equal(further_L := copied_L[copied_L], copied_L):
        copied_L = further_L
    favourite_UG = catalogue.draw_categories((count, FAVOURITES), random)
    item_L = _draw_anew(catalogue, favourite_UG, user_L, random)[copied_L]
    twice = _repeated(basket_L, item_L, len(catalogue))
    item_L[twice] = _draw_anew(catalogue, favourite_UG, user_L[twice], random)
    kept = ~_repeated(basket_L, item_L, len(catalogue))
    return basket_L[kept], item_L[kept]


def _draw_anew(catalogue: SyntheticCatalogue, favourite_UG: Ints, user_L: Ints, random: np.random.Generator) -> Ints:
    favourite_L = favourite_UG[user_L, random.integers(0, FAVOURITES, len(user_L))]
    any_L = catalogue.draw_categories((len(user_L),), random)
    loyal_L = random.random(len(user_L)) < catalogue.description.loyalty
    return catalogue.draw_items(np.where(loyal_L, favourite_L, any_L), random)


def _repeated(basket_L: Ints, item_L: Ints, items: int) -> NDArray[np.bool_]:
    """Whether an earlier line of the basket is of the same item."""
    _, first = np.unique(basket_L * items + item_L, return_index=True)
    repeated = np.ones(len(basket_L), dtype=np.bool_)
    repeated[first] = False
    return repeated


def at_part(means: tuple[float, ...], drawn: Floats) -> Floats:
    """The means of the parts in which these quantiles lie."""
    place = np.minimum((drawn * len(means)).astype(np.int64), len(means) - 1)
    found: Floats = np.array(means)[place]
    return found
