"""Campaigns and their members: nobody is a member of what isn't there, and no shopper or coupon twice."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import Session

from recommender.db.tables import (
    Audience,
    Base,
    Campaign,
    CampaignMember,
    Coupon,
    Item,
    OfferModelVersion,
    Redemption,
    User,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def campaign(session: Session) -> Session:
    """A campaign, a shopper and an item."""
    session.add_all([Campaign(campaign_id="spring"), User(user_id="ann")])
    session.add(Item(item_id="tea", title="Tea", content_hash="h", updated_at=NOW))
    session.flush()
    return session


@pytest.mark.parametrize(
    ("table", "row", "key"),
    [
        (CampaignMember, {"campaign_id": "spring", "user_id": "ann"}, "campaign_id"),
        (CampaignMember, {"campaign_id": "spring", "user_id": "ann"}, "user_id"),
        (Coupon, {"coupon_id": "c", "campaign_id": "spring", "item_id": "tea"}, "item_id"),
        (Coupon, {"coupon_id": "c", "campaign_id": "spring", "item_id": "tea"}, "campaign_id"),
        (Redemption, {"redemption_id": "r", "user_id": "ann", "coupon_id": "c", "campaign_id": "spring", "time": NOW},
         "user_id"),
    ],
)  # fmt: skip
def test_what_names_nothing_that_is_there_is_refused(
    campaign: Session, table: type[Base], row: dict[str, Any], key: str
) -> None:
    with pytest.raises(IntegrityError), campaign.begin_nested():
        campaign.execute(insert(table), row | {key: "gone"})
    campaign.execute(insert(table), row)
    with pytest.raises(IntegrityError), campaign.begin_nested():
        campaign.execute(insert(table), row)


def test_a_coupon_may_be_for_several_items(campaign: Session) -> None:
    campaign.add(Item(item_id="cup", title="Cup", content_hash="h", updated_at=NOW))
    campaign.flush()
    for item in ("tea", "cup"):
        campaign.add(Coupon(coupon_id="c", campaign_id="spring", item_id=item))
    campaign.flush()
    assert campaign.query(Coupon).count() == 2


def test_an_audience_has_a_shopper_once_a_campaign(campaign: Session) -> None:
    row = {
        "campaign_id": "spring", "user_id": "somebody", "probability": 0.5, "coupon_id": "c", "coupon_probability": 0.1,
        "model_version": "m", "as_of": NOW,
    }  # fmt: skip
    campaign.execute(insert(Audience), row)
    with pytest.raises(IntegrityError):
        campaign.execute(insert(Audience), row)


def test_a_status_that_is_none_is_refused(session: Session) -> None:
    with pytest.raises(StatementError, match="splendid"):
        session.execute(
            insert(OfferModelVersion),
            {"model_version": "m", "status": "splendid", "reason": "", "manifest": {}, "created_at": NOW},
        )
