"""Events are checked one by one, stored with their shopper's profile, and told of by what became of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from recommender.utils.rating_scale import Scale
from services.container import Shop
from services.core.errors import Problem
from services.events.ingest import CLOCK_SKEW, check_event
from services.events.storage import Post
from services.schemas.events import EventsResponse, NewEvent

NOW = datetime(2026, 5, 1, 1, tzinfo=UTC)


def event(**changes: Any) -> NewEvent:
    plain = {"event_id": "e", "user_id": "ingest", "item_id": "tea-1", "event_type": "view"}
    return NewEvent.model_validate(plain | changes)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"user_id": None}, "user_id"),
        ({"item_id": None}, "item_id"),
        ({"event_type": "search", "item_id": None, "text": "  "}, "text"),
        ({"event_type": "search", "item_id": None}, "text"),
        ({"quantity": 0}, "quantity"),
        ({"quantity": -1}, "quantity"),
        ({"event_type": "cart", "value": -1}, "value"),
        ({"event_type": "rating"}, "value"),
        ({"event_type": "rating", "value": 5.5}, "value"),
        ({"event_type": "rating", "value": -1}, "value"),
        ({"time": datetime(1989, 12, 31, tzinfo=UTC)}, "time"),
        ({"time": NOW + CLOCK_SKEW + timedelta(seconds=1)}, "time"),
    ],
)
def test_what_a_schema_can_t_say_is_refused_by_its_field(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Problem) as refused:
        check_event(event(**changes), "events[3]", NOW)
    assert refused.value.field == f"events[3].{field}"
    assert refused.value.remedy


@pytest.mark.parametrize(
    "changes",
    [
        {"user_id": None, "session_id": "s"},
        {"event_type": "search", "item_id": None, "text": "tea"},
        {"event_type": "purchase", "quantity": -1},
        {"event_type": "return", "value": -3},
        {"event_type": "rating", "value": 0},
        {"event_type": "rating", "value": 5},
        {"time": datetime(1990, 1, 1, tzinfo=UTC)},
        {"time": NOW + CLOCK_SKEW},
    ],
)
def test_what_may_be_is_taken(changes: dict[str, Any]) -> None:
    check_event(event(**changes), "events[0]", NOW)


def test_a_rating_is_of_the_shop_s_own_scale() -> None:
    thumbs = Scale(-1, 1)
    check_event(event(event_type="rating", value=-1), "e", NOW, thumbs)
    with pytest.raises(Problem, match="-1 to 1"):
        check_event(event(event_type="rating", value=5), "e", NOW, thumbs)


def take(shop: Shop, *events: NewEvent) -> EventsResponse:
    return shop.intake.take(events, NOW)


def test_one_fault_takes_the_whole_post_back(module_shop: Shop) -> None:
    good, bad = event(event_id="whole-1", user_id="whole"), event(event_id="whole-2", user_id="whole", item_id="none")
    with pytest.raises(Problem) as refused:
        take(module_shop, good, bad)
    assert (refused.value.field, refused.value.status) == ("events[1].item_id", 422)
    assert take(module_shop, good).added == 1, "it was not stored before"


def test_a_repeat_answers_with_the_version_that_is_there(module_shop: Shop) -> None:
    first = take(module_shop, event(event_id="again", user_id="again"))
    again = take(module_shop, event(event_id="again", user_id="again"))
    assert (first.added, again.added, again.duplicates) == (1, 0, 1)
    assert [one.profile_version for one in first.profiles] == [one.profile_version for one in again.profiles] == [1]


def test_posts_that_wait_together_share_a_version_and_each_has_its_own_answer(module_shop: Shop) -> None:
    told: list[list[str]] = []
    module_shop.intake.updated = told.append
    posts = [Post([event(event_id=f"together-{n}", user_id="together")], NOW, {}) for n in range(3)]
    conflict = Post([event(event_id="together-0", user_id="together", item_id="tea-2")], NOW, {})
    *good, bad = module_shop.intake.take_all([*posts, conflict])
    versions = [one.profiles[0].profile_version for one in good if isinstance(one, EventsResponse)]
    assert versions == [1, 1, 1]
    assert isinstance(bad, Problem)
    assert (bad.field, bad.status) == ("events[0].event_id", 409)
    assert told == [["together"]]


def test_a_query_is_read_once_and_only_where_a_model_is_there(module_shop: Shop) -> None:
    asked: list[str] = []

    def read(text: str, bundle: object) -> None:
        asked.append(text)

    intake = module_shop.intake
    before, intake.read_query = intake.read_query, read
    searches = [event(event_type="search", text=text, item_id=None) for text in ("tea", "tea", "coffee")]
    assert intake.read([*searches, event(text="no search")]) == {}
    assert asked == ["coffee", "tea"]
    current, intake.models.current = intake.models.current, None
    assert intake.read(searches) == {}
    assert len(asked) == 2
    intake.models.current, intake.read_query = current, before


def test_without_a_model_events_are_stored_and_the_answer_says_so(module_shop: Shop) -> None:
    models = module_shop.models
    current, models.current = models.current, None
    try:
        answer = take(module_shop, event(event_id="modelless", user_id="modelless"))
    finally:
        models.current = current
    assert (answer.added, answer.profiles, answer.degraded) == (1, [], ["profile"])


def test_what_is_sent_is_what_was_taken(module_shop: Shop) -> None:
    sent = module_shop.intake.take_json([event(event_id="json", user_id="json")], NOW)
    assert EventsResponse.model_validate_json(sent).added == 1
