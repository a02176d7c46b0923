"""Goods to ask the assistant about, found by the real search."""

from functools import lru_cache

from recommender.assistant.goods import Finder, FoundGoods, Good, SeenHit, content_words, split_by_fit
from recommender.search.query_understanding import understand
from tests.support.shops.goods import ask, shop_of

GOODS = {
    "tea-1": "Black tea",
    "tea-2": "Oolong tea",
    "pet-1": "Dog leash",
    "oat-1": "Oat milk 1 l | without added sugar",
    "oat-2": "Vanilla oat milk 1 l",
    "cow-1": "Whole milk 1 l",
    "saus-1": "Vegan sausages",
    "saus-2": "Pork sausages",
    "zh-1": "燕麦奶 1升",
    "zh-2": "全脂牛奶 1升",
}
PRICES = {"tea-1": 3.5, "tea-2": 4.0, "oat-1": 1.99, "oat-2": 2.49, "saus-1": 3.79, "zh-1": 19.9, "zh-2": 11.9}
STATES = {"saus-1": ("in_stock", 14.0), "saus-2": ("out_of_stock", 0.0), "tea-1": ("in_stock", 400.0)}


def good(item_id: str) -> Good:
    availability, stock = STATES.get(item_id, (None, None))
    title = GOODS[item_id].partition("|")[0].strip()
    return Good(item_id, title, PRICES.get(item_id), "", availability, stock)


@lru_cache
def finder() -> Finder:
    """The real search over `GOODS`."""
    front = shop_of(GOODS)

    def find(query: str, below: float | None) -> FoundGoods:
        hits = [SeenHit(good(hit.item_id), hit.matched, hit.says_without) for hit in ask(front, query).hits]
        within = [hit for hit in hits if below is None or (hit.good.price or below) < below]
        return split_by_fit(within, content_words(understand(front.index, query)))

    return Finder(find, lambda item_id: good(item_id) if item_id in GOODS else None)
