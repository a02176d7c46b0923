"""The items of a synthetic shop: which category, how often each is bought, what it costs and is called.

Numbers of all items are kept as arrays, some 40 bytes an item; words are made some items at a time.

Shape suffixes: N items, G groups (categories).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recommender.importing.synthetic.description import TIERS, Description

STREAM = 1  # of the random numbers, beside the purchases'
ONSETS = tuple("b d f g h k l m n p r s t v z br cl dr st tr".split())  # noqa: SIM905
VOWELS = tuple("a e i o u ai ee ou".split())  # noqa: SIM905
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class SyntheticCatalogue:
    """All items by their number. `weight_N` sums to 1; `text_N` tells apart the texts of one category."""

    description: Description
    category_N: NDArray[np.int32]
    weight_N: Floats
    price_N: Floats
    text_N: Ints
    brand_N: Floats  # where between 0 and 1 its brand was drawn

    def __len__(self) -> int:
        return len(self.category_N)

    @cached_property
    def by_category_N(self) -> Ints:
        """Numbers of the items, those of a category together."""
        return np.argsort(self.category_N, kind="stable")

    @cached_property
    def cumulated_N(self) -> Floats:
        """Weights up to and with each item of `by_category_N`."""
        return np.cumsum(self.weight_N[self.by_category_N])

    @cached_property
    def end_G(self) -> Floats:
        """Weights up to and with each category."""
        weight_G = np.bincount(self.category_N, self.weight_N, len(self.description.categories))
        return np.cumsum(weight_G)

    def draw_categories(self, count: tuple[int, ...], random: np.random.Generator) -> Ints:
        """As often as their items are bought."""
        found: Ints = np.searchsorted(self.end_G, random.random(count) * self.end_G[-1], side="right")
        return np.minimum(found, len(self.end_G) - 1)

    def draw_items(self, categories: Ints, random: np.random.Generator) -> Ints:
        """An item of each of these categories, as often as it is bought."""
        start_G = np.concatenate([[0.0], self.end_G[:-1]])
        start, end = start_G[categories], self.end_G[categories]
        place = np.searchsorted(self.cumulated_N, start + random.random(len(categories)) * (end - start), side="right")
        found: Ints = self.by_category_N[np.minimum(place, len(self) - 1)]
        return found

    def frames(self, rows: int) -> Iterator[pl.DataFrame]:
        """Rows of items, some at a time, as the import takes them."""
        for start in range(0, len(self), rows):
            yield self._frame(np.arange(start, min(start + rows, len(self))))

    def _frame(self, numbers: Ints) -> pl.DataFrame:
        kinds = [self.description.categories[group] for group in self.category_N[numbers]]
        named = [
            _name(kind.names, kind.sizes, int(text)) for kind, text in zip(kinds, self.text_N[numbers], strict=True)
        ]
        sizes = [json.dumps({"size": size} if size else {}) for _, size in named]
        brands = [_brand(kind.brands, drawn) for kind, drawn in zip(kinds, self.brand_N[numbers], strict=True)]
        return pl.DataFrame(
            {
                "item_id": item_ids(pl.Series(numbers)),
                "title": [title for title, _ in named],
                "categories": [json.dumps(kind.path, ensure_ascii=False) for kind in kinds],
                "attributes": sizes,
                "brand": pl.Series(brands, dtype=pl.String),
                "price": self.price_N[numbers],
            }
        )


def item_ids(numbers: pl.Series) -> pl.Series:
    """The id of each item."""
    return "p" + numbers.cast(pl.String).str.zfill(8)


def make_catalogue(description: Description, items: int, seed: int) -> SyntheticCatalogue:
    """So many items, the same for the same seed."""
    random = np.random.default_rng([seed, STREAM])
    rank_N = random.permutation(items)
    category_N = _categories(description, rank_N, random)
    log_price_G2 = np.array([kind.price for kind in description.categories])[category_N]
    price_N = np.exp(log_price_G2[:, 0] + log_price_G2[:, 1] * random.standard_normal(items))
    texts_G = np.bincount(category_N, minlength=len(description.categories)) * description.distinct_texts
    return SyntheticCatalogue(
        description,
        category_N,
        weights_by_rank(description, items)[rank_N],
        np.maximum(np.round(price_N, 2), 0.01),
        (random.random(items) * np.maximum(texts_G, 1)[category_N]).astype(np.int64),
        random.random(items),
    )


def weights_by_rank(description: Description, items: int) -> Floats:
    """The share of what is bought that falls to each item, the best seller first; the same part has the same share."""
    share, sold = np.array(description.sold).T
    part = np.arange(1, items + 1) / items
    slope = np.log(sold[1] / sold[0]) / np.log(share[1] / share[0])
    total = np.exp(np.interp(np.log(part), np.log(share), np.log(sold)))
    total = np.where(part < share[0], sold[0] * (part / share[0]) ** slope, total)
    weight: Floats = np.maximum(np.diff(total, prepend=0.0), 0.0)
    weight /= weight.sum()
    return weight


def _categories(description: Description, rank_N: Ints, random: np.random.Generator) -> NDArray[np.int32]:
    """The category of each item, by the share of its tier."""
    counts = np.array([kind.items for kind in description.categories], dtype=np.float64)
    tier_N = np.searchsorted(TIERS, (rank_N + 1) / len(rank_N))
    drawn_N, category_N = random.random(len(rank_N)), np.zeros(len(rank_N), dtype=np.int32)
    for tier in range(len(TIERS)):
        here = tier_N == tier
        share_G = np.cumsum(counts[:, tier] if counts[:, tier].any() else counts.sum(axis=1))
        category_N[here] = np.searchsorted(share_G, drawn_N[here] * share_G[-1], side="right")
    return np.minimum(category_N, len(counts) - 1)


def _name(names: tuple[str, ...], sizes: tuple[str, ...], text: int) -> tuple[str, str]:
    """A title, and the size in it: names first, then sizes, and where these are used up a make's name before them."""
    kinds = max(len(sizes), 1)
    make, rest = divmod(text, len(names) * kinds)
    name, size = names[rest % len(names)], sizes[rest // len(names)] if sizes else ""
    title = f"{_make(make)} {name}" if make else name
    return (f"{title}, {size}" if size else title), size


def _make(number: int) -> str:
    """A made-up name, another for each number."""
    syllables = [onset + vowel for onset in ONSETS for vowel in VOWELS]
    word = ""
    number += len(syllables)  # two syllables at least
    while number:
        number, place = divmod(number, len(syllables))
        word += syllables[place]
    return word.capitalize()


def _brand(brands: dict[str, int], drawn: float) -> str | None:
    places = np.cumsum(list(brands.values()))
    return list(brands)[int(np.searchsorted(places, drawn * places[-1], side="right"))] if brands else None
