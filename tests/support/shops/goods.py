"""A shop of whatever goods a test names, searched by words alone: the model beside it knows none of them."""

from collections.abc import Mapping
from datetime import UTC, datetime

import polars as pl

from recommender.data.catalog import SCHEMA
from recommender.search.fusion import WORDS_ALONE
from recommender.search.pipeline import Filters, Found, search
from recommender.search.query_understanding import understand
from recommender.search.search_index import SearchIndex, Shopfront, searched_text
from tests.support.shops.trained import shop_bundle

NOW = datetime(2026, 6, 1, tzinfo=UTC)
_EMPTY = {"categories": ["Shop"], "brand": "", "hidden": False, "retired": False, "content_hash": "", "kind": "product"}


def shop_of(goods: Mapping[str, str], brands: Mapping[str, str] | None = None) -> Shopfront:
    """`goods` are titles by id, a description after a bar; `brands` are names by id."""
    brands = brands or {}
    rows = []
    for item_id, said in goods.items():
        title, _, description = (part.strip() for part in said.partition("|"))
        brand = brands.get(item_id, "")
        searched = searched_text(title, description, brand, ["Shop"], {})
        rows.append(_EMPTY | {"item_id": item_id, "title": title, "brand": brand, "searched": searched})
    frame = pl.DataFrame(
        [{name: row.get(name) for name in (*SCHEMA, "searched")} | {"attributes": "{}"} for row in rows],
        schema={**SCHEMA, "searched": pl.String, "attributes": pl.String},
    )
    return Shopfront(SearchIndex(frame), shop_bundle())


def ask(front: Shopfront, query: str) -> Found:
    """What is found by words, for nobody known."""
    understood = understand(front.index, query)
    return search(front, understood, None, None, Filters(), NOW, 50, fusion=WORDS_ALONE)


def ids(front: Shopfront, query: str) -> list[str]:
    """The ids of what is found, the best first."""
    return [hit.item_id for hit in ask(front, query).hits]
