"""Returns told to the service: the purchase leaves profile, reasons and the next answer at once."""

from datetime import timedelta
from typing import Any

import pytest

from services.container import Shop
from services.core.errors import Problem
from services.schemas.events import NewEvent
from services.schemas.profile import ProfileRequest
from tests.services.events.test_event_ids import NOW, event, take
from tests.support.callers import as_caller


def bought(shop: Shop, user: str) -> list[str]:
    recent = shop.answers.profile(ProfileRequest(user_id=user), NOW).recent
    return [one.item_id for one in recent if one.event_type == "purchase"]


@pytest.mark.parametrize(
    "back",
    [
        {"event_type": "return", "value": None},
        {"event_type": "refund"},
        {"event_type": "refund", "value": -3.0},
        {"event_type": "return", "quantity": 1.0},
        {"event_type": "purchase", "quantity": -1.0},
        {"event_type": "purchase", "value": -3.0},
    ],
)
def test_a_return_takes_the_purchase_out_of_the_profile(embedded_shop: Shop, back: dict[str, Any]) -> None:
    take(embedded_shop, event("ann", "1"), event("ann", "2", item_id="coffee-1"))
    assert sorted(bought(embedded_shop, "ann")) == ["coffee-1", "tea-1"]
    answer = take(embedded_shop, event("ann", "3", **back, time=NOW))
    assert (answer.added, [one.profile_version for one in answer.profiles]) == (1, [2])
    assert bought(embedded_shop, "ann") == ["coffee-1"]
    assert take(embedded_shop, event("ann", "3", **back, time=NOW)).duplicates == 1


def test_what_a_token_says_was_bought_or_came_back_is_not_the_shops_word(embedded_shop: Shop) -> None:
    answer = take(embedded_shop, event("ann", "1"), event("ann", "2", item_id="coffee-1"), token="ann")
    assert (answer.added, answer.unconfirmed) == (2, 2)
    assert bought(embedded_shop, "ann") == []
    assert take(embedded_shop, event("ann", "1")).unconfirmed == 0
    assert bought(embedded_shop, "ann") == ["tea-1"]
    take(embedded_shop, event("ann", "3", event_type="return", time=NOW), token="ann")
    assert bought(embedded_shop, "ann") == ["tea-1"]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"event_type": "view", "value": -1.0}, "events[0].value"),
        ({"event_type": "rating", "value": -1.0}, "events[0].value"),
        ({"event_type": "cart", "quantity": -1.0}, "events[0].quantity"),
        ({"event_type": "purchase", "quantity": 0.0}, "events[0].quantity"),
        ({"event_type": "return", "item_id": None}, "events[0].item_id"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_field(embedded_shop: Shop, said: dict[str, Any], field: str) -> None:
    plain = {"event_id": "1", "user_id": "ann", "item_id": "tea-1", "time": NOW - timedelta(hours=1)}
    with as_caller(None), pytest.raises(Problem) as told:
        embedded_shop.intake.take([NewEvent.model_validate(plain | said)], NOW)
    assert told.value.field == field
