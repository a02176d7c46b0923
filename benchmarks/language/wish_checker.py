"""What satisfies a wish of the benchmark, by the patterns that stand beside it.

It reads items, and nothing that reads wishes.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from benchmarks.language.wish_shops import WishShop
from recommender.profiles.profile import Profile


@dataclass(frozen=True)
class Wish:
    """`expects`: says, not_says (patterns), max, min, level."""

    wish: str
    shop: str
    kind: str
    language: str
    split: str
    expects: Mapping[str, Any]


class Checker:
    """The items of a shop that satisfy a wish."""

    def __init__(self, shop: WishShop) -> None:
        catalogue = shop.front.index.catalogue
        on_sale = catalogue.sellable(shop.now)
        frame = catalogue.frame
        self.prices: dict[str, float] = {}
        self.texts: dict[str, str] = {}
        self.leaf: dict[str, str] = {}
        texts = [text.lower() for text in shop.front.index.searched()]
        columns = zip(frame["item_id"], frame["categories"], frame["price"], frame["kind"], on_sale, texts, strict=True)
        for item, path, price, kind, sold, text in columns:
            if sold and kind == "product" and item in shop.bundle.catalogue.index:
                self.texts[item], self.leaf[item] = text, path[-1] if len(path) else ""
                if price is not None:
                    self.prices[item] = price
        self.usual = self._medians(self.prices)
        self.shop = shop

    def satisfying(self, wish: Wish, profile: Profile | None) -> set[str]:
        level = self.usual | (self._own(profile) if profile is not None else {})
        expects = wish.expects
        found = self.matching(tuple(expects.get("says", ())), tuple(expects.get("not_says", ())))
        return {item for item in found if self._priced(item, expects, level)}

    def bought_of(self, user: str, wish: Wish) -> set[str]:
        """What the shopper then bought of the things that the wish is about."""
        found = self.matching(tuple(wish.expects.get("says", ())), ())
        return set(self.shop.bought.get(user, ())) & found if wish.expects.get("says") else set()

    @lru_cache(1000)  # noqa: B019 (as long as the run)
    def matching(self, says: tuple[str, ...], not_says: tuple[str, ...]) -> frozenset[str]:
        wanted, unwanted = [re.compile(one) for one in says], [re.compile(one) for one in not_says]
        return frozenset(
            item
            for item, text in self.texts.items()
            if all(one.search(text) for one in wanted) and not any(one.search(text) for one in unwanted)
        )

    def _priced(self, item: str, expects: Mapping[str, Any], level: Mapping[str, float]) -> bool:
        if not {"max", "min", "level"} & set(expects):
            return True
        price, usual = self.prices.get(item), level.get(self.leaf[item])
        if price is None or not expects.get("min", 0) <= price <= expects.get("max", price):
            return False
        if "level" not in expects:
            return True
        return usual is not None and (price < usual if expects["level"] == "cheaper" else price > usual)

    def _own(self, profile: Profile) -> dict[str, float]:
        bought = {item: self.shop.bundle.catalogue.index.get(item, -1) for item in set(profile.history.item_ids)}
        prices = self.shop.bundle.catalogue.prices
        leaves, leaf_N = self.shop.bundle.catalogue.leaves
        known = {item: row for item, row in bought.items() if row >= 0 and np.isfinite(prices[row])}
        by_leaf: dict[str, list[float]] = defaultdict(list)
        for row in known.values():
            by_leaf[leaves[leaf_N[row]]].append(float(prices[row]))
        return {leaf: sorted(paid)[(len(paid) - 1) // 2] for leaf, paid in by_leaf.items()}

    def _medians(self, prices: Mapping[str, float]) -> dict[str, float]:
        by_leaf: dict[str, list[float]] = defaultdict(list)
        catalogue = self.texts
        for item, price in prices.items():
            if item in catalogue:
                by_leaf[self.leaf[item]].append(price)
        return {leaf: sorted(paid)[(len(paid) - 1) // 2] for leaf, paid in by_leaf.items()}
