"""`recommendation_id` counts where that answer was given to the event's shopper or visit, and nowhere else."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from recommender.db.engine import session_scope
from recommender.db.tables import Event, Recommendation
from recommender.importing.sources import run_folder
from services.container import Shop
from services.core.metrics import meters
from services.schemas.events import EventsResponse, NewEvent
from services.schemas.privacy import ConsentRequest
from services.schemas.recommend import RecommendRequest
from tests.support.callers import as_caller
from tests.support.shops.files import write
from tests.support.shops.shop import SHOP_UNTIL

NOW = SHOP_UNTIL + timedelta(hours=1)


def answer_to(shop: Shop, **who: str) -> str:
    return shop.answers.recommend(RecommendRequest.model_validate({"n": 3, **who}), NOW).recommendation_id


def take(shop: Shop, answer: str, event_id: str, token: str | None = None, **who: str) -> EventsResponse:
    plain: dict[str, Any] = {"event_id": event_id, "item_id": "tea-1", "event_type": "view", "time": SHOP_UNTIL}
    event = NewEvent.model_validate({**plain, **who, "recommendation_id": answer})
    with as_caller(token):
        return shop.intake.take([event], NOW)


def stored(event_id: str) -> str | None:
    with session_scope() as session:
        return session.scalars(select(Event.recommendation_id).where(Event.event_id == event_id)).one()


@pytest.mark.parametrize("written", [False, True])
def test_ones_own_answer_counts_and_anothers_is_ignored_and_told(shop: Shop, written: bool) -> None:
    """Also in the moment before the answer is in the database."""
    answer = answer_to(shop, user_id="u1")
    if written:
        shop.impressions.start()
        shop.impressions.stop()
        with session_scope() as session:
            assert session.get(Recommendation, answer) is not None
    before = meters().events.labels("unattributed")._value.get()
    assert take(shop, answer, "own", token="u1", user_id="u1").ignored_recommendations == []
    for place, token in enumerate(("u2", None)):
        foreign = take(shop, answer, f"foreign-{place}", token=token, user_id="u2")
        assert (foreign.added, foreign.ignored_recommendations) == (1, [answer])
        assert stored(f"foreign-{place}") is None
    assert stored("own") == answer
    assert take(shop, "never-given", "made-up", user_id="u1").ignored_recommendations == ["never-given"]
    assert meters().events.labels("unattributed")._value.get() == before + 3


def test_a_visits_answer_counts_in_the_visit_and_for_who_signs_in_in_it(shop: Shop) -> None:
    answer = answer_to(shop, session_id="visit")
    assert take(shop, answer, "there", session_id="visit").ignored_recommendations == []
    assert take(shop, answer, "elsewhere", session_id="another").ignored_recommendations == [answer]
    assert take(shop, answer, "signs-in", token="ann", session_id="visit", user_id="ann").ignored_recommendations == []
    assert take(shop, answer, "later", token="ann", user_id="ann").ignored_recommendations == []
    assert take(shop, answer, "order", user_id="ann").ignored_recommendations == []
    for token in ("bob", None):
        assert take(shop, answer, f"bob-{token}", token=token, user_id="bob").ignored_recommendations == [answer]


def test_the_shops_own_word_needs_no_visit_and_a_token_does(shop: Shop) -> None:
    unclaimed, nobodys = answer_to(shop, session_id="visit"), answer_to(shop)
    for answer in (unclaimed, nobodys):
        assert take(shop, answer, f"order-{answer}", user_id="ann").ignored_recommendations == []
        assert take(shop, answer, f"token-{answer}", token="ann", user_id="ann").ignored_recommendations == [answer]


def test_an_answer_to_one_who_wants_no_profile_is_nobodys(shop: Shop) -> None:
    shop.privacy.consent(ConsentRequest(user_id="shy", purpose="personalisation", given=False), NOW)
    answer = answer_to(shop, user_id="shy")
    order = take(shop, answer, "bought", token="shy", user_id="shy", event_type="purchase")
    assert (order.added, order.ignored_recommendations) == (1, [answer])


def test_an_import_takes_out_what_was_given_to_another_shopper(shop: Shop, tmp_path: Path) -> None:
    answer = answer_to(shop, user_id="u1")
    shop.impressions.start()
    shop.impressions.stop()
    text = "event_id,user_id,item_id,event_type,time,recommendation_id\n"
    lines = [f"imported-{user},{user},tea-2,view,2026-01-01,{answer}\n" for user in ("u1", "u2")]
    summary = run_folder(write(tmp_path, interactions__csv=text + "".join(lines)))
    assert (stored("imported-u1"), stored("imported-u2")) == (answer, None)
    assert "1 events are kept without recommendation_id" in str(summary)
