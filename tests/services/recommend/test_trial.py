"""A canary as shoppers see it: who has part in it, that their answers are whole, and how it ends."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from scipy import stats
from sqlalchemy import select

from recommender.db.engine import session_scope
from recommender.db.tables import Audit, Canary, GuardrailDecision, Model, Recommendation
from recommender.release.canary import end_canary, running_canary, start_canary
from recommender.release.model_lookup import ReleaseError
from recommender.release.promotion import promote, rollback
from services.container import Shop
from services.schemas.explain import ExplainRequest
from services.schemas.privacy import ConsentRequest
from services.schemas.profile import ProfileRequest
from services.schemas.recommend import RecommendRequest
from services.schemas.search import SearchRequest
from tests.support.shops.shop import SHOP_UNTIL, SHOPPERS
from tests.support.shops.trained import add_model, broken_bundle, reversed_bundle, shop_bundle

NOW = SHOP_UNTIL + timedelta(hours=1)
USERS = [f"u{n}" for n in range(SHOPPERS)]


def begin(shop: Shop, version: str = "shop-2", share: float = 0.5, shadow: bool = False) -> None:
    with session_scope() as session:
        start_canary(session, version, share, "Ann", "to see", datetime.now(UTC), shadow)
    shop.watcher.look()


def asked(shop: Shop, **question: Any) -> dict[str, Any]:
    answer: dict[str, Any] = orjson.loads(shop.answers.recommend_json(RecommendRequest(**question), NOW))
    return answer


def item_ids(answer: dict[str, Any]) -> list[str]:
    return [item["item_id"] for item in answer["items"]]


def versions(shop: Shop) -> dict[str, str]:
    return {user: asked(shop, user_id=user)["model_version"] for user in USERS}


@pytest.fixture
def tried(embedded_shop: Shop) -> Shop:
    """With a canary whose ranking is the other way round, so that one sees whose answer it is."""
    add_model(embedded_shop.settings, "shop-2", reversed_bundle(shop_bundle()))
    begin(embedded_shop)
    return embedded_shop


def test_a_share_of_the_shoppers_is_answered_by_the_canary_and_stays(shop: Shop) -> None:
    before = {user: item_ids(asked(shop, user_id=user)) for user in USERS}
    add_model(shop.settings, "shop-2", reversed_bundle(shop_bundle()))
    begin(shop)
    found = versions(shop)
    assert set(found.values()) == {"shop-1", "shop-2"}
    assert found == versions(shop)  # from the lists that are kept by now
    other = Shop(shop.settings)  # another worker, or this one started anew
    other.watcher.look()
    assert versions(other) == found
    changed = [user for user in USERS if item_ids(asked(shop, user_id=user)) != before[user]]
    assert changed == [user for user in USERS if found[user] == "shop-2"]
    assert asked(shop)["model_version"] == "shop-1"
    with session_scope() as session:
        canary = running_canary(session)
    assert canary is not None
    many = 20_000
    taken = sum(canary.takes(f"shopper {n}") for n in range(many))
    assert stats.binomtest(taken, many, canary.share).pvalue > 1e-4
    assert asked(shop, session_id="v1")["model_version"] == ("shop-2" if canary.takes("v1") else "shop-1")


def test_all_that_a_shopper_is_told_is_of_one_model(tried: Shop) -> None:
    tried.searcher.look()
    found = versions(tried)
    for user in ("u1", "u2", "u3", "u4", "u5", "u6"):
        first = asked(tried, user_id=user)["items"][0]
        told = tried.explanations.explain_now(ExplainRequest(user_id=user, item_id=first["item_id"]), NOW).answer
        assert (told.model_version, told.reason) == (found[user], first["reason"])
        answer = tried.searcher.search(SearchRequest(query="tea", user_id=user), NOW)
        assert answer.model_version == found[user]
        assert tried.answers.profile(ProfileRequest(user_id=user), NOW).degraded == []


def test_what_was_shown_is_kept_with_the_model_that_answered(tried: Shop) -> None:
    tried.impressions.start()
    answers = {answer["recommendation_id"]: answer for answer in (asked(tried, user_id=user) for user in USERS[:8])}
    tried.impressions.stop()
    with session_scope() as session:
        kept = session.scalars(select(Recommendation)).all()
    assert {row.recommendation_id: row.model_version for row in kept} == {
        one: answer["model_version"] for one, answer in answers.items()
    }


def test_who_does_not_consent_takes_no_part(tried: Shop) -> None:
    user = next(user for user, version in versions(tried).items() if version == "shop-2")
    tried.privacy.consent(ConsentRequest(user_id=user, purpose="personalisation", given=False), NOW)
    tried.watcher.look()
    assert asked(tried, user_id=user)["model_version"] == "shop-1"


def test_a_canary_ends_by_hand_by_promotion_and_by_rolling_back(tried: Shop) -> None:
    with session_scope() as session, pytest.raises(ReleaseError, match="shop-2 is running; end it first"):
        start_canary(session, "shop-2", 0.1, "Bea", "me too", NOW)
    with session_scope() as session:
        assert end_canary(session, "Ann", "seen enough", NOW) == "shop-2"
    tried.watcher.look()
    assert set(versions(tried).values()) == {"shop-1"}
    begin(tried)
    promote("shop-2", "Ann")
    tried.watcher.look()
    assert set(versions(tried).values()) == {"shop-2"}
    begin(tried, "shop-1")
    rollback("Ann")
    tried.watcher.look()
    assert set(versions(tried).values()) == {"shop-1"}
    with session_scope() as session:
        outcomes = [(row.outcome, row.ended_by) for row in session.scalars(select(Canary).order_by(Canary.canary_id))]
        actions = list(session.scalars(select(Audit.action).where(Audit.action.like("canary%")).order_by(Audit.id)))
    assert outcomes == [("ended", "Ann"), ("promoted", "Ann"), ("rolled back", "Ann")]
    assert actions == ["canary_start", "canary_end"] * 3


def test_what_cannot_be_tried_is_refused(embedded_shop: Shop) -> None:
    add_model(embedded_shop.settings, "shop-2")
    for asks, words in (
        (("shop-9", 0.1, "Ann", "why"), "model_version: 'shop-9' is unknown"),
        (("shop-1", 0.1, "Ann", "why"), "shop-1 is promoted"),
        (("shop-2", 0.0, "Ann", "why"), "share: 0; give more than 0"),
        (("shop-2", 0.1, "Ann", " "), "reason: say why"),
    ):
        with session_scope() as session, pytest.raises(ReleaseError, match=words):
            start_canary(session, *asks, NOW)


def test_a_canary_that_cannot_be_read_is_ended_with_its_reason(embedded_shop: Shop) -> None:
    add_model(embedded_shop.settings, "shop-2")
    with session_scope() as session:
        start_canary(session, "shop-2", 0.5, "Ann", "to see", NOW)
    (embedded_shop.settings.models_dir / "shop-2" / "tensors.safetensors").write_bytes(b"spoiled")
    embedded_shop.watcher.look()
    assert set(versions(embedded_shop).values()) == {"shop-1"}
    with session_scope() as session:
        row = session.scalars(select(Canary)).one()
    assert (row.running, row.outcome, row.ended_by) == (None, "unreadable", "the service")
    assert "it can't be loaded" in (row.end_reason or "")


def test_a_canary_that_fails_is_ended_and_answers_are_whole_all_along(embedded_shop: Shop) -> None:
    add_model(embedded_shop.settings, "shop-2", broken_bundle(shop_bundle()))
    begin(embedded_shop)
    rounds = 0
    while embedded_shop.models.canary is not None and rounds < 5:
        answers = [asked(embedded_shop, user_id=user) for user in USERS]
        assert all(len(answer["items"]) == 10 and answer["model_version"] == "shop-1" for answer in answers)
        assert {tuple(answer["degraded"]) for answer in answers} == {(), ("canary",)}
        embedded_shop.watcher.look()
        embedded_shop.watcher.look()
        rounds += 1
    assert embedded_shop.models.canary is None
    assert all(asked(embedded_shop, user_id=user)["degraded"] == [] for user in USERS)
    with session_scope() as session:
        decision = session.scalars(select(GuardrailDecision)).one()
        model = session.get_one(Model, "shop-2")
        audited = session.scalars(select(Audit).where(Audit.action == "canary_end")).one()
    assert (decision.action, decision.figure, decision.value, decision.bound) == ("end_canary", "errors", 1.0, 0.02)
    assert decision.sizes["answers"] >= 20
    assert (model.status, audited.actor) == ("rejected", "guardrail")


def test_a_good_canary_is_not_ended(embedded_shop: Shop) -> None:
    add_model(embedded_shop.settings, "shop-2")
    begin(embedded_shop)
    for n in range(20, 24):
        for user in USERS:
            asked(embedded_shop, user_id=user, n=n)
        embedded_shop.watcher.look()
    assert embedded_shop.models.canary is not None


def test_a_model_that_fails_for_everybody_gives_way_to_the_former_one(embedded_shop: Shop) -> None:
    add_model(embedded_shop.settings, "shop-2", broken_bundle(shop_bundle()))
    promote("shop-2", "Ann")
    embedded_shop.watcher.look()
    for user in USERS:
        with pytest.raises(ValueError, match=r"matmul|shape|dimension"):
            asked(embedded_shop, user_id=user)
    embedded_shop.watcher.look()
    embedded_shop.watcher.look()
    assert set(versions(embedded_shop).values()) == {"shop-1"}
    with session_scope() as session:
        assert session.scalars(select(GuardrailDecision.action)).all() == ["rollback"]


def test_a_shadow_shows_nothing_and_its_overlap_is_kept(embedded_shop: Shop) -> None:
    from recommender.release.counts import sum_counts

    add_model(embedded_shop.settings, "shop-2")
    begin(embedded_shop, shadow=True)
    assert set(versions(embedded_shop).values()) == {"shop-1"}
    waiting = embedded_shop.shadow._waiting
    assert len(waiting) == 16  # more were shown than wait
    while waiting:
        embedded_shop.shadow.take(waiting.popleft())
    embedded_shop.watcher.look()
    with session_scope() as session:
        counts = sum_counts(session, "shop-2", datetime.now(UTC) - timedelta(minutes=5), "shadow")
    assert (counts.answers, counts.errors) == (16, 0)
    assert counts.overlap == pytest.approx(16)  # it is the same model by another name
    assert counts.dropped > 0
