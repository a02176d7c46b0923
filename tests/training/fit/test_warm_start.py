"""Going on from an earlier model: what is carried over, that little work suffices, and when it is refused."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from recommender.data.catalog import Catalogue
from recommender.models.bundle import ModelBundle
from tests.support.shops.shop import SHOP_UNTIL, shop_catalogue, shop_frame
from tests.support.shops.trained import SHOP_PARAMS, shop_bundle, shop_texts
from training.config import TrainParams
from training.data.interactions import make_log
from training.fit.model_parts import Origin
from training.fit.sequential import new_model, vocabulary
from training.fit.trainer import fit_bundle
from training.fit.warm_start import NotToGoOnFrom, carry_over, newest_and_replayed

ORIGIN = Origin("m", SHOP_UNTIL, "recommender_m", "test")
EARLIER = SHOP_PARAMS.model_copy(update={"until": SHOP_UNTIL - timedelta(days=14), "days": 106})
WARM = SHOP_PARAMS.model_copy(update={"warm_start": "shop-1", "warm_share": 0.1})


def _fit(params: TrainParams, earlier: ModelBundle | None = None) -> ModelBundle:
    catalogue = shop_catalogue()
    log = make_log(shop_frame(), catalogue)
    return fit_bundle(catalogue, shop_texts(catalogue), log, params, ORIGIN, earlier=earlier)


@pytest.mark.slow
def test_a_tenth_of_the_work_keeps_up_with_training_anew() -> None:
    warm = _fit(WARM, _fit(EARLIER))
    anew = shop_bundle().manifest
    assert warm.manifest.metrics["NDCG@20"] > 0.9 * anew.metrics["NDCG@20"]
    assert warm.manifest.metrics["NDCG@20"] > warm.manifest.baselines["popularity"]["NDCG@20"]
    assert warm.manifest.hyper_parameters["warm_start"] == "shop-1"


def test_vectors_of_items_follow_their_ids() -> None:
    """The catalogue in another order, one item gone, one that is new."""
    earlier, catalogue = shop_bundle(), shop_catalogue()
    renamed = catalogue.frame.reverse()[1:].with_row_index()
    frame = renamed.with_columns(renamed["item_id"].replace("tea-0", "tea-new")).drop("index")
    other = Catalogue(frame)
    words = np.arange(1, len(other) + 1)
    model = new_model(earlier.sequence.shape.text_width, len(other), SHOP_PARAMS)
    fresh = model.free.weight.detach().clone()
    carry_over(model, words, other, earlier)
    for row, item_id in enumerate(other.ids):
        vector = model.free.weight[row + 1].detach().numpy()
        former = earlier.catalogue.index.get(item_id)
        if former is None or not earlier.word_N[former]:
            np.testing.assert_array_equal(vector, fresh[row + 1])
        else:
            np.testing.assert_array_equal(vector, earlier.sequence.tensors["free.weight"][int(earlier.word_N[former])])
    np.testing.assert_array_equal(model.text.weight.detach(), earlier.sequence.tensors["text.weight"])


def test_all_that_is_new_is_learned_from_and_some_of_what_was() -> None:
    log = make_log(shop_frame(), shop_catalogue())
    since = int((SHOP_UNTIL - timedelta(days=20)).timestamp())
    part = newest_and_replayed(log, since, seed=0)
    assert (part.events.times >= since).sum() == (log.events.times >= since).sum()
    old = part.events.times < since - 28 * 86_400
    assert 0 < len(np.unique(part.events.users[old])) < len(log.shoppers) / 2
    assert vocabulary(part.events, 60).shape == (60,)


def test_what_cant_be_gone_on_from_is_refused() -> None:
    earlier = shop_bundle()
    with pytest.raises(
        NotToGoOnFrom, match="warm_start: shop-1 has learned until 2026-04-17, part of the days held out"
    ):
        _fit(WARM.model_copy(update={"until": SHOP_UNTIL - timedelta(days=1)}), earlier)
    strange = replace(earlier, manifest=earlier.manifest.model_copy(update={"encoder_id": "other"}))
    with pytest.raises(NotToGoOnFrom, match="reads texts with other, not minilm"):
        _fit(WARM, strange)
    old = replace(earlier, manifest=earlier.manifest.model_copy(update={"sources": ("a",)}))
    with pytest.raises(NotToGoOnFrom, match="other sources"):
        _fit(WARM, old)
