"""Sources that follow no links: what they find and tell against full sorts over all items."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from recommender.data.side_info import Background
from recommender.models.bundle import ModelBundle
from recommender.models.counting.demographics import Demographics
from recommender.models.image_vectors import Photos, Seen
from recommender.retrieval import SOURCES, Query
from recommender.retrieval.sources.nearest_and_popular import OF_A_TEXT, RECENT_ITEMS, trusted_choices
from tests.support.shops.counted import bundle_with_new_items, counted_bundle, past_of, query_of, unit_rows

ROWS = np.arange(60)


def best_free(query: Query, scores: NDArray[np.floating], count: int) -> list[int]:
    """The free rows by score, of a full sort."""
    return sorted(np.flatnonzero(query.free_N).tolist(), key=lambda row: (-scores[row], row))[:count]


def with_photos() -> ModelBundle:
    """The counted shop, with photos of all items but the last ten."""
    rows = np.where(ROWS < 50, ROWS, -1).astype(np.int32)
    return replace(counted_bundle(), photos=Photos.of(Seen("image:drawn", unit_rows(9, 50, 6), rows)))


def test_the_sequence_model_finds_items_near_the_profiles_vector() -> None:
    query, source = query_of("u1"), SOURCES["sequence"]
    cosines = query.bundle.item_VD @ query.vector_D
    found = source.retrieve(query)
    assert found is not None
    assert found.tolist() == best_free(query, cosines, 30)
    (told,) = source.values(query, ROWS)
    np.testing.assert_allclose(told, cosines, atol=1e-6)
    assert source.retrieve(query_of(None)) is None


def test_best_sellers_are_those_allowed_and_never_new_ones() -> None:
    bundle = bundle_with_new_items()
    allowed_N = np.ones(63, dtype=bool)
    allowed_N[bundle.sellers[:3]] = False
    query = query_of("u1", bundle, allowed_N)
    found = SOURCES["popular"].retrieve(query)
    assert found is not None
    expected = [row for row in bundle.sellers.tolist() if allowed_N[row] and row < 60]
    assert found.tolist() == expected[:100]
    own = set(query.own_rows.tolist())
    assert own & set(found.tolist()), "the shopper's own are among them"
    nothing = SOURCES["popular"].retrieve(query_of("u1", bundle, np.zeros(63, dtype=bool)))
    assert nothing is not None
    assert len(nothing) == 0


def test_sellers_are_looked_for_further_down_where_the_first_are_hidden() -> None:
    bundle = counted_bundle()
    config = bundle.manifest.retrieval.model_copy(update={"quotas": {"popular": 2}})
    small = replace(bundle, manifest=bundle.manifest.model_copy(update={"retrieval": config}))
    allowed_N = np.zeros(60, dtype=bool)
    allowed_N[small.sellers[[1, 40, 50, 55]]] = True  # one of them within the first twenty
    found = SOURCES["popular"].retrieve(query_of("u1", small, allowed_N))
    assert found is not None
    assert found.tolist() == small.sellers[[1, 40]].tolist()


def test_texts_are_told_by_their_cosines_without_the_candidate_itself() -> None:
    query = query_of("u2")
    texts, latest = query.bundle.text_MT.astype(np.float64), query.shopper.rows_K[:RECENT_ITEMS]
    mean, nearest, last, before = (np.asarray(one) for one in SOURCES["text"].values(query, ROWS))
    np.testing.assert_allclose(mean, texts @ query.interest_T, atol=1e-5)
    cosines = texts @ texts[latest].T
    for place, row in enumerate(latest):
        cosines[row, place] = 0
    np.testing.assert_allclose(nearest, cosines.max(axis=1), atol=1e-5)
    np.testing.assert_allclose(last, cosines[:, 0], atol=1e-5)
    np.testing.assert_allclose(before, cosines[:, 1], atol=1e-5)
    *_, alone = SOURCES["text"].values(query_of(None, context=("tea-0",)), ROWS)
    assert alone == 0.0


def test_items_of_the_nearest_texts_a_few_of_each() -> None:
    bundle = counted_bundle()
    shared = replace(bundle, text_MT=unit_rows(6, 6), text_row_N=(ROWS // 10).astype(np.int32))  # ten say the same
    query = query_of("u3", shared)
    found = SOURCES["text"].retrieve(query)
    assert found is not None
    order = np.argsort(-query.text_M)
    expected = [
        row for text in order
        for row in sorted(ROWS[text == ROWS // 10], key=lambda one: (-bundle.popularity_N[one], one))[:OF_A_TEXT]
        if query.free_N[row]
    ]  # fmt: skip
    assert found.tolist() == expected


def test_a_graph_of_texts_is_followed_where_there_is_one() -> None:
    query = query_of("u3", counted_bundle(repeats=False))
    assert SOURCES["text"].fit_graph(past_of(repeats=True)) is None
    found = SOURCES["text"].retrieve(query)
    np.testing.assert_array_equal(found, query.best(query.flow("text", "near"), 60))


def test_new_items_are_found_by_their_texts() -> None:
    bundle = bundle_with_new_items()
    query = query_of("u4", bundle)
    cosines = bundle.text_MT[60:] @ query.interest_T
    found = SOURCES["new"].retrieve(query)
    assert found is not None
    assert found.tolist() == (60 + np.argsort(-cosines)).tolist()
    assert SOURCES["new"].retrieve(query_of(None, bundle)) is None


def test_photos_near_what_was_wanted_are_found() -> None:
    bundle = with_photos()
    assert bundle.photos is not None
    query, source = query_of("u5", bundle), SOURCES["image"]
    wished = bundle.photos.mean(query.shopper.rows_K, query.interest_K)
    cosines = bundle.photos.at(ROWS) @ wished
    found = source.retrieve(query)
    assert found is not None
    assert found.tolist() == [row for row in best_free(query, cosines, 20) if cosines[row] > 0]
    seen, nearest = source.values(query, ROWS)
    np.testing.assert_allclose(seen, cosines, atol=1e-5)
    assert not np.any(np.asarray(nearest)[50:]), "what has no photo is near nothing"


def test_without_photos_the_source_is_silent_and_its_columns_are_refused() -> None:
    query, source = query_of("u5"), SOURCES["image"]
    assert not source.is_active(query.bundle)
    assert source.is_active(with_photos())
    assert source.retrieve(query) is None
    assert source.retrieve(query_of(None, with_photos())) is None
    with pytest.raises(ValueError, match="photos: the ranker looks at them, the model has none"):
        list(source.values(query, ROWS))


def test_what_trusted_people_chose_goes_by_the_share_of_them() -> None:
    trusted = Background(trusted={"tea-0": 0.5, "gone": 1.0, "toys-1": 0.25, "pets-2": 0.75})
    query, source = query_of("u1", background=trusted), SOURCES["trusted"]
    index = query.bundle.catalogue.index
    rows, shares = trusted_choices(query.bundle, query.shopper)
    assert dict(zip(rows.tolist(), shares.tolist(), strict=True)) == {
        index["tea-0"]: 0.5, index["toys-1"]: 0.25, index["pets-2"]: 0.75,
    }  # fmt: skip
    found = source.retrieve(query)
    assert found is not None
    chosen = [index[one] for one in ("pets-2", "tea-0", "toys-1")]
    assert found.tolist() == [row for row in chosen if query.free_N[row]]
    (told,) = source.values(query, ROWS)
    assert np.asarray(told)[index["pets-2"]] == 0.75
    assert np.asarray(told).sum() == 1.5
    assert source.retrieve(query_of("u1")) is None
    assert list(source.values(query_of("u1"), ROWS)) == [0.0]


def test_shoppers_of_the_same_attributes_raise_what_they_choose() -> None:
    lift_AD = np.zeros((1, 60), dtype=np.float32)
    lift_AD[0, :40] = 1.5
    bundle = replace(counted_bundle(), demographics=Demographics(("home=flat",), ROWS, lift_AD))
    query, source = query_of("u1", bundle, background=Background(attributes=("home=flat",))), SOURCES["demographic"]
    (told,) = source.values(query, ROWS)
    np.testing.assert_array_equal(told, lift_AD[0])
    found = source.retrieve(query)
    assert found is not None
    assert len(found) == 15
    assert found.max() < 40
    newcomer = source.retrieve(query_of(None, bundle, background=Background(attributes=("home=flat",))))
    assert newcomer is not None
    assert len(newcomer) == 40, "a newcomer gets as many as best sellers are"
    for other in (query_of("u1", bundle), query_of("u1", bundle, background=Background(attributes=("home=tent",)))):
        assert source.retrieve(other) is None
        assert not np.any(next(iter(source.values(other, ROWS))))


def test_shoppers_alike_bring_what_they_bought() -> None:
    query, source = query_of("u6"), SOURCES["alike"]
    knn = query.bundle.statistics.user_knn
    close, wide = knn.flows(query.shopper.rows_K, query.shopper.tastes_K)
    for told, flow in zip(source.values(query, ROWS), (close, wide), strict=True):
        np.testing.assert_allclose(told, flow.everywhere(60), atol=1e-5)
    found = source.retrieve(query)
    assert found is not None
    scores = wide.everywhere(60)
    assert set(found.tolist()) == {row for row in np.flatnonzero(query.free_N).tolist() if scores[row] > 0}
    assert source.retrieve(query_of(None)) is None


def test_nothing_searched_for_finds_nothing() -> None:
    assert SOURCES["search"].retrieve(query_of("u1")) is None
