"""The tail of a visit: what it does after its shopper signed in is theirs, and nobody else's on the same device."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from features.building.pipeline import build_features
from features.offline import read_view
from features.privacy import export
from recommender.db.engine import get_engine, session_scope
from recommender.db.tables import Base, Event, ProfileVersion, Recommendation, Visit
from recommender.importing.sources import run_folder
from recommender.privacy.erasure import STRAGGLERS
from recommender.store.identity.visits import visit_digest
from services.container import Shop
from services.core.errors import Problem
from services.recommend.explain import _is_owner
from services.schemas.events import EventsResponse, NewEvent
from services.schemas.explain import ExplainRequest
from services.schemas.privacy import ConsentRequest, RemoveEventRequest, ShopperRequest
from services.schemas.profile import ProfileRequest
from services.schemas.recommend import RecommendRequest
from services.schemas.search import SearchRequest
from tests.support.shops.files import write
from tests.support.shops.shop import SHOP_UNTIL

NOW = SHOP_UNTIL + timedelta(hours=1)
DAYS = (SHOP_UNTIL - timedelta(days=1), SHOP_UNTIL + timedelta(days=1))
VISIT = "visit-on-the-shared-tablet"
# minutes after SHOP_UNTIL
SIGN_IN, TAIL, NEXT_SIGN_IN, NEXT_TAIL = 10, 20, 30, 40


def at(minute: float) -> datetime:
    return SHOP_UNTIL + timedelta(minutes=minute)


def event(event_id: str, minute: float, user: str | None = None, **more: Any) -> NewEvent:
    plain = {"session_id": VISIT, "item_id": "tea-1", "event_type": "view", "time": at(minute)}
    return NewEvent.model_validate({"event_id": event_id, "user_id": user, **plain, **more})


def take(shop: Shop, *events: NewEvent) -> EventsResponse:
    return shop.intake.take(events, NOW)


def whose(*event_ids: str) -> list[str | None]:
    with session_scope() as session:
        query = select(Event.event_id, Event.user_id).where(Event.event_id.in_(event_ids))
        found = {event_id: user for event_id, user in session.execute(query)}
    return [found.get(event_id, "nowhere") for event_id in event_ids]


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def shared_tablet(shop: Shop) -> None:
    """Somebody looks, ann signs in, somebody looks on, bob signs in, somebody looks on."""
    take(shop, event("before", 0))
    take(shop, event("ann-signs-in", SIGN_IN, "ann"))
    take(shop, event("ann-tail", TAIL, item_id="coffee-1"))
    take(shop, event("bob-signs-in", NEXT_SIGN_IN, "bob"))
    take(shop, event("bob-tail", NEXT_TAIL, item_id="pets-1"))


def held_events(user: str) -> set[str]:
    rows = export(get_engine(), user, NOW, "test")["database"].get("events", [])
    return {row["event_id"] for row in rows}


def test_what_follows_a_sign_in_is_the_shoppers_and_in_their_profile(shop: Shop) -> None:
    take(shop, event("before", 0))
    first = take(shop, event("signs-in", SIGN_IN, "ann"))
    tail = take(shop, event("tail", TAIL, event_type="purchase", item_id="coffee-1", value=3.0))
    assert whose("before", "signs-in", "tail") == ["ann"] * 3
    [before], [after] = first.profiles, tail.profiles
    assert (after.user_id, after.profile_version) == ("ann", before.profile_version + 1)
    recent = shop.answers.profile(ProfileRequest(user_id="ann"), NOW).recent
    assert {one.event_id for one in recent} == {"before", "signs-in", "tail"}
    assert take(shop, event("tail", TAIL, event_type="purchase", item_id="coffee-1", value=3.0)).duplicates == 1
    assert take(shop, event("tail", TAIL, "ann", event_type="purchase", item_id="coffee-1", value=3.0)).duplicates == 1
    assert shop.privacy.remove_event(RemoveEventRequest(user_id="ann", event_id="tail"), NOW).removed
    assert take(shop, event("tail", TAIL, event_type="purchase", item_id="coffee-1", value=3.0)).added == 0


def test_sign_in_and_tail_in_one_post_and_a_search(shop: Shop) -> None:
    shop.searcher.look()
    take(shop, event("tail", TAIL), event("signs-in", SIGN_IN, "ann"), event("other", TAIL, session_id="another"))
    assert whose("tail", "signs-in", "other") == ["ann", "ann", None]
    shop.searcher.search(SearchRequest(query="coffee", session_id=VISIT, event_id="looked-for"), NOW)
    assert whose("looked-for") == ["ann"]


def test_the_next_shopper_on_the_device_gets_nothing_of_the_first_ones(shop: Shop) -> None:
    shared_tablet(shop)
    assert whose("before", "ann-signs-in", "ann-tail") == ["ann"] * 3
    assert whose("bob-signs-in", "bob-tail") == ["bob"] * 2
    assert held_events("ann") == {"before", "ann-signs-in", "ann-tail"}
    assert held_events("bob") == {"bob-signs-in", "bob-tail"}
    take(shop, event("late", TAIL + 1))
    assert whose("late") == ["ann"], "what comes late belongs to its time"
    assert take(shop, event("ann-tail", NEXT_TAIL, item_id="coffee-1", time=None)).duplicates == 1
    assert held_events("bob") == {"bob-signs-in", "bob-tail"}, "a repeat is not the next one's"
    take(shop, event("ann-again", 50, "ann"), event("ann-tail-2", 55))
    assert whose("ann-tail-2") == ["ann"]


def test_the_visits_own_answers_are_made_of_what_it_did_for_the_one_who_is_in_it(shop: Shop) -> None:
    shared_tablet(shop)
    ask = RecommendRequest(session_id=VISIT, n=40)
    page = shop.answers.recommend(ask, at(25))
    assert any(one.evidence and one.evidence[0].item_ids for one in page.items), "it still speaks by its events"
    history = shop.answers.shoppers.session_profile(shop.models.needed().bundle, VISIT, NOW, set())
    assert history is not None
    assert set(history.history.event_ids.tolist()) == {"bob-signs-in", "bob-tail"}


def test_answers_to_a_visit_are_their_shoppers_and_go_with_them(shop: Shop) -> None:
    shop.impressions.start()
    ids = [
        shop.answers.recommend(RecommendRequest(session_id=VISIT, n=3), at(minute)).recommendation_id
        for minute in (0, TAIL)
    ]

    def shown() -> dict[str, str | None]:
        with session_scope() as session:
            found = select(Recommendation.recommendation_id, Recommendation.user_id)
            return {one: user for one, user in session.execute(found.where(Recommendation.recommendation_id.in_(ids)))}

    until(lambda: len(shown()) == 2)
    shared_tablet(shop)
    assert [shown()[one] for one in ids] == ["ann", "ann"]
    for minute in (TAIL + 1, NEXT_TAIL):
        ids.append(shop.answers.recommend(RecommendRequest(session_id=VISIT, n=3), at(minute)).recommendation_id)
    until(lambda: len(shown()) == 4)
    assert [shown()[one] for one in ids[2:]] == ["ann", "bob"]
    with session_scope() as session:
        row = session.get_one(Recommendation, ids[0])
        assert _is_owner(row, ExplainRequest(session_id=VISIT)), "the visit may still ask why"
        assert not _is_owner(row, ExplainRequest(session_id=VISIT, user_id="bob"))
    shop.privacy.erase(ShopperRequest(user_id="ann"), NOW)
    assert set(shown()) == {ids[3]}
    shop.impressions.stop()


def test_an_erasure_takes_the_tail_and_refuses_what_comes_of_it(shop: Shop) -> None:
    take(shop, event("before", 0))
    build_features(*DAYS)  # the log has it without a name
    take(shop, event("signs-in", SIGN_IN, "ann"), event("tail", TAIL))
    offline = export(get_engine(), "ann", NOW, "test")["offline"]["events"]
    assert {row["event_id"] for row in offline} == {"before"}
    shop.privacy.erase(ShopperRequest(user_id="ann"), NOW)
    assert whose("before", "signs-in", "tail") == ["nowhere"] * 3
    assert "before" not in set(read_view("events", DAYS[0].date(), DAYS[1].date())["event_id"])
    with pytest.raises(Problem, match="was erased"):
        take(shop, event("meanwhile", NEXT_TAIL))
    shop.privacy.pending.finish(NOW + STRAGGLERS)
    with pytest.raises(Problem, match="visit was erased") as refused:
        take(shop, event("fine", NEXT_TAIL, session_id="another"), event("later", NEXT_TAIL))
    assert (refused.value.field, refused.value.status) == ("events[1].session_id", 410)
    assert shop.answers.shoppers.session_profile(shop.models.needed().bundle, VISIT, NOW, set()) is None
    with get_engine().connect() as connection:
        for table in Base.metadata.sorted_tables:
            rows = [str(row) for row in connection.execute(select(table))]
            assert not [row for row in rows if VISIT in row], table.name
        assert connection.execute(select(Visit.session_id, Visit.user_id)).all() == [(visit_digest(VISIT), None)]
    assert take(shop, event("bob-signs-in", 50, "bob")).added == 1
    assert take(shop, event("bob-tail", 51)).added == 1
    with pytest.raises(Problem, match="visit was erased"):
        take(shop, event("anns-late-one", TAIL))
    assert held_events("bob") == {"bob-signs-in", "bob-tail"}


def test_an_erasure_of_the_second_shopper_leaves_the_first_ones(shop: Shop) -> None:
    shared_tablet(shop)
    shop.privacy.erase(ShopperRequest(user_id="bob"), NOW)
    shop.privacy.pending.finish(NOW + STRAGGLERS)
    assert held_events("ann") == {"before", "ann-signs-in", "ann-tail"}
    assert take(shop, event("anns-late-one", TAIL)).added == 1
    with pytest.raises(Problem, match="visit was erased"):
        take(shop, event("bobs-late-one", NEXT_TAIL))


def test_the_tail_of_one_who_wants_no_profile_is_withheld(shop: Shop) -> None:
    take(shop, event("before", 0))
    take(shop, event("signs-in", SIGN_IN, "shy"))
    shop.privacy.consent(ConsentRequest(user_id="shy", purpose="personalisation", given=False), NOW)
    looked, bought = take(shop, event("looked", TAIL)), take(shop, event("bought", TAIL, event_type="purchase"))
    assert (looked.added, looked.withheld, bought.added) == (0, 1, 1)
    assert whose("looked", "bought") == ["nowhere", "shy"]
    assert shop.answers.shoppers.session_profile(shop.models.needed().bundle, VISIT, NOW, set()) is None
    shop.impressions.start()
    before = shop.answers.recommend(RecommendRequest(session_id=VISIT, n=3), at(NEXT_TAIL)).recommendation_id
    shop.impressions.stop()
    with session_scope() as session:
        row = session.get_one(Recommendation, before)
        assert (row.user_id, row.session_id) == (None, None)
        assert not session.scalar(
            select(func.count()).where(ProfileVersion.user_id == "shy", ProfileVersion.created_at > NOW)
        )


def test_one_who_signs_in_without_consent_has_what_came_before_exported_and_erased(shop: Shop) -> None:
    shop.privacy.consent(ConsentRequest(user_id="shy", purpose="personalisation", given=False), NOW)
    take(shop, event("before", 0))
    take(shop, event("signs-in", SIGN_IN, "shy", event_type="purchase"))
    assert whose("before", "signs-in") == [None, "shy"], "it makes no profile"
    assert held_events("shy") == {"before", "signs-in"}
    take(shop, event("bob-signs-in", NEXT_SIGN_IN, "bob"))
    assert held_events("bob") == {"bob-signs-in"}
    shop.privacy.erase(ShopperRequest(user_id="shy"), NOW)
    assert whose("before", "signs-in", "bob-signs-in") == ["nowhere", "nowhere", "bob"]


def test_an_import_gives_the_tail_its_shopper(shop: Shop, tmp_path: Path) -> None:
    shared_tablet(shop)
    lines = [f"imported-{minute},,{VISIT},tea-2,view,{at(minute).isoformat()}" for minute in (5, TAIL, NEXT_TAIL)]
    text = "event_id,user_id,session_id,item_id,event_type,time\n" + "\n".join(lines) + "\n"
    run_folder(write(tmp_path, interactions__csv=text))
    assert whose("imported-5", "imported-20", "imported-40") == ["ann", "ann", "bob"]
    shop.privacy.erase(ShopperRequest(user_id="ann"), NOW)
    shop.privacy.pending.finish(NOW + STRAGGLERS)
    run_folder(write(tmp_path, interactions__csv=text.replace("imported", "again")))
    assert whose("again-5", "again-20", "again-40") == ["nowhere", "nowhere", "bob"]


def test_a_post_that_is_refused_claims_nothing(shop: Shop) -> None:
    take(shop, event("order", 0, "ann", session_id="another"))
    with pytest.raises(Problem, match="other content"):
        take(shop, event("signs-in", SIGN_IN, "ann"), event("order", 0, "ann", item_id="tea-2"))
    take(shop, event("look", TAIL))
    assert whose("look") == [None]
