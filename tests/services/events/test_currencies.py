"""Values of events in another currency than the shop's own."""

from typing import Any

import pytest

from services.core.errors import Problem
from services.events.currencies import OwnCurrency
from services.schemas.events import NewEvent
from tests.services.conftest import Served

EURO = OwnCurrency("EUR", {"USD": 0.5})


def bought(**said: Any) -> NewEvent:
    return NewEvent.model_validate(
        {"event_id": "e", "user_id": "u", "item_id": "tea-1", "event_type": "purchase"} | said
    )


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ({"value": 8, "currency": "usd"}, 4.0), ({"value": 8, "currency": "EUR"}, 8.0), ({"value": 8}, 8.0),
        ({"currency": "JPY"}, None), ({"value": 4, "currency": "JPY", "event_type": "rating"}, 4.0),
        ({"value": 4, "currency": "USD", "event_type": "review"}, 4.0),
        ({"value": -8, "currency": "US$"}, -4.0),
    ],
)  # fmt: skip
def test_a_value_is_stored_in_the_shop_s_currency(said: dict[str, Any], value: float | None) -> None:
    assert EURO.read(bought(**said), "events[0]", ()).value == value


def test_what_no_rate_is_known_of_is_refused_with_the_remedy() -> None:
    with pytest.raises(Problem, match="JPY") as refused:
        EURO.read(bought(value=8, currency="JPY"), "events[2]", ())
    assert (refused.value.field, "ZHIYIN_CURRENCY_RATES" in refused.value.remedy) == ("events[2].currency", True)


def test_without_a_setting_it_is_the_currency_of_all_prices() -> None:
    unset = OwnCurrency()
    assert unset.read(bought(value=8, currency="EUR"), "events[0]", ("EUR",)).value == 8
    for of_items in ((), ("EUR", "USD")):
        with pytest.raises(Problem, match="own is not known"):
            unset.read(bought(value=8, currency="EUR"), "events[0]", of_items)


def test_the_service_refuses_what_it_cannot_compare(served: Served) -> None:
    event = {"event_id": "money-1", "user_id": "money", "item_id": "tea-1", "event_type": "purchase"}
    refused = served.post("/events", events=[{**event, "value": 3, "currency": "XAU"}])
    assert (refused.status_code, refused.json()["error"]["field"]) == (422, "events[0].currency")
    bulk = served.post("/events", bulk=True, events=[{**event, "value": 3, "currency": "XAU"}, event]).json()
    assert [one["outcome"] for one in bulk["results"]] == ["rejected", "added"]
