"""The stored behaviour as columns, computed by hand; who has none has done nothing for half a year."""

from dataclasses import replace

import numpy as np
import pytest

from recommender.data.behaviour import COUNTS, NOTHING_DONE, Behaviour
from recommender.data.event_weights import DAY
from recommender.models.manifest import SEQUENCES
from recommender.retrieval.base import Column
from recommender.retrieval.sources.behaviour import StoredBehaviour, reads_behaviour
from tests.support.shops.counted import MOMENT, counted_bundle, query_of

SOURCE = StoredBehaviour()
ROWS = np.arange(60)


def told(behaviour: Behaviour) -> dict[str, Column]:
    query = query_of("u1")
    query = replace(query, shopper=replace(query.shopper, behaviour=behaviour))
    return dict(zip(SOURCE.columns, SOURCE.values(query, ROWS), strict=True))


def test_prices_and_weights_are_told_of_each_candidate() -> None:
    level = float(np.log1p(5.0))
    found = told(Behaviour(price_level=level, categories={"Tea": 0.75, "Gone": 0.25}, brands={"Heron": 1.0}))
    catalogue = counted_bundle().catalogue
    items = {str(item_id): row for row, item_id in enumerate(catalogue.ids)}
    price = np.asarray(found["behaviour price"])
    assert price[items["tea-3"]] == pytest.approx(0, abs=1e-6)  # it costs 5
    assert price[items["toys-0"]] == pytest.approx(np.log(3 / 6))
    category, brand = np.asarray(found["behaviour category"]), np.asarray(found["behaviour brand"])
    assert category[items["tea-9"]] == pytest.approx(0.75)
    assert category[items["baby-0"]] == 0
    assert {row for row in ROWS if brand[row]} == {row for item, row in items.items() if int(item[-1]) % 3 == 1}


def test_what_was_done_is_one_number_for_all_candidates() -> None:
    counts = [0] * len(COUNTS)
    counts[COUNTS.index("purchases_30d")], counts[COUNTS.index("views_30d")] = 3, 7
    found = told(Behaviour(tuple(counts), 20.0, MOMENT - 2 * DAY, MOMENT - 400 * DAY))
    assert found["behaviour purchases_30d"] == pytest.approx(np.log(4))
    assert found["behaviour carts_7d"] == 0
    assert found["behaviour spend"] == pytest.approx(np.log(21))
    assert found["behaviour conversion"] == pytest.approx(np.log(4 / 8))
    assert found["behaviour idle"] == pytest.approx(np.log(3))
    assert found["behaviour since purchase"] == pytest.approx(np.log(181)), "half a year at most"


def test_no_row_a_refund_and_a_time_to_come_are_told_as_nothing() -> None:
    nothing = told(NOTHING_DONE)
    assert nothing["behaviour idle"] == nothing["behaviour since purchase"] == pytest.approx(np.log(181))
    assert nothing["behaviour price"] == nothing["behaviour category"] == 0
    odd = told(Behaviour(spend=-5.0, last_active=MOMENT + DAY))
    assert odd["behaviour spend"] == odd["behaviour idle"] == 0


def test_only_models_of_windows_read_it() -> None:
    bundle = counted_bundle()
    assert SOURCE.is_active(bundle)
    sequences = bundle.manifest.model_copy(update={"examples": SEQUENCES})
    assert not SOURCE.is_active(replace(bundle, manifest=sequences))
    for columns, reads in ((("text",), False), (("text", "behaviour idle"), True)):
        assert (
            reads_behaviour(replace(bundle, manifest=bundle.manifest.model_copy(update={"ranker_columns": columns})))
            == reads
        )
