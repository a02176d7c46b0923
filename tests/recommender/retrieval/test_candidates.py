"""Candidates: the union of what sources bring, within what is allowed, cut by a plain mixture but for own items."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from recommender.models.bundle import ModelBundle
from recommender.retrieval import Candidates, retrieve
from recommender.retrieval.base import read_columns
from recommender.retrieval.candidates import NEWCOMERS, mix
from tests.support.shops.counted import counted_bundle, query_of, unit_rows

EVERYTHING = np.ones(60, dtype=bool)


def found_for(
    user: str | None, bundle: ModelBundle | None = None, allowed_N: NDArray[np.bool_] = EVERYTHING
) -> Candidates:
    model = counted_bundle() if bundle is None else bundle
    return retrieve(model, query_of(user, model).shopper, unit_rows(3, 1)[0], allowed_N)


@pytest.mark.parametrize("repeats", [True, False])
def test_candidates_are_the_union_of_what_sources_found(repeats: bool) -> None:
    found = found_for("u1", counted_bundle(repeats))
    assert found.rows_C.tolist() == sorted({row for rows in found.found.values() for row in rows.tolist()})
    assert {"popular", "repeat", "transitions", "together", "alike", "text"} <= set(found.found)
    assert found.search_intent is None


def test_no_candidate_is_one_that_may_not_be_shown() -> None:
    allowed_N = np.random.default_rng(3).random(60) < 0.3
    found = found_for("u2", allowed_N=allowed_N)
    assert len(found.rows_C)
    assert allowed_N[found.rows_C].all()
    assert not len(found_for("u2", allowed_N=np.zeros(60, dtype=bool)).rows_C)


def test_who_has_done_nothing_is_brought_what_sells() -> None:
    found = found_for(None)
    assert set(found.found) <= set(NEWCOMERS)
    np.testing.assert_array_equal(found.found["popular"], counted_bundle().sellers[:100])


def test_a_mixture_is_the_weighted_sum_of_columns_and_passes_over_others() -> None:
    query, rows_C = query_of("u3"), np.array([4, 9, 30, 59])
    columns = read_columns(query, rows_C, ("popular", "text")).astype(np.float64)
    expected = 0.5 * columns[0] - 2 * columns[1]
    mixed = mix(query, rows_C, {"popular": 0.5, "nobody tells it": 7.0, "text": -2.0})
    np.testing.assert_allclose(mixed, expected, rtol=1e-5)
    assert mix(query, rows_C, {"nobody tells it": 1.0}).tolist() == [0, 0, 0, 0]


def test_the_ranker_sees_the_best_of_the_mixture_and_all_own_items() -> None:
    bundle = counted_bundle()
    retrieval = bundle.manifest.retrieval.model_copy(update={"candidates": 30})
    changes = {"mixture": {"popular": 1.0}, "retrieval": retrieval}
    cut = replace(bundle, manifest=bundle.manifest.model_copy(update=changes))
    found = found_for("u4", cut)
    own = set(found.found["repeat"].tolist())
    assert len(found.rows_C) == 30
    assert own <= set(found.rows_C.tolist())
    assert (np.diff(found.rows_C) > 0).all()
    total_N = bundle.statistics.total_N
    everyone = {row for rows in found.found.values() for row in rows.tolist()}
    others = sorted((float(total_N[row]) for row in everyone - own), reverse=True)
    kept = sorted((float(total_N[row]) for row in set(found.rows_C.tolist()) - own), reverse=True)
    assert kept == others[: len(kept)]
    assert len(found_for(None, cut).rows_C) == 60, "a newcomer's list is not cut"
