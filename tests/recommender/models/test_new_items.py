"""New items join a model: found at once by what they say, and leaning on items like them."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from recommender.data.catalog import Catalogue
from recommender.data.event_weights import PURCHASE
from recommender.db.tables import Item
from recommender.models.new_items import with_items
from recommender.profiles.profile import build_profile
from recommender.ranking.pipeline import RankingQuery, recommend, similar
from tests.support.shops.many_texts import indexed_bundle
from tests.support.shops.shop import SHOP_FROM, SHOP_UNTIL, shop_history
from tests.support.shops.trained import shop_bundle, shop_encoder


def _newcomer() -> tuple[Catalogue, np.ndarray]:
    item = Item(
        item_id="new-tea",
        title="Darjeeling first flush black tea",
        brand="Lark",
        categories=["Shop", "Tea"],
        price=9.0,
        hidden=False,
        content_hash="new",
        updated_at=SHOP_FROM,
    )
    return Catalogue.from_items([item]), shop_encoder().encode(["Darjeeling first flush black tea. Lark. Shop > Tea"])


def test_a_new_item_is_found_by_its_text_at_once() -> None:
    wider = with_items(shop_bundle(), *_newcomer())
    assert len(shop_bundle().catalogue) == 60
    assert len(wider.catalogue) == 61
    for reader, expected in (("u0", True), ("u6", True), ("u3", False)):  # tea, tea, garden
        profile = build_profile(wider, reader, shop_history(reader), SHOP_UNTIL, 1)
        answer = recommend(wider, profile, RankingQuery(n=20), SHOP_UNTIL)
        assert ("new-tea" in [one.item_id for one in answer]) is expected
        sources = {evidence.source for one in answer if one.item_id == "new-tea" for evidence in one.evidence}
        assert not expected or ("new" in sources and "popular" not in sources)
    assert similar(wider, "new-tea", 5)[0].item_id.startswith("tea-")
    assert with_items(wider, *_newcomer()) is wider


def test_vectors_that_dont_fit_are_refused() -> None:
    catalogue, vectors = _newcomer()
    with pytest.raises(ValueError, match="vectors: width 10"):
        with_items(shop_bundle(), catalogue, vectors[:, :10])
    with pytest.raises(ValueError, match="vectors: 2 rows for 1 items"):
        with_items(shop_bundle(), catalogue, np.repeat(vectors, 2, axis=0))


def test_an_event_of_a_new_item_counts_in_the_profile() -> None:
    wider = with_items(shop_bundle(), *_newcomer())
    history = shop_history("u3")
    history.item_ids[-6:], history.event_types[-6:] = "new-tea", PURCHASE
    later = SHOP_UNTIL + timedelta(days=1)
    profile = build_profile(wider, "u3", history, later, 2)
    assert "new-tea" in [one.item_id for one in recommend(wider, profile, RankingQuery(n=10), later)]


def test_new_items_of_an_indexed_model_lean_on_those_of_like_texts() -> None:
    bundle = indexed_bundle()
    wider, exact = (with_items(one, *_newcomer()) for one in (bundle, replace(bundle, text_index=None)))
    assert wider.lenders_BK[-1].tolist() == exact.lenders_BK[-1].tolist()
    assert similar(wider, "new-tea", 5) == similar(replace(wider, text_index=None), "new-tea", 5)
