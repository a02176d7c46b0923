"""Sources that follow links: what they find and tell against dense products, and which of them a model has."""

import numpy as np
import pytest

from recommender.retrieval import SOURCES
from recommender.retrieval.sources.linked import LinkedSource
from tests.support.shops.counted import bundle_with_new_items, counted_bundle, dense, past_of, query_of

ROWS = np.arange(60)
LINKED = [source for source in SOURCES.values() if isinstance(source, LinkedSource)]


@pytest.mark.parametrize("source", LINKED, ids=lambda one: one.name)
def test_its_columns_are_what_arrives_from_the_shoppers_items(source: LinkedSource) -> None:
    bundle = next(one for one in (counted_bundle(), counted_bundle(repeats=False)) if source.is_active(one))
    query = query_of("u1", bundle)
    matrix = dense(bundle.graphs[source.name], 60)
    told = dict(zip(source.columns, source.values(query, ROWS), strict=True))
    for column, view in source.weights.items():
        expected = query.weights[view] @ matrix[query.shopper.rows_K]
        if column.endswith("lift"):
            expected = expected / np.sqrt(bundle.statistics.total_N + 1)
        np.testing.assert_allclose(told[column], expected, atol=1e-5)


@pytest.mark.parametrize("source", LINKED, ids=lambda one: one.name)
def test_it_finds_where_most_arrives_by_its_finder(source: LinkedSource) -> None:
    bundle = next(one for one in (counted_bundle(), counted_bundle(repeats=False)) if source.is_active(one))
    query = query_of("u2", bundle)
    arrives = query.weights[source.weights[source.finder]] @ dense(bundle.graphs[source.name], 60)[query.shopper.rows_K]
    found = source.retrieve(query)
    assert found is not None
    own = set(query.own_rows.tolist())
    assert set(found.tolist()) == {row for row in ROWS.tolist() if arrives[row] > 1e-9 and row not in own}
    assert (np.diff(arrives[found]) <= 1e-5).all()


def test_its_links_name_the_shoppers_items_that_lead_to_a_row() -> None:
    query = query_of("u3")
    links = SOURCES["transitions"].links(query)
    assert links is not None
    matrix = dense(query.bundle.graphs["transitions"], 60)
    told = np.zeros((len(query.shopper.rows_K), 60))
    told[links.owners_E, links.targets_E] = links.weights_E
    np.testing.assert_allclose(told, matrix[query.shopper.rows_K])


def test_a_new_item_is_told_what_reaches_its_lenders() -> None:
    bundle = bundle_with_new_items()
    query = query_of("u4", bundle)
    source = SOURCES["together"]
    near, _, lift = source.values(query, np.array([60]))
    arrives = query.weights["near"] @ dense(bundle.graphs["together"], 63)[query.shopper.rows_K]
    assert np.asarray(near)[0] == pytest.approx(arrives[bundle.lenders_BK[0]].mean(), rel=1e-4)
    assert np.asarray(lift)[0] > 0


def test_who_has_done_nothing_is_led_nowhere() -> None:
    query = query_of(None)
    for name in ("transitions", "together", "ease"):
        found = SOURCES[name].retrieve(query)
        assert found is not None
        assert not len(found)
        assert not any(np.any(values) for values in SOURCES[name].values(query, ROWS))


def test_a_graph_of_the_counts_is_not_fitted_again() -> None:
    assert SOURCES["transitions"].fit_graph(past_of(repeats=True)) is None
    assert SOURCES["ease"].fit_graph(past_of(repeats=True)) is not None
    assert not SOURCES["companions"].is_active(counted_bundle())
