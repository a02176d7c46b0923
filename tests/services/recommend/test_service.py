"""What the answers are made of, and what is refused: prices that exclude each other, nobody known, parts away."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.container import Shop
from services.core.errors import Problem
from services.explain.sentence_requests import Key
from services.recommend.service import check_prices
from services.schemas.events import NewEvent
from services.schemas.profile import ProfileRequest
from services.schemas.recommend import RecommendRequest, SimilarRequest
from services.state.preferences import Control

NOW = datetime(2026, 5, 1, 1, tzinfo=UTC)


def take(shop: Shop, user: str, item_id: str = "tea-1") -> None:
    event = {"event_id": f"{user}-{item_id}", "user_id": user, "item_id": item_id, "event_type": "view"}
    shop.intake.take([NewEvent.model_validate(event)], NOW)


def asks(**said: Any) -> RecommendRequest:
    return RecommendRequest.model_validate({"n": 5, **said})


@pytest.mark.parametrize(("low", "high", "fits"), [(1, 2, True), (2, 2, True), (3, 2, False), (None, 0, True)])
def test_prices_that_nothing_can_cost_are_refused(low: float | None, high: float | None, fits: bool) -> None:
    request = asks(price_min=low, price_max=high)
    if fits:
        check_prices(request)
        return
    with pytest.raises(Problem) as refused:
        check_prices(request)
    assert (refused.value.field, refused.value.remedy) == ("price_min", "Swap them, or leave one out.")


def test_what_the_model_does_not_know_of_the_context_is_named_once(module_shop: Shop) -> None:
    request = asks(context_item_ids=["none", "tea-1", "none", "gone"])
    answer = module_shop.answers.recommend(request, NOW)
    assert answer.ignored == ["none", "gone"]
    assert answer.items


def test_a_list_that_is_ready_answers_at_once_until_something_changes(module_shop: Shop) -> None:
    answers = module_shop.answers
    take(module_shop, "ready")
    mark = answers.shoppers.mark("ready")
    assert answers.at_once(asks(user_id="ready"), mark, NOW) is None
    assert answers.prepare("ready", NOW) is not None
    assert answers.at_once(asks(user_id="ready"), mark, NOW) is not None
    assert answers.at_once(asks(user_id="ready", wish="tea"), mark, NOW) is None
    assert answers.at_once(asks(user_id="ready"), None, NOW) is None, "whose profile isn't known waits for it"
    answers.catalogue_current = False
    assert answers.at_once(asks(user_id="ready"), mark, NOW) is None
    assert answers.recommend(asks(user_id="ready"), NOW).degraded == ["database"]
    answers.catalogue_current = True
    take(module_shop, "ready", "tea-2")
    assert answers.at_once(asks(user_id="ready"), answers.shoppers.mark("ready"), NOW) is None


def test_a_list_is_made_before_for_whom_it_would_last(module_shop: Shop) -> None:
    answers = module_shop.answers
    assert answers.prepare("never seen", NOW) is None
    take(module_shop, "before")
    key = answers.prepare("before", NOW)
    assert key is not None
    kept = answers.lists.get(key)
    assert answers.prepare("before", NOW) == key
    assert answers.lists.get(key) is kept
    answers.prepare("before", NOW, anew=True)
    assert answers.lists.get(key) is not kept
    answers.shoppers.stale.add("before")
    assert answers.prepare("before", NOW) is None
    answers.shoppers.stale.discard("before")


def test_new_sentences_take_the_place_of_the_list_without_them(module_shop: Shop) -> None:
    answers = module_shop.answers
    take(module_shop, "sentences")
    moment = datetime.now(UTC)
    key = answers.prepare("sentences", moment)
    assert key is not None
    kept = answers.lists.get(key)
    answers.sentences_came(Key("sentences", 1, "en"))
    made = answers.lists.get(
        answers.ranker.key(module_shop.models.needed(), asks(user_id="sentences"), key.mark, datetime.now(UTC))
    )
    assert made is not None
    assert made is not kept


def test_of_who_is_forgotten_the_memory_holds_nothing(module_shop: Shop) -> None:
    answers = module_shop.answers
    take(module_shop, "forgotten")
    answers.recommend(asks(user_id="forgotten"), NOW)
    assert "forgotten" in answers.remembered()
    answers.forget("forgotten")
    assert "forgotten" not in answers.remembered()


def refused(shop: Shop, user_id: str) -> Problem:
    with pytest.raises(Problem) as problem:
        shop.answers.profile(ProfileRequest(user_id=user_id), NOW)
    return problem.value


def test_there_is_no_profile_of_who_is_unknown_or_does_not_want_one(module_shop: Shop) -> None:
    unknown = refused(module_shop, "nobody knows")
    assert (unknown.field, unknown.status) == ("user_id", 404)
    module_shop.answers.shoppers.controls._controls["u3"] = Control(personalised=False)
    unwilling = refused(module_shop, "u3")
    del module_shop.answers.shoppers.controls._controls["u3"]
    assert (unwilling.status, "/profile/consent" in unwilling.remedy) == (404, True)


def test_a_profile_that_can_t_be_looked_for_now_is_asked_for_again(module_shop: Shop) -> None:
    database = module_shop.answers.shoppers.database
    database._closed_until = float("inf")
    try:
        away = refused(module_shop, "nobody knows")
    finally:
        database._closed_until = 0.0
    assert (away.status, away.message) == (503, "database away")


def test_what_is_like_an_item_is_not_the_item(module_shop: Shop) -> None:
    answer = module_shop.answers.similar(SimilarRequest(item_id="tea-1", n=3), NOW)
    assert len(answer.items) == 3
    assert "tea-1" not in [item.item_id for item in answer.items]


def test_what_a_shadow_would_show_is_recorded_nowhere(module_shop: Shop) -> None:
    before = module_shop.impressions._written
    found = module_shop.answers.would_show(module_shop.models.needed(), asks(user_id="u1"), NOW)
    assert len(found) == 5
    assert module_shop.impressions._written == before
    answer = module_shop.answers.recommend(asks(user_id="u1"), NOW + timedelta(seconds=1))
    assert [item.item_id for item in answer.items] == found
    assert module_shop.impressions._written > before
