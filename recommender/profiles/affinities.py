"""What a shopper leans to, each with the events that show it, and one sentence that says so.

It knows a shopper in the model's terms. Nothing is claimed that the events named as evidence don't show.

Shape suffixes: K the shopper's distinct items, L their events.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.data.event_weights import DAY, PURCHASE
from recommender.models.bundle import ModelBundle
from recommender.profiles.user_state import Shopper

MOST_CATEGORIES, MOST_BRANDS, MOST_REPEATS, MOST_EVIDENCE = 8, 5, 10, 5
LEAST_SHARE = 0.04
REPEAT_DAYS = 3  # bought on at least so many days: something the shopper comes back to
PRICE_BANDS = ("low", "medium", "high")


@dataclass(frozen=True, slots=True)
class Affinity:
    """Something the shopper leans to, with the events that show it.

    `kind` is "category", "brand", "price" or "repeat" (`key` is then an item id, `weight` its cycle in days). A
    category's and a brand's weight is its share of the shopper's decayed behaviour; for "price" the key is "low",
    "medium" or "high", the third of the catalogue's prices it mostly falls in, and the weight the share there.
    """

    kind: str
    key: str
    weight: float
    evidence: tuple[str, ...]  # event ids, most recent first


def find_affinities(bundle: ModelBundle, shopper: Shopper) -> tuple[Affinity, ...]:
    """The shopper's affinities: categories, then brands, a price band, and items they come back to.

    Of each kind the strongest come first. A shopper without events has none, and a share below `LEAST_SHARE` is none.
    """
    if not len(shopper):
        return ()
    catalogue = bundle.catalogue
    leaves, leaf_N = catalogue.leaves
    categories = _shares(shopper, leaves, leaf_N[shopper.rows_K])
    brands = _shares(shopper, catalogue.brands, catalogue.brand_codes[shopper.rows_K])
    return (
        *_of_kind("category", categories[:MOST_CATEGORIES]),
        *_of_kind("brand", brands[:MOST_BRANDS]),
        *_price(bundle, shopper),
        *_repeats(bundle, shopper),
    )


Share = tuple[str, float, tuple[str, ...]]


def _shares(shopper: Shopper, names: Sequence[str], codes_K: NDArray[np.integer[Any]]) -> list[Share]:
    """Each name's share of the behaviour, largest first; "" has a share but is not named."""
    weights_K = shopper.lasting_K
    total = float(weights_K.sum())
    if total <= 0:
        return []
    shares = np.bincount(codes_K, weights_K, minlength=len(names)) / total
    large = np.flatnonzero(shares >= LEAST_SHARE)
    chosen = [code for code in large[np.argsort(-shares[large], kind="stable")] if names[code]]
    return [(names[code], float(shares[code]), _evidence(shopper, codes_K == code)) for code in chosen]


def _evidence(shopper: Shopper, of_K: NDArray[np.bool_]) -> tuple[str, ...]:
    places = np.flatnonzero(of_K[shopper.place_L] & (shopper.strengths_L > 0))[::-1][:MOST_EVIDENCE]
    return tuple(str(shopper.events_L[place]) for place in places)


def _of_kind(kind: str, shares: list[Share]) -> list[Affinity]:
    return [Affinity(kind, name, round(share, 4), evidence) for name, share, evidence in shares]


def _price(bundle: ModelBundle, shopper: Shopper) -> list[Affinity]:
    bands_K = np.digitize(bundle.catalogue.prices[shopper.rows_K], bundle.price_thirds)
    priced_K = np.isfinite(bundle.catalogue.prices[shopper.rows_K])
    if not priced_K.any():
        return []
    return _of_kind("price", _shares(shopper, (*PRICE_BANDS, ""), np.where(priced_K, bands_K, 3))[:1])


def _repeats(bundle: ModelBundle, shopper: Shopper) -> list[Affinity]:
    often = np.flatnonzero(shopper.bought_days_K >= REPEAT_DAYS)
    often = often[np.lexsort((often, -shopper.lasting_K[often]))][:MOST_REPEATS]
    bought: dict[int, list[int]] = {place: [] for place in often.tolist()}
    for index in np.flatnonzero((shopper.kinds_L == PURCHASE) & np.isin(shopper.place_L, often)).tolist():
        bought[int(shopper.place_L[index])].append(index)
    found = []
    for place, indices in bought.items():
        events = tuple(str(shopper.events_L[index]) for index in indices[::-1][:MOST_EVIDENCE])
        item_id = str(bundle.catalogue.ids[shopper.rows_K[place]])
        found.append(Affinity("repeat", item_id, _cycle_days(shopper.times_L[indices] // DAY), events))
    return found


def _cycle_days(days: NDArray[np.int64]) -> float:
    """The median of the days from one day with a purchase to the next."""
    distinct = sorted(set(days.tolist()))
    return float(median(later - day for day, later in pairwise(distinct)))


def summarise(bundle: ModelBundle, shopper: Shopper, affinities: tuple[Affinity, ...]) -> str:
    """One sentence out of the affinities; it says no more than they do."""
    if not len(shopper):
        return "Nothing is known of this shopper yet."
    bought = bool((shopper.kinds_L == PURCHASE).any())
    by_kind = {
        kind: [one for one in affinities if one.kind == kind] for kind in ("category", "brand", "price", "repeat")
    }
    parts = []
    if categories := by_kind["category"][:3]:
        named = _joined([f"{one.key} ({one.weight:.0%})" for one in categories])
        parts.append(f"{'buys' if bought else 'looks at'} {named}")
    if brands := [one for one in by_kind["brand"] if one.weight >= 0.2][:2]:
        parts.append(f"{'chooses' if bought else 'looks for'} {_joined([one.key for one in brands])}")
    if (prices := by_kind["price"]) and prices[0].weight >= 0.5:
        parts.append(f"keeps mostly to {prices[0].key} prices")
    if repeats := by_kind["repeat"][:2]:
        parts.append(f"comes back to {_joined([_cycle(bundle, one) for one in repeats])}")
    sentence = "; ".join(parts) or f"{'bought' if bought else 'looked at'} {len(shopper.rows_K)} different items so far"
    return f"{sentence[0].upper()}{sentence[1:]}."


def _cycle(bundle: ModelBundle, affinity: Affinity) -> str:
    title = bundle.catalogue.titles[bundle.catalogue.index[affinity.key]]
    days = round(affinity.weight)
    return f"{title} about every {days} days" if days > 1 else f"{title} nearly every day"


def _joined(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
