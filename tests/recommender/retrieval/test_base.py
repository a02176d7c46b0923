"""Sources by name: a new one is one file and one registration; the manifest names what a model reads."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from recommender.explain.templates import ORDER
from recommender.models.bundle import BundleError, ModelBundle
from recommender.profiles.profile import build_profile
from recommender.profiles.user_state import prepare
from recommender.ranking.pipeline import RankingQuery, recommend
from recommender.retrieval import SOURCES, CandidateSource, Query, register, retrieve
from recommender.retrieval.base import Column
from recommender.retrieval.columns import check_columns, feature_matrix, known_columns
from recommender.retrieval.query import Ints
from tests.support.shops.shop import SHOP_UNTIL, shop_history
from tests.support.shops.trained import SHOP_PARAMS, shop_bundle

NOW = int(SHOP_UNTIL.timestamp())


class Dearest(CandidateSource):
    """The dearest items."""

    name, sentence, columns = "dearest", "popular", ("price",)

    def retrieve(self, query: Query) -> Ints | None:
        rows = np.argsort(-query.bundle.catalogue.prices, kind="stable")
        return rows[query.free_N[rows]][: query.quota(self.name, 3)]

    def values(self, query: Query, rows_C: Ints) -> Iterator[Column]:
        yield query.bundle.catalogue.prices[rows_C]


@pytest.fixture
def dearest() -> Iterator[Dearest]:
    yield register(Dearest())
    del SOURCES["dearest"]


def test_a_new_source_brings_its_items_and_its_column(dearest: Dearest) -> None:
    bundle = shop_bundle("with-dearest", SHOP_PARAMS.model_copy(update={"seed": 1}))
    assert "dearest" in bundle.manifest.sources
    assert "price" in bundle.manifest.ranker_columns
    shopper = prepare(shop_history("u1"), bundle.catalogue, NOW)
    everything = np.ones(len(bundle.catalogue), dtype=bool)
    candidates = retrieve(bundle, shopper, np.zeros(bundle.width, dtype=np.float32), everything)
    found = candidates.found["dearest"]
    assert len(found) == 3
    assert np.isin(found, candidates.rows_C).all()
    place = bundle.manifest.ranker_columns.index("price")
    prices = feature_matrix(bundle, candidates)[:, place]
    np.testing.assert_allclose(prices, bundle.catalogue.prices[candidates.rows_C])


def test_a_name_or_a_column_is_taken_once(dearest: Dearest) -> None:
    with pytest.raises(ValueError, match="there is a source 'dearest' already"):
        register(Dearest())
    other = Dearest()
    other.name = "dearest too"
    with pytest.raises(ValueError, match="'price' is a column of source 'dearest' already"):
        register(other)


def test_every_sentence_has_its_place() -> None:
    following = [source for source in SOURCES.values() if type(source).links is not CandidateSource.links]
    assert following
    assert {source.sentence or source.name for source in following} <= set(ORDER)


def test_a_column_that_nobody_tells_is_refused_by_its_name() -> None:
    bundle = shop_bundle()
    check_columns(bundle)
    columns = (*bundle.manifest.ranker_columns[:-1], "moonshine")
    spoiled = replace(bundle, manifest=bundle.manifest.model_copy(update={"ranker_columns": columns}))
    with pytest.raises(BundleError, match="no source of this release tells 'moonshine'"):
        check_columns(spoiled)
    shopper = prepare(shop_history("u1"), bundle.catalogue, NOW)
    everything = np.ones(len(bundle.catalogue), dtype=bool)
    candidates = retrieve(spoiled, shopper, np.zeros(bundle.width, dtype=np.float32), everything)
    with pytest.raises(BundleError, match="moonshine"):
        feature_matrix(spoiled, candidates)


def test_columns_go_by_name_and_not_by_position() -> None:
    bundle = shop_bundle()
    turned = tuple(reversed(bundle.manifest.ranker_columns))
    other = replace(bundle, manifest=bundle.manifest.model_copy(update={"ranker_columns": turned}))
    shopper = prepare(shop_history("u2"), bundle.catalogue, NOW)
    everything, nowhere = np.ones(len(bundle.catalogue), dtype=bool), np.zeros(bundle.width, dtype=np.float32)
    one, two = (feature_matrix(model, retrieve(model, shopper, nowhere, everything)) for model in (bundle, other))
    np.testing.assert_array_equal(one, two[:, ::-1])


def test_what_is_left_out_by_name_is_nowhere() -> None:
    params = SHOP_PARAMS.model_copy(update={"left_out": ("transitions", "idle")})
    bundle = shop_bundle("without", params)
    assert "transitions" not in bundle.manifest.sources
    assert not {"next near", "idle"} & set(bundle.manifest.ranker_columns)
    assert {"together near", "age"} <= set(bundle.manifest.ranker_columns)
    assert set(bundle.manifest.ranker_columns) < set(known_columns(shop_bundle()))


def _order(bundle: ModelBundle, user: str, days: int) -> list[str]:
    now = SHOP_UNTIL + timedelta(days=days)
    profile = build_profile(bundle, user, shop_history(user), now, 1)
    return [item.item_id for item in recommend(bundle, profile, RankingQuery(n=10), now)]


@pytest.mark.parametrize("examples", ["windows", pytest.param("sequences", marks=pytest.mark.slow)])
def test_a_year_of_silence_hardly_changes_the_order(examples: str) -> None:
    """The clock of old data, a shop that was closed: the same model at the data's end and a year later."""
    bundle = shop_bundle(examples, SHOP_PARAMS.model_copy(update={"examples": examples}))
    for user in ("u1", "u5", "u9"):
        first, later = _order(bundle, user, 0), _order(bundle, user, 365)
        assert len(set(first) & set(later)) >= 8
        assert first[0] in later[:3]
