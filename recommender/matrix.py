"""The ranker's columns: what is known of each candidate, the shopper and the two together, as numbers.

It knows how to compute them, the same way in training and in serving; what they are worth the ranker learns.

Shape suffixes: C candidates, N items, K the shopper's distinct items, F columns, G groups of a kind.
"""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from recommender.artifacts import ModelBundle
from recommender.candidates import Candidates, brought, trusted_choices
from recommender.shoppers import LASTING, LONG, RECENT, Shopper
from recommender.signals import DAY

RECENT_ITEMS = 12
SOURCES = (
    "next last", "next near", "next far", "damped near", "damped far", "together near", "together taste",
    "alike close", "alike wide", "onward",
)  # fmt: skip
LIFTED = ("damped near", "together taste")  # also seen against how popular the item is anyway
OWN = (
    "own short", "own recent", "own lasting", "own long", "own share", "purchases", "bought", "touched", "since",
    "first", "gap", "due", "day rate",
)  # fmt: skip
ITEM = ("popular week", "popular month", "popular quarter", "popular", "trend", "repeat rate", "age")
GROUPS = ("brand", "category", "root")
HABITS = ("recent", "recent share", "recent part", "lasting", "lasting share", "lasting part", "part sold")
SHOPPER = ("events", "distinct share", "shopping days", "days away")
COLUMNS = (
    "sequence", *SOURCES, *(f"lift {name}" for name in LIFTED), "text", "text nearest", "text of the last", *OWN,
    *ITEM, *(f"{group} {habit}" for group in GROUPS for habit in HABITS), "price gap", *SHOPPER,
)  # fmt: skip
BESIDE = {  # columns that only a shop has which knows such things
    "image": ("image", "image nearest"),
    "trusted": ("trusted",),
    "demographic": ("demographic",),
}
NEVER = 400.0  # days

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Column = NDArray[np.floating] | float


def columns_with(*known: str) -> tuple[str, ...]:
    """The columns of a model of a shop where these things are known besides what all shops know."""
    return (*COLUMNS, *(column for name, more in BESIDE.items() if name in known for column in more))


def feature_matrix(bundle: ModelBundle, shopper: Shopper, candidates: Candidates) -> Floats:
    """float32 of shape (C, F): the columns that the bundle's ranker was trained on."""
    rows_C = candidates.rows_C
    matrix_FC = np.empty((len(bundle.manifest.ranker_columns), len(rows_C)), dtype=np.float32)
    for place, column in enumerate(_columns(bundle, shopper, candidates, rows_C)):
        matrix_FC[place] = column
    return matrix_FC.T


def _columns(bundle: ModelBundle, shopper: Shopper, candidates: Candidates, rows_C: Ints) -> Iterator[Column]:
    of = _taker(shopper, rows_C, len(bundle.catalogue))
    yield bundle.item_VD[bundle.item_row_N[rows_C]] @ candidates.vector_D
    arrived = dict(zip(SOURCES, brought(bundle, [candidates.flows[name] for name in SOURCES], rows_C), strict=True))
    yield from arrived.values()
    rarity_C = bundle.rarity_N[rows_C]
    for name in LIFTED:
        yield arrived[name] * rarity_C
    yield candidates.text_M[bundle.text_row_N[rows_C]]
    yield from _latest_texts(bundle, shopper, rows_C)
    yield from _own(shopper, of, len(rows_C))
    yield from _items(bundle, shopper, rows_C)
    for group in GROUPS:
        yield from _habits(bundle, shopper, group, rows_C, of)
    yield _price_gap(bundle, shopper, rows_C)
    yield from _shopper(shopper)
    if "image" in bundle.manifest.ranker_columns:
        yield from _photos(bundle, shopper, candidates)
    if "trusted" in bundle.manifest.ranker_columns:
        yield _trusted(bundle, shopper, rows_C)
    if "demographic" in bundle.manifest.ranker_columns:
        yield _demographic(bundle, shopper, rows_C)


Taker = Callable[[NDArray[np.generic]], Floats]


def _taker(shopper: Shopper, rows_C: Ints, items: int) -> Taker:
    """Reads values of the shopper's own items at the candidates; 0 where a candidate is none of them."""
    place_N = np.full(items, len(shopper.rows_K), dtype=np.int32)
    place_N[shopper.rows_K] = np.arange(len(shopper.rows_K))
    place_C = place_N[rows_C]

    def of(values_K: NDArray[np.generic]) -> Floats:
        return np.append(values_K, 0).astype(np.float32)[place_C]

    return of


def _latest_texts(bundle: ModelBundle, shopper: Shopper, rows_C: Ints) -> Iterator[Floats]:
    """The closest text among the latest items, and that of the last; the candidate itself not counted."""
    latest = shopper.rows_K[:RECENT_ITEMS]
    cosines = bundle.text_MT[bundle.text_row_N[rows_C]] @ bundle.text_MT[bundle.text_row_N[latest]].T
    cosines[rows_C[:, None] == latest[None, :]] = 0
    yield cosines.max(axis=1)
    yield cosines[:, 0]


