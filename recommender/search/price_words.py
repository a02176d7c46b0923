"""What a query says of prices, taken out of its words: "cheap red wine", "under 10", 十块以下.

Bounds are figures. "Cheap" is at most, "expensive" above, what the shop takes for the item's kind: the median of its
narrowest category. Words that a text of the catalogue uses beside other words of the query are names ("Cheap Trick",
"Air Max 90"), and so are adjectives that titles are fond of ("premium") where any text has them.

Shape suffixes: O items of the index.
"""

import re

import numpy as np
from numpy.typing import NDArray

from recommender.search.search_index import SearchIndex
from recommender.search.text.prices import CHEAPER, PricePhrase, find_prices
from recommender.search.text.tokenization import split_folded

_OF_PRICE_ALONE = re.compile(r"cheap|inexpensive|affordable|expensive|more|less|not|nothing|pric|[便贵平低廉省不别]")


def take_prices(index: SearchIndex, text: str) -> tuple[str, tuple[PricePhrase, ...]]:
    """A folded query without what it says of prices, and that."""
    prices = [one for one in find_prices(text) if not _is_name(index, text, one)]
    for one in prices:
        text = text[: one.start] + " " * (one.end - one.start) + text[one.end :]
    return (" ".join(text.split()).strip(" ,;，") if prices else text), tuple(prices)


def _is_name(index: SearchIndex, text: str, price: PricePhrase) -> bool:
    if price.relation and not _OF_PRICE_ALONE.match(price.text):
        return index.texts_saying(price.text)
    adjacent = split_folded(text[: price.start])[-1:] + split_folded(text[price.end :])[:1]
    return any(index.texts_saying(price.text, word) for word in adjacent)


def priced(index: SearchIndex, price: PricePhrase) -> NDArray[np.bool_]:
    """Which items cost what was asked for; one without a price doesn't."""
    prices_O = index.catalogue.prices
    within_O: NDArray[np.bool_] = np.isfinite(prices_O)
    if price.low is not None:
        within_O &= prices_O >= price.low
    if price.high is not None:
        within_O &= prices_O <= price.high
    if price.relation:
        level_O = index.price_level_O
        within_O &= prices_O <= level_O if price.relation == CHEAPER else prices_O > level_O
    return within_O
