"""Offers within consent and the frequency cap, on both backends."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from features.building.pipeline import build_features
from recommender.db.engine import session_scope
from recommender.db.tables import Campaign, OfferModelVersion, OfferShown, Redemption, User
from recommender.store.consent import MARKETING, PERSONALISATION, record_consent
from services.container import Shop
from services.core.errors import Problem
from services.offers.audience import read_page
from services.schemas.offers import OffersRequest
from tests.support.shops.marketing import CAMPAIGNS, fill_campaigns
from tests.support.shops.shop import SHOP_FROM, SHOP_UNTIL, SHOPPERS, leaning
from training.offers import learn_offers

NOW = SHOP_UNTIL + timedelta(hours=1)
LIVE = f"c{CAMPAIGNS - 1}"


@pytest.fixture
def marketing(shop: Shop) -> Shop:
    fill_campaigns(live_until=SHOP_UNTIL + timedelta(days=30))
    build_features(SHOP_FROM, SHOP_UNTIL)
    learn_offers(SHOP_UNTIL)
    return shop


def asked(user_id: str, n: int = 5, language: str = "en") -> OffersRequest:
    return OffersRequest.model_validate({"user_id": user_id, "n": n, "language": language})


def withdraw(user_id: str, purpose: str) -> None:
    with session_scope() as session:
        record_consent(session, user_id, purpose, False, NOW)


def shown_to(user_id: str) -> int:
    with session_scope() as session:
        return session.scalar(select(func.count()).where(OfferShown.user_id == user_id)) or 0


def test_the_best_coupon_is_of_what_the_shopper_leans_to_with_a_true_reason(marketing: Shop) -> None:
    answer = marketing.offers.offer(asked("u1", 2), NOW)
    assert answer.withheld is None
    best = answer.offers[0]
    assert (best.campaign_id, best.coupon_id, best.addressed) == (LIVE, f"k-{leaning(1)}", True)
    assert best.probability > answer.offers[1].probability
    assert best.evidence.source == "bought"
    assert best.reason.startswith("You bought ")
    profile = marketing.answers.shoppers.from_database(marketing.models.needed().bundle, "u1", NOW, set())
    assert profile is not None
    assert set(best.evidence.event_ids) <= set(profile.history.event_ids)
    assert best.products[0].item_id == best.evidence.item_ids[0]
    assert marketing.offers.offer(asked("u1", 2, "zh"), NOW).offers[0].reason.endswith("。")


def test_at_most_the_cap_in_a_period_and_the_same_ones_again(marketing: Shop) -> None:
    cap = marketing.settings.offers_cap
    first = marketing.offers.offer(asked("u1", 2), NOW)
    everything = marketing.offers.offer(asked("u1", 50), NOW)
    again = marketing.offers.offer(asked("u1", 50), NOW + timedelta(days=3))
    assert [one.coupon_id for one in everything.offers][:2] == [one.coupon_id for one in first.offers]
    assert len(everything.offers) == len(again.offers) == cap
    assert {one.coupon_id for one in everything.offers} == {one.coupon_id for one in again.offers}
    assert everything.withheld == "cap"
    assert shown_to("u1") == cap
    marketing.offers.offer(asked("u1", 1), NOW + timedelta(days=8))  # another period
    assert shown_to("u1") == cap + 1


def test_two_answers_at_once_keep_the_cap_together(marketing: Shop) -> None:
    marketing.offers.offer(asked("u2", 1), NOW)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: marketing.offers.offer(asked("u2", 50), NOW), range(12)))
    assert shown_to("u2") <= marketing.settings.offers_cap


def test_without_consent_to_marketing_nothing_is_offered_or_ranked(marketing: Shop) -> None:
    withdraw("u1", MARKETING)
    with session_scope() as session:
        user = session.get(User, "u2")
        assert user is not None
        user.consent = False  # as an import says it
    for user_id in ("u1", "u2"):
        answer = marketing.offers.offer(asked(user_id), NOW)
        assert (answer.withheld, answer.offers) == ("consent", [])
        assert shown_to(user_id) == 0
    page = read_page(marketing.offers, LIVE, 100, 0, NOW)
    assert page.size == len(page.audience) == SHOPPERS - 2
    assert {"u1", "u2"}.isdisjoint(one.user_id for one in page.audience)


def test_without_consent_to_personalisation_what_was_done_chooses_nothing(marketing: Shop) -> None:
    withdraw("u1", PERSONALISATION)
    withdraw("u2", PERSONALISATION)
    mine, other = marketing.offers.offer(asked("u1"), NOW), marketing.offers.offer(asked("u2"), NOW)
    assert [one.coupon_id for one in mine.offers] == [one.coupon_id for one in other.offers]
    assert {one.evidence.source for one in mine.offers} == {"none"}
    assert not any(one.evidence.event_ids for one in mine.offers)


def test_a_redeemed_coupon_is_not_offered_again(marketing: Shop) -> None:
    best = marketing.offers.offer(asked("u3", 1), NOW).offers[0]
    with session_scope() as session:
        redemption = Redemption(
            redemption_id="mine", user_id="u3", coupon_id=best.coupon_id, campaign_id=LIVE, time=NOW
        )
        session.add(redemption)
    assert best.coupon_id not in {one.coupon_id for one in marketing.offers.offer(asked("u3"), NOW).offers}


def test_an_audience_comes_in_pages_without_those_who_had_enough(marketing: Shop) -> None:
    whole = read_page(marketing.offers, LIVE, 1000, 0, NOW)
    assert whole.next_offset is None
    chances = [one.probability for one in whole.audience]
    assert chances == sorted(chances, reverse=True)
    pages: list[str] = []
    offset: int | None = 0
    while offset is not None:
        page = read_page(marketing.offers, LIVE, 7, offset, NOW)
        pages += [one.user_id for one in page.audience]
        offset = page.next_offset
    assert pages == [one.user_id for one in whole.audience]
    with session_scope() as session:
        session.add_all(
            OfferShown(offer_id=f"x{n}", user_id="u5", campaign_id="other", coupon_id=f"k{n}", probability=0.1,
                       model_version="m", time=NOW)
            for n in range(marketing.settings.offers_cap)
        )  # fmt: skip
    assert "u5" not in {one.user_id for one in read_page(marketing.offers, LIVE, 1000, 0, NOW).audience}


def test_what_is_missing_is_told(marketing: Shop) -> None:
    with pytest.raises(Problem, match="no campaign 'none'"):
        read_page(marketing.offers, "none", 10, 0, NOW)
    with pytest.raises(Problem, match="no audience"):
        read_page(marketing.offers, "c0", 10, 0, NOW)
    late = datetime(2030, 1, 1, tzinfo=UTC)
    assert marketing.offers.offer(asked("u1"), late).withheld == "no_live_campaign"
    with session_scope() as session:
        for model in session.scalars(select(OfferModelVersion)):
            model.status = "retired"
        campaign = session.get(Campaign, LIVE)
        assert campaign is not None
    with pytest.raises(Problem, match="no offers' model"):
        marketing.offers.offer(asked("u1"), NOW)


def test_somebody_unknown_is_offered_what_suits_anybody(marketing: Shop) -> None:
    answer = marketing.offers.offer(asked("a-stranger"), NOW)
    assert answer.offers
    assert {one.evidence.source for one in answer.offers} == {"none"}
