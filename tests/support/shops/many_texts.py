"""The small shop with thousands of items more, whose texts lie between its own: enough for an index of texts."""

from dataclasses import replace
from functools import lru_cache
from unittest.mock import patch

import numpy as np

from recommender.data.catalog import Catalogue
from recommender.db.tables import Item
from recommender.models import vector_index
from recommender.models.bundle import ModelBundle
from recommender.models.new_items import with_items
from recommender.models.vector_index import build_index
from tests.support.shops.shop import BRANDS, SHOP_FROM, shop_catalogue, shop_items
from tests.support.shops.trained import shop_bundle, shop_texts

MORE = 4_000


def more_items() -> list[Item]:
    """Named `more-0` on, each after one of the shop's own."""
    own, random = shop_items(), np.random.default_rng(4)
    return [
        Item(
            item_id=f"more-{place}",
            kind="product",
            title=f"{like.title} {place}",
            description="",
            brand=str(random.choice(BRANDS)),
            categories=like.categories,
            price=like.price,
            attributes={},
            hidden=False,
            stub=False,
            content_hash=f"more-{place}",
            updated_at=SHOP_FROM,
        )
        for place, like in enumerate(own[row] for row in random.integers(0, len(own), MORE))
    ]


@lru_cache
def indexed_bundle() -> ModelBundle:
    """The shop's model over these items, with an index of their texts."""
    texts, random = shop_texts(shop_catalogue()).vectors_ME, np.random.default_rng(5)
    mixed = random.dirichlet(np.full(len(texts), 0.05), MORE) @ texts
    mixed += random.standard_normal(mixed.shape) * 0.2 / mixed.shape[1] ** 0.5
    vectors = (mixed / np.linalg.norm(mixed, axis=1, keepdims=True)).astype(np.float32)
    bundle = with_items(shop_bundle(), Catalogue.from_items(more_items()), vectors)
    with patch.object(vector_index, "FROM", MORE):
        return replace(bundle, text_index=build_index(bundle.text_MT))