def _photos(bundle: ModelBundle, shopper: Shopper, candidates: Candidates) -> Iterator[Column]:
    """How like the photos of what the shopper came for lately, all together and the closest of the latest items."""
    if bundle.photos is None:
        raise ValueError("the ranker looks at photos, the model has none")
    rows_C, latest = candidates.rows_C, shopper.rows_K[:RECENT_ITEMS]
    photos_CI = bundle.photos.at(rows_C)
    yield photos_CI @ candidates.photo_I
    cosines = photos_CI @ bundle.photos.at(latest).T
    cosines[rows_C[:, None] == latest[None, :]] = 0
    yield cosines.max(axis=1)


def _trusted(bundle: ModelBundle, shopper: Shopper, rows_C: Ints) -> Column:
    """Which share of the people the shopper trusts came for it lately."""
    if not shopper.background.trusted:
        return 0.0
    rows, shares = trusted_choices(bundle, shopper)
    share_N = np.zeros(len(bundle.catalogue), dtype=np.float32)
    share_N[rows] = shares
    return share_N[rows_C]


def _demographic(bundle: ModelBundle, shopper: Shopper, rows_C: Ints) -> Column:
    """How much more often shoppers of these attributes choose it."""
    if bundle.demographics is None or not shopper.background.attributes:
        return 0.0
    return bundle.demographics.everywhere(shopper.background.attributes, len(bundle.catalogue))[rows_C]


def _own(shopper: Shopper, of: Taker, count: int) -> Iterator[Floats]:
    frequency_KH = shopper.frequency_KH.clip(min=0)
    for life in range(frequency_KH.shape[1]):
        yield of(frequency_KH[:, life])
    yield of(shopper.lasting_K / max(float(shopper.lasting_K.sum()), 1e-6))
    purchases_C = of(shopper.purchases_K)
    touched_C = of(np.ones(len(shopper.rows_K)))
    yield purchases_C
    yield (purchases_C > 0).astype(np.float32)
    yield touched_C
    since_K, first_K = (shopper.moment - shopper.last_K) / DAY, (shopper.moment - shopper.first_K) / DAY
    gap_K = (first_K - since_K) / np.maximum(shopper.bought_days_K - 1, 1)
    again_K = shopper.bought_days_K >= 2
    yield np.where(touched_C > 0, of(since_K), np.float32(NEVER))
    yield of(first_K)
    yield of(gap_K)
    yield np.where(touched_C > 0, of(np.where(again_K, since_K / np.maximum(gap_K, 0.5), -1)), -1).clip(max=8)
    yield of(shopper.bought_days_K / max(shopper.shopping_days, 1))


def _items(bundle: ModelBundle, shopper: Shopper, rows_C: Ints) -> Iterator[Floats]:
    stats = bundle.statistics
    shares = np.log1p(1e4 * stats.popularity_NW[rows_C] / bundle.sold_W)
    yield from shares.T
    yield np.log1p(stats.total_N[rows_C])
    yield shares[:, 0] - shares[:, 2]
    yield stats.repeat_rate_N[rows_C]
    yield np.log1p(np.maximum(shopper.moment - stats.first_seen_N[rows_C], 0) / DAY).astype(np.float32)


def _habits(bundle: ModelBundle, shopper: Shopper, group: str, rows_C: Ints, of: Taker) -> Iterator[Floats]:
    """How much of the candidate's group the shopper chooses, and the candidate's part of it."""
    codes_N, unnamed = bundle.groups[group]
    codes_K, codes_C = codes_N[shopper.rows_K], codes_N[rows_C]
    named_C = codes_C != unnamed
    for life in (RECENT, LONG):
        frequency_K = shopper.frequency_KH[:, life].clip(min=0)
        total_G = np.bincount(codes_K, frequency_K, minlength=bundle.group_sizes[group]).astype(np.float32)
        within_C = total_G[codes_C] * named_C
        yield within_C
        yield within_C / (total_G.sum() + np.float32(0.5))
        yield (of(frequency_K) + np.float32(0.02)) / (within_C + np.float32(0.1))
    yield bundle.part_sold[group][rows_C]


def _price_gap(bundle: ModelBundle, shopper: Shopper, rows_C: Ints) -> Floats | float:
    level, known = price_level(bundle, shopper.rows_K, shopper.frequency_KH[:, LASTING].clip(min=0))
    if not known:
        return 0.0
    gap_C: Floats = np.nan_to_num(np.abs(np.log1p(bundle.catalogue.prices[rows_C]) - level), nan=0.0)
    return gap_C


def price_level(bundle: ModelBundle, rows_K: Ints, weights_K: Floats) -> tuple[float, bool]:
    """Mean log1p price of the shopper's items, and whether any of them has a price."""
    prices = np.log1p(bundle.catalogue.prices[rows_K])
    priced = np.isfinite(prices) & (weights_K > 0)
    if not priced.any():
        return 0.0, False
    return float(np.average(prices[priced], weights=weights_K[priced])), True


def _shopper(shopper: Shopper) -> Iterator[float]:
    """The same for all candidates of a shopper: the ranker reads them as context."""
    length = len(shopper)
    yield float(np.log1p(length))
    yield len(shopper.rows_K) / max(length, 1)
    yield float(np.log1p(shopper.shopping_days))
    yield float(np.log1p((shopper.moment - shopper.times_L[-1]) / DAY))
