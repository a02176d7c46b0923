"""A row of the feature store as behaviour: what is missing is nothing done, and times are whole seconds."""

from datetime import UTC, datetime
from typing import Any

import pytest

from recommender.data.behaviour import COUNTS, NOTHING_DONE, READ, SPEND, Behaviour

MOMENT = datetime(2026, 3, 1, 12, 0, 0, 999_999, tzinfo=UTC)


def row(**changes: Any) -> dict[str, Any]:
    return dict.fromkeys(READ) | changes


def test_a_row_is_read_by_the_names_of_its_features() -> None:
    counts = {name: place for place, name in enumerate(COUNTS)}
    found = Behaviour.of_row(
        row(
            **counts, spend_30d=12.5, last_active_time=MOMENT, last_purchase_time=17, price_level=1.5,
            top_categories=["Tea", "Toys"], top_category_weights=[0.75, 0.25], top_brands=["Lark"],
            top_brand_weights=[1.0],
        )
    )  # fmt: skip
    assert found.counts == tuple(range(len(COUNTS)))
    assert (found.spend, found.price_level, found.last_purchase) == (12.5, 1.5, 17)
    assert found.last_active == int(datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp())
    assert (found.categories, found.brands) == ({"Tea": 0.75, "Toys": 0.25}, {"Lark": 1.0})


def test_a_row_of_nothing_is_as_no_row() -> None:
    assert Behaviour.of_row(row()) == NOTHING_DONE
    assert Behaviour.of_row(row(top_categories=[], top_category_weights=[])) == NOTHING_DONE


@pytest.mark.parametrize("name", [COUNTS[0], SPEND, "last_active_time", "top_brands"])
def test_a_feature_that_is_not_in_the_row_is_named(name: str) -> None:
    with pytest.raises(KeyError, match=name):
        Behaviour.of_row({key: value for key, value in row().items() if key != name})


def test_names_without_weights_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        Behaviour.of_row(row(top_brands=["Lark", "Wren"], top_brand_weights=[1.0]))
