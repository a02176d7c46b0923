"""What the assistant may look up for one question: the catalogue, own orders, coupons; each for who asks alone.

Nothing here changes anything but the count of coupons that were offered, as `/offers` counts them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from recommender.assistant import order_answers
from recommender.assistant.answer_parts import Part, Source, quoted
from recommender.assistant.goods import Finder, FoundGoods, Good, GoodsAway, SeenHit, content_words, split_by_fit
from recommender.assistant.intents import Intent
from recommender.db.engine import session_scope
from recommender.explain.facts import format_date
from recommender.search.text.tokenization import is_ideographic
from services.core.errors import Problem
from services.offers.service import Offers
from services.schemas.offers import OffersRequest
from services.schemas.search import MAX_QUERY, SearchRequest
from services.search.service import Searcher
from services.state.catalog_cache import LiveItem, LiveItems

MOST_FOUND = 50
MOST_NAMES = 12  # that one character stands for
OFFERED = 3


@dataclass(frozen=True, slots=True)
class Tools:
    """For one question; what was away is added to `degraded`."""

    engine: Engine
    live_items: LiveItems
    searcher: Callable[[], Searcher]
    coupons_of: Callable[[], Offers]
    user_id: str | None
    now: datetime
    degraded: set[str]

    @property
    def finder(self) -> Finder:
        """The catalogue, as it may be shown now."""
        return Finder(self._find, self._get)

    def orders(self, asked: Intent, language: str) -> Part:
        """The purchases of who asks, and how the same things are sold now."""
        with session_scope(self.engine) as session:
            bought = order_answers.purchases(session, str(self.user_id), self.live_items.title)
        return order_answers.describe_orders(bought, asked, language, self.now, self._get)

    def coupons(self, language: str) -> Part | None:
        """The coupons that who asks may have now; None where nobody can say."""
        request = OffersRequest(user_id=str(self.user_id), n=OFFERED, language="zh" if language == "zh" else "en")
        try:
            found = self.coupons_of().offer(request, self.now).offers
        except Problem:
            self.degraded.add("offers")
            return None
        say = _CHINESE if language == "zh" else _ENGLISH
        if not found:
            return Part("offers", say["none"])
        lines, sources = [], []
        for one in found:
            names = say["comma"].join(quoted(product.title) for product in one.products)
            lines.append(say["coupon"].format(goods=names, day=format_date(one.ends_at, language)))
            sources.append(Source("offer", one.coupon_id, one.coupon_id))
            sources += [Source("item", product.item_id, product.title) for product in one.products]
        return Part("offers", say["space"].join(lines), tuple(sources))

    def _find(self, query: str, below: float | None) -> FoundGoods:
        """What a query finds; one that names its goods by a single character, what words that end in it find."""
        found, asked = self._search(query, below)
        word = next(iter(asked)) if len(asked) == 1 else ""
        if found.fitting or len(word) != 1 or not is_ideographic(word):
            return found
        vocabulary = self.searcher().front().index.lexicon.vocabulary
        names = [name for name in vocabulary if len(name) > 1 and name.endswith(word)][:MOST_NAMES]
        each = [self._search(query.replace(word, name), below)[0] for name in names]
        fitting = {good.item_id: good for one in each for good in one.fitting}
        return FoundGoods(tuple(fitting.values()), found.near)

    def _search(self, query: str, below: float | None) -> tuple[FoundGoods, frozenset[str]]:
        """What was found, and the words that it had to hold."""
        request = SearchRequest(
            query=query[:MAX_QUERY],
            user_id=self.user_id,
            n=MOST_FOUND,
            price_max=max(0.0, below - 0.01) if below is not None else None,
        )
        try:
            understood, found = self.searcher().find(request, self.now, self.degraded)
        except Problem:
            self.degraded.add("search")
            raise GoodsAway from None
        seen = [
            SeenHit(good, hit.matched, hit.says_without)
            for hit in found.hits
            if (good := self._get(hit.item_id)) is not None
        ]
        asked = content_words(understood)
        return split_by_fit(seen, asked), asked

    def _get(self, item_id: str) -> Good | None:
        item = self.live_items.get(item_id)
        if item is None or not self.live_items.shown(item_id, self.now, with_sold_out=True):
            return None
        return _good(item)


def _good(item: LiveItem) -> Good:
    category = str(item.categories[-1]) if item.categories else ""
    return Good(item.item_id, item.title, item.price, item.currency, item.availability, item.stock, category)


_ENGLISH = {
    "none": "There is no offer for you at the moment.",
    "coupon": "There is a coupon for you until {day}: {goods}.",
    "comma": ", ",
    "space": " ",
}
_CHINESE = {
    "none": "目前没有适合您的优惠。",
    "coupon": "您有一张优惠券，有效期至{day}：{goods}。",
    "comma": "、",
    "space": "",
}
