"""The ranker's columns by name: which a model can tell, which it asks for, and a model that asks for too much."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recommender.models.bundle import BundleError, ModelBundle
from recommender.models.ranker import Ranker
from recommender.retrieval import active_sources, retrieve
from recommender.retrieval.columns import check_columns, feature_matrix, known_columns, read_model
from tests.support.shops.counted import counted_bundle, query_of, unit_rows


def reading(*columns: str) -> ModelBundle:
    """The counted shop, its ranker reading these columns."""
    bundle = counted_bundle()
    manifest = bundle.manifest.model_copy(update={"ranker_columns": columns})
    return replace(bundle, manifest=manifest, ranker=Ranker.empty(len(columns)))


def test_a_model_tells_each_column_of_its_active_sources_once() -> None:
    repeating, seldom = known_columns(counted_bundle()), known_columns(counted_bundle(repeats=False))
    assert len(set(repeating)) == len(repeating)
    assert "ease" in repeating
    assert "ease" not in seldom
    assert "companions near" in seldom
    assert "companions near" not in repeating
    assert "image" not in repeating, "the shop has no photos"


def test_the_matrix_holds_what_each_source_says_in_the_order_asked_for() -> None:
    columns = ("text", "events", "popular", "price gap")
    bundle = reading(*columns)
    candidates = retrieve(bundle, query_of("u1").shopper, unit_rows(3, 1)[0], np.ones(60, dtype=bool))
    matrix = feature_matrix(bundle, candidates)
    assert matrix.shape == (len(candidates.rows_C), 4)
    assert matrix.dtype == np.float32
    for source in active_sources(bundle):
        for column, values in zip(source.columns, source.values(candidates.query, candidates.rows_C), strict=True):
            if column in columns:
                expected = np.broadcast_to(np.asarray(values, dtype=np.float32), len(matrix))
                np.testing.assert_array_equal(matrix[:, columns.index(column)], expected)


def test_no_candidates_give_a_matrix_without_rows() -> None:
    bundle = reading("text", "popular")
    candidates = retrieve(bundle, query_of("u1").shopper, unit_rows(3, 1)[0], np.zeros(60, dtype=bool))
    assert feature_matrix(bundle, candidates).shape == (0, 2)


def test_a_saved_model_that_asks_for_an_unknown_column_is_not_read(tmp_path: Path) -> None:
    reading("text", "popular").save(tmp_path / "good")
    assert read_model(tmp_path / "good").manifest.ranker_columns == ("text", "popular")
    reading("text", "phase of the moon").save(tmp_path / "bad")
    with pytest.raises(BundleError, match=r"ranker_columns: .*'phase of the moon'; train anew"):
        read_model(tmp_path / "bad")
    assert ModelBundle.load(tmp_path / "bad"), "its files themselves are whole"
    check_columns(reading())
