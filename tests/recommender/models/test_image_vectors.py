"""Photos in the model: a source, columns, a reason; new items by theirs; a shop without them pays nothing."""

from pathlib import Path

import numpy as np
import pytest

from recommender.data.catalog import Catalogue
from recommender.db.tables import Item
from recommender.explain.templates import SentenceContext, explain
from recommender.models.bundle import ModelBundle
from recommender.models.image_vectors import Photos, Seen
from recommender.models.new_items import with_items
from recommender.profiles.profile import build_profile, profile_vectors
from recommender.profiles.user_state import prepare
from recommender.ranking.pipeline import RankingQuery, recommend, similar
from recommender.retrieval import retrieve
from tests.support.shops.shop import SHOP_FROM, SHOP_UNTIL, shop_catalogue, shop_history
from tests.support.shops.trained import look, shop_bundle, shop_bundle_with_photos, shop_encoder, shop_photos

MOMENT = int(SHOP_UNTIL.timestamp())


def _answer(bundle: ModelBundle, user: str = "u3") -> list[tuple[str, float]]:
    profile = build_profile(bundle, user, shop_history(user), SHOP_UNTIL, 1)
    return [(one.item_id, one.score) for one in recommend(bundle, profile, RankingQuery(n=20), SHOP_UNTIL)]


def test_a_shop_without_photos_has_the_same_columns_as_ever() -> None:
    bundle = shop_bundle()
    assert bundle.photos is None
    assert "image" not in bundle.manifest.sources
    assert not [column for column in bundle.manifest.ranker_columns if column.startswith("image")]
    assert not any(name.startswith("photos.") for name in bundle._tensors())


def test_like_photos_are_near_and_missing_ones_nowhere() -> None:
    catalogue = shop_catalogue()
    photos = Photos.of(shop_photos(catalogue))
    rows = np.arange(len(catalogue))
    assert photos.has(rows).sum() == 54
    vectors = photos.at(rows)
    assert not vectors[~photos.has(rows)].any()
    looks = np.array([look(item_id) for item_id in catalogue.ids])
    cosines, pairs = vectors @ vectors.T, photos.has(rows)[:, None] & photos.has(rows)[None, :]
    same = looks[:, None] == looks[None, :]
    assert cosines[pairs & same].min() > 0.5 > cosines[pairs & ~same].max()
    for few in (True, False):
        np.testing.assert_allclose(photos.like(0, rows, few), np.where(photos.has(rows), cosines[0], 0), atol=1e-5)


def test_photos_bring_what_looks_alike_whatever_it_is() -> None:
    bundle = shop_bundle_with_photos()
    assert set(bundle.manifest.ranker_columns) - set(shop_bundle().manifest.ranker_columns) == {
        "image",
        "image nearest",
    }
    history = shop_history("u0").take(slice(0, 0))
    shopper = prepare(history, bundle.catalogue, MOMENT, ("tea-1",))
    vector = profile_vectors(bundle, [shopper])[0]
    found = retrieve(bundle, shopper, vector, np.ones(len(bundle.catalogue), dtype=bool)).found["image"]
    best = [str(item_id) for item_id in bundle.catalogue.ids[found[:8]]]
    assert {look(item_id) for item_id in best} == {1}
    assert len({item_id.split("-")[0] for item_id in best}) > 3


def test_evidence_of_photos_is_true_and_told() -> None:
    bundle, told = shop_bundle_with_photos(), 0
    for user in range(12):
        profile = build_profile(bundle, f"u{user}", shop_history(f"u{user}"), SHOP_UNTIL, 1)
        for one in recommend(bundle, profile, RankingQuery(n=40), SHOP_UNTIL):
            for evidence in (each for each in one.evidence if each.source == "image"):
                assert {look(item_id) for item_id in evidence.item_ids} == {look(one.item_id)}
                assert one.item_id not in evidence.item_ids
                assert set(evidence.event_ids) <= set(profile.history.event_ids)
                sentence = explain(SentenceContext(str, {}), one.item_id, [evidence])
                assert sentence == f"It looks much like “{evidence.item_ids[0]}”."
                told += 1
    assert told > 10


def test_similar_items_look_alike_too() -> None:
    with_photos = [look(one.item_id) for one in similar(shop_bundle_with_photos(), "toys-2", 10)]
    without = [look(one.item_id) for one in similar(shop_bundle(), "toys-2", 10)]
    assert with_photos.count(2) > without.count(2)
    assert all(one.evidence for one in similar(shop_bundle_with_photos(), "toys-9", 5))  # which has no photo


def test_a_loaded_model_answers_as_the_saved_one(tmp_path: Path) -> None:
    shop_bundle_with_photos().save(tmp_path / "m")
    loaded = ModelBundle.load(tmp_path / "m")
    assert loaded.manifest.image_encoder_id == "image:drawn"
    assert _answer(loaded) == _answer(shop_bundle_with_photos())


def _newcomer() -> Catalogue:
    item = Item(item_id="new-1", title="Thing", brand="", categories=[], hidden=False, content_hash="new",
                updated_at=SHOP_FROM)  # fmt: skip
    return Catalogue.from_items([item])


def test_a_new_item_is_found_by_its_photo_at_once() -> None:
    bundle, vectors = shop_bundle_with_photos(), shop_encoder().encode(["Thing"])
    seen = shop_photos(shop_catalogue())
    like_tea_1 = Seen(seen.encoder_id, seen.vectors_ME[1:2] + np.float32(0.01), np.zeros(1, dtype=np.int32))
    wider = with_items(bundle, _newcomer(), vectors, like_tea_1)
    assert similar(wider, "new-1", 4)[0].evidence[0].source == "image"
    profile = build_profile(wider, "x", shop_history("u0").take(slice(0, 0)), SHOP_UNTIL, 1)
    looked = recommend(wider, profile, RankingQuery(n=61, context_item_ids=("tea-1",)), SHOP_UNTIL)
    sources = {each.attributes.get("by") for one in looked if one.item_id == "new-1" for each in one.evidence}
    assert "image" in sources
    nothing = with_items(bundle, _newcomer(), vectors)
    assert nothing.photos is not None
    assert nothing.photos.row_N[-1] == -1
    with pytest.raises(ValueError, match="photos: width 7"):
        with_items(
            bundle, _newcomer(), vectors, Seen("", np.ones((1, 7), dtype=np.float32), np.zeros(1, dtype=np.int32))
        )
