"""What the storefront shows beside the first recommendations: other scenarios, the catalogue to browse and search.

It asks the same parts that the endpoints ask, and knows nothing of HTTP.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from recommender.data.catalog import PRODUCT
from recommender.reranking.rules import RuleSet
from services.schemas.profile import ProfileResponse
from services.schemas.recommend import RecommendRequest, RecommendResponse
from services.schemas.search import MAX_OFFSET, ReadInstead, SearchRequest

if TYPE_CHECKING:  # they cost seconds to import, and only a worker needs them
    from recommender.models.bundle import ModelBundle
    from services.container import Shop
    from services.state.catalog_cache import LiveItem
    from services.state.preferences import Control

PAGE = 24
ITEMS_A_ROW = 4
MOST_KINDS = 10  # that a request may name
BASKET_LIFETIME = timedelta(days=7)
CATEGORIES_SHOWN = 24


@dataclass(frozen=True, slots=True)
class Page:
    """Some items of many, the best first; pages count from 1. `corrected` is a query whose words were mended."""

    items: "list[LiveItem]"
    total: int
    page: int
    pages: int
    corrected: str | None = None
    recommendation_id: str = ""
    excluded: Sequence[str] = ()  # what the query says is not wanted
    prices: Sequence[str] = ()  # what it says of prices, in its words; all of it holds
    loosened: Sequence[str] = ()  # what it says of prices and nothing found is
    instead: Sequence[ReadInstead] = ()
    is_language_unread: bool = False  # by the encoder, so that words alone found these


@dataclass(frozen=True, slots=True)
class Row:
    """One more scenario of the same profile: what `/recommend` answers to it."""

    name: str
    answer: RecommendResponse


def rows(
    shop: "Shop",
    profile: ProfileResponse | None,
    user_id: str,
    language: str,
    now: datetime,
    currency: str | None = None,
) -> list[Row]:
    """Those that have something to show: what is due again, what goes with the basket, what to read and watch."""
    requests: dict[str, dict[str, Any]] = {"buy_again": {"scenario": "buy_again"}} if profile else {}
    if profile and (inside := basket(profile, now)):
        requests["cart"] = {"scenario": "cart", "context_item_ids": inside}
    if kinds := [kind for kind in shop.models.needed().bundle.catalogue.kinds if kind != PRODUCT]:
        requests["read"] = {"kinds": kinds[:MOST_KINDS]}
    whose = {"user_id": user_id or None, "n": ITEMS_A_ROW, "language": language, "currency": currency}
    answers = {
        name: shop.answers.recommend(RecommendRequest.model_validate(whose | request), now)
        for name, request in requests.items()
    }
    return [Row(name, answer) for name, answer in answers.items() if answer.items]


def basket(profile: ProfileResponse, now: datetime) -> list[str]:
    """What was put in lately and not bought since, the latest first."""
    bought, inside = set[str](), dict[str, None]()
    for event in profile.recent:  # the newest first
        if event.item_id is None or now - event.time > BASKET_LIFETIME:
            continue
        if event.event_type == "purchase":
            bought.add(event.item_id)
        elif event.event_type == "cart" and event.item_id not in bought:
            inside[event.item_id] = None
    return list(inside)


def find(shop: "Shop", user_id: str, query: str, category: str, page: int, now: datetime) -> Page:
    """What `/search` answers; the query is an event of the shopper's, once a day however often the page is loaded."""
    page = min(max(1, page), MAX_OFFSET // PAGE)
    digest = hashlib.sha256(f"{user_id} {query} {now.date()}".encode()).hexdigest()[:32]
    request = SearchRequest.model_validate(
        {
            "query": query,
            "user_id": user_id or None,
            "n": PAGE,
            "offset": (page - 1) * PAGE,
            "categories": [category] if category else [],
            "event_id": f"page-search-{digest}" if user_id and page == 1 else None,
        }
    )
    answer = shop.searcher.search(request, now)
    items = [item for item in (shop.answers.live_items.get(one.item_id) for one in answer.items) if item is not None]
    pages = min(max(1, -(-answer.total // PAGE)), MAX_OFFSET // PAGE)
    return Page(
        items,
        answer.total,
        page,
        pages,
        answer.corrected,
        answer.recommendation_id,
        answer.excluded,
        [one.said for one in answer.understood.constraints if one.kind == "price"],
        answer.understood.loosened,
        answer.understood.instead,
        "language" in answer.degraded,
    )


def browse(shop: "Shop", control: "Control", category: str, page: int, now: datetime) -> Page:
    """The items of a category; muted ones, and those that a rule excludes, are left out."""
    bundle, live_items = shop.models.needed().bundle, shop.answers.live_items
    catalogue = bundle.catalogue
    found_N = catalogue.sellable(now) & catalogue.in_categories(frozenset({category}))
    found_N[RuleSet(shop.answers.ranker.scenarios.rules, catalogue, now).left_out()] = False
    if (hidden_N := control.hidden(catalogue)) is not None:
        found_N &= ~hidden_N
    rows = bundle.sellers[found_N[bundle.sellers]]
    pages = max(1, -(-len(rows) // PAGE))
    page = min(max(1, page), pages)
    ids = [str(catalogue.ids[row]) for row in rows[(page - 1) * PAGE : page * PAGE]]
    items = [item for item in map(live_items.get, ids) if item is not None and item.shown(now)]
    return Page(items, len(rows), page, pages)


def main_categories(bundle: "ModelBundle", now: datetime) -> list[str]:
    """The widest categories that have something to show, those that sell most first."""
    catalogue = bundle.catalogue
    widest = [path[0] if path else "" for path in catalogue.paths]
    sold: dict[str, float] = {}
    sales = np.bincount(
        catalogue.path_codes, bundle.popularity_N * catalogue.sellable(now), minlength=len(catalogue.paths)
    )
    for name, count in zip(widest, sales, strict=True):
        if name and count > 0:
            sold[name] = sold.get(name, 0.0) + float(count)
    return sorted(sold, key=lambda name: -sold[name])[:CATEGORIES_SHOWN]
