"""The service's parts in one process, on SQLite and on PostgreSQL with Redis."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from recommender.data.item_text import content_hash, item_text
from recommender.db.engine import session_scope
from recommender.db.tables import Embedding, Event, Item, Model, ProfileVersion, Recommendation
from recommender.settings import Settings
from services.container import Shop
from services.core.errors import Problem
from services.schemas.events import EventsResponse, NewEvent
from services.schemas.profile import ProfileRequest
from services.schemas.recommend import RecommendRequest, SimilarRequest
from tests.support.shops.trained import shop_bundle, shop_encoder


def now() -> datetime:
    return datetime.now(UTC)


def post(shop: Shop, *events: Mapping[str, object]) -> EventsResponse:
    return shop.intake.take([NewEvent.model_validate(event) for event in events], now())


def purchase(event_id: str, user_id: str, item_id: str) -> dict[str, object]:
    return {"event_id": event_id, "user_id": user_id, "item_id": item_id, "event_type": "purchase", "value": 3}


def ids(shop: Shop, **question: object) -> list[str]:
    answer = shop.answers.recommend(RecommendRequest.model_validate(question), now())
    return [item.item_id for item in answer.items]


def test_an_event_changes_profile_and_answer_and_its_repeat_nothing(shop: Shop) -> None:
    before = ids(shop, user_id="u0")
    answer = post(shop, *(purchase(f"new-{place}", "u0", f"baby-{place}") for place in range(4)))
    assert (answer.added, answer.duplicates, answer.degraded) == (4, 0, [])
    assert [one.profile_version for one in answer.profiles] == [1]
    after = shop.answers.recommend(RecommendRequest(user_id="u0"), now())
    assert after.profile_version == 1
    assert [item.item_id for item in after.items] != before
    profile = shop.answers.profile(ProfileRequest(user_id="u0"), now())
    assert {event.event_id for event in profile.recent[:4]} == {f"new-{place}" for place in range(4)}
    assert "Baby" in {one.key for one in profile.affinities if one.kind == "category"}

    again = post(shop, *(purchase(f"new-{place}", "u0", f"baby-{place}") for place in range(4)))
    assert (again.added, again.duplicates, again.profiles) == (0, 4, answer.profiles)
    with session_scope() as session:
        assert session.scalar(select(func.count()).where(Event.event_id.like("new-%"))) == 4
        assert session.scalar(select(func.count()).where(ProfileVersion.user_id == "u0")) == 1


def test_a_new_shopper_and_a_visit_that_signs_in(shop: Shop) -> None:
    visit = [{"event_id": f"v{n}", "session_id": "visit", "item_id": f"pets-{n}", "event_type": "view"} for n in (0, 1)]
    assert post(shop, *visit).profiles == []
    anonymous = ids(shop, session_id="visit", n=10)
    assert sum(item.startswith("pets-") for item in anonymous) >= 5
    signed_in = {"event_id": "v2", "session_id": "visit", "user_id": "fresh", "item_id": "pets-2", "event_type": "cart"}
    post(shop, signed_in)
    profile = shop.answers.profile(ProfileRequest(user_id="fresh"), now())
    assert [event.event_id for event in profile.recent] == ["v2", "v1", "v0"]


def test_what_was_shown_is_recorded_once(embedded_shop: Shop) -> None:
    shop = embedded_shop
    answer = shop.answers.recommend(RecommendRequest(user_id="u2", n=3), now())
    spool = shop.settings.root / "spool"
    shop.impressions.start()
    shop.impressions.stop()
    with session_scope() as session:
        row = session.get_one(Recommendation, answer.recommendation_id)
    assert [one["item_id"] for one in row.items] == [item.item_id for item in answer.items]
    assert (row.user_id, row.model_version, row.scenario) == ("u2", "shop-1", "home")
    assert list(spool.glob("*.jsonl")) == []


def test_another_promotion_is_swapped_in(embedded_shop: Shop) -> None:
    shop = embedded_shop
    post(shop, purchase("before", "u3", "tea-1"))
    promote(shop.settings, "shop-2")
    shop.watcher.look()
    answer = shop.answers.recommend(RecommendRequest(user_id="u3"), now())
    assert answer.model_version == "shop-2"
    assert len(answer.items) == 10
    assert answer.profile_version == 1  # the same profile, as the new model sees it


def promote(settings: Settings, model_version: str) -> None:
    path = settings.models_dir / model_version
    bundle = shop_bundle()
    replace(bundle, manifest=bundle.manifest.model_copy(update={"model_version": model_version})).save(path)
    row = {"status": "promoted", "reason": "", "path": str(path), "manifest": {}, "created_at": now()}
    with session_scope() as session:
        session.execute(update(Model).values(status="retired"))
        session.add(Model(model_version=model_version, promoted_at=now(), **row))


def test_a_model_that_cannot_be_loaded_leaves_the_old_one_in_service(embedded_shop: Shop) -> None:
    promote(embedded_shop.settings, "shop-2")
    (embedded_shop.settings.models_dir / "shop-2" / "tensors.safetensors").write_bytes(b"")
    embedded_shop.watcher.look()
    assert embedded_shop.models.current is not None
    assert embedded_shop.models.current.model_version == "shop-1"
    assert "shop-2 can't be loaded" in embedded_shop.models.reason


GONE: list[dict[str, object]] = [
    {"hidden": True},
    {"available_until": datetime(2026, 1, 1, tzinfo=UTC)},
    {"available_from": datetime(2199, 1, 1, tzinfo=UTC)},
]


def test_items_that_may_not_be_shown_disappear(embedded_shop: Shop) -> None:
    shop = embedded_shop
    for change in GONE:
        best = ids(shop, user_id="u4")[0]
        with session_scope() as session:
            session.execute(update(Item).where(Item.item_id == best).values(**change, updated_at=now()))
        shop.watcher.look()
        assert best not in ids(shop, user_id="u4", n=100)
        assert len(ids(shop, user_id="u4")) == 10


def test_prices_and_titles_are_those_of_now(embedded_shop: Shop) -> None:
    shop = embedded_shop
    with session_scope() as session:
        values = {"price": 99.5, "title": "Green tea, spring harvest", "updated_at": now()}
        session.execute(update(Item).where(Item.item_id == "tea-0").values(**values))
    shop.watcher._stock.last = None
    shop.watcher.look()
    answer = shop.answers.recommend(RecommendRequest(price_min=99), now())
    assert [(item.title, item.price) for item in answer.items] == [("Green tea, spring harvest", 99.5)]


def test_filters_and_exclusions_hold(embedded_shop: Shop) -> None:
    shop = embedded_shop
    tea = ids(shop, user_id="u1", categories=["Tea"], n=100)
    assert tea
    assert all(item.startswith("tea-") for item in tea)
    assert set(ids(shop, user_id="u1", exclude=tea, n=100)).isdisjoint(tea)
    cheap = shop.answers.recommend(RecommendRequest(user_id="u1", price_max=4, n=100), now())
    assert cheap.items
    assert all(item.price is not None and item.price <= 4 for item in cheap.items)


def test_nobody_known_gets_what_is_popular(embedded_shop: Shop) -> None:
    answer = embedded_shop.answers.recommend(RecommendRequest(user_id="stranger"), now())
    assert answer.profile_version is None
    assert len(answer.items) == 10
    assert {evidence.source for item in answer.items for evidence in item.evidence} == {"popular"}


BAD_RATING: dict[str, object] = {
    "event_id": "r6",
    "user_id": "u5",
    "item_id": "tea-0",
    "event_type": "rating",
    "value": 9,
}
REFUSED: list[tuple[str, Callable[[Shop], object], int]] = [
    ("events[1].item_id", lambda shop: post(shop, purchase("r0", "u5", "tea-0"), purchase("r1", "u5", "none")), 422),
    ("events[0].time", lambda shop: post(shop, purchase("r2", "u5", "tea-0") | {"time": "2199-01-01T00:00:00Z"}), 422),
    ("events[0].user_id", lambda shop: post(shop, {"event_id": "r3", "item_id": "tea-0", "event_type": "view"}), 422),
    ("events[0].item_id", lambda shop: post(shop, {"event_id": "r4", "user_id": "u5", "event_type": "view"}), 422),
    ("events[0].text", lambda shop: post(shop, {"event_id": "r5", "user_id": "u5", "event_type": "search"}), 422),
    ("events[0].value", lambda shop: post(shop, BAD_RATING), 422),
    ("price_min", lambda shop: ids(shop, price_min=5, price_max=1), 422),
    ("item_id", lambda shop: shop.answers.similar(SimilarRequest(item_id="none"), now()), 404),
    ("user_id", lambda shop: shop.answers.profile(ProfileRequest(user_id="stranger"), now()), 404),
]  # fmt: skip


def test_refusals_name_the_field(embedded_shop: Shop) -> None:
    for name, ask, status in REFUSED:
        with pytest.raises(Problem) as refused:
            ask(embedded_shop)
        assert (refused.value.field, refused.value.status) == (name, status)
        assert refused.value.remedy
    with session_scope() as session:
        assert session.scalar(select(func.count()).where(Event.event_id.like("r%"))) == 0


def test_a_clock_that_runs_fast_is_taken_as_now(embedded_shop: Shop) -> None:
    ahead = (now() + timedelta(seconds=40)).isoformat()
    post(embedded_shop, purchase("ahead", "u6", "tea-1") | {"time": ahead})
    with session_scope() as session:
        assert session.scalars(select(Event.time).where(Event.event_id == "ahead")).one() <= now()


def test_a_new_item_is_served_once_its_text_is_embedded(embedded_shop: Shop) -> None:
    shop, encoder = embedded_shop, shop_encoder()
    text = item_text("Puppy food", "", "Lark", ["Shop", "Pets"], {})
    item = Item(
        item_id="pets-new",
        kind="product",
        title="Puppy food",
        brand="Lark",
        categories=["Shop", "Pets"],
        price=4.0,
        attributes={},
        content_hash=content_hash(text),
        updated_at=now(),
    )
    vector = encoder.encode([text])[0].astype("<f4").tobytes()
    with session_scope() as session:
        session.add(item)
    shop.watcher._stock.last = None
    shop.watcher.look()
    with pytest.raises(Problem, match="not in the model yet"):
        shop.answers.similar(SimilarRequest(item_id="pets-new"), now())
    with session_scope() as session:
        embedding = Embedding(encoder_id=encoder.encoder_id, content_hash=content_hash(text), vector=vector)
        session.add(embedding)
    shop.watcher._stock.last = None
    shop.watcher.look()
    like = shop.answers.similar(SimilarRequest(item_id="pets-new", n=3), now())
    assert like.items[0].item_id.startswith("pets-")
    assert "pets-new" in ids(shop, user_id="u2", categories=["Pets"], n=100)
