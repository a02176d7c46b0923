"""The offers' columns: nothing of the moment or later counts, and one shopper online is described as offline."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from recommender.data.history import History
from recommender.db.tables import Event
from recommender.offers.campaigns import Drive, Redeemed
from recommender.offers.model_columns import PAIR, SHOPPER, Sheet, Traces, coupon_columns, sheet, shopper_columns
from recommender.offers.past_behaviour import Goods, Past, past_of_one
from tests.support.shops.shop import SHOP_UNTIL, shop_events, shop_frame
from tests.support.shops.trained import shop_bundle

MOMENT = SHOP_UNTIL - timedelta(days=30)
KINDS = ("A", "B")
USERS = ("u0", "u1", "u2", "nobody")
CAMPAIGN = Drive(
    "c9", "B", MOMENT, MOMENT + timedelta(days=10), {"k-tea": ("tea-0", "tea-1"), "k-pets": ("pets-2", "gone")}, USERS
)
EARLIER = [("c1", user, MOMENT - timedelta(days=40)) for user in USERS]
USED = [Redeemed("u1", "c1", "k-tea", MOMENT - timedelta(days=35))]


def made(events: pl.DataFrame, used: list[Redeemed] = USED, sent: list[tuple[str, str, datetime]] = EARLIER) -> Sheet:
    goods = Goods.of(shop_bundle())
    return sheet(Traces.of(Past.of(USERS, events, used, sent, goods.catalogue), goods, MOMENT), CAMPAIGN, KINDS)


def assert_same(one: Sheet, other: Sheet) -> None:
    for name in ("shopper_UF", "campaign_F", "coupon_CF", "pair_UCF"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-5, atol=1e-6)


def test_what_comes_later_changes_nothing() -> None:
    before = made(shop_frame().filter(pl.col("time") < MOMENT))
    planted = [*USED, Redeemed("u0", "c1", "k-tea", MOMENT), Redeemed("u2", "c9", "k-tea", MOMENT + timedelta(days=1))]
    later = [*EARLIER, ("c9", "u0", MOMENT), ("c10", "u1", MOMENT + timedelta(days=3))]
    extra = shop_frame().with_columns(time=pl.lit(MOMENT), item_id=pl.lit("tea-0"), event_type=pl.lit("purchase"))
    assert_same(before, made(pl.concat([shop_frame(), extra]), planted, later))


def test_what_came_before_does_count() -> None:
    before = made(shop_frame())
    extra = shop_frame().head(1).with_columns(
        user_id=pl.lit("u0"), item_id=pl.lit("tea-0"), event_type=pl.lit("purchase"), value=pl.lit(50.0),
        time=pl.lit(MOMENT - timedelta(seconds=1)),
    )  # fmt: skip
    after = made(pl.concat([shop_frame(), extra]), [*USED, Redeemed("u0", "c1", "k-tea", MOMENT - timedelta(days=1))])
    for name in ("spent_30d", "spent_90d", "spent_180d", "redemptions", "redeemed_share"):
        assert after.shopper_UF[0, SHOPPER.index(name)] > before.shopper_UF[0, SHOPPER.index(name)], name
    for name in ("items_60d", "items_14d", "items_spent", "category_60d"):
        assert after.pair_UCF[0, 0, PAIR.index(name)] > before.pair_UCF[0, 0, PAIR.index(name)], name
    assert_same(
        Sheet(before.shopper_UF[1:], before.campaign_F, before.coupon_CF, before.pair_UCF[1:], before.coupons),
        Sheet(after.shopper_UF[1:], after.campaign_F, after.coupon_CF, after.pair_UCF[1:], after.coupons),
    )


@pytest.mark.parametrize("user", USERS)
def test_one_shopper_online_is_described_as_all_are_offline(user: str) -> None:
    goods, place = Goods.of(shop_bundle()), USERS.index(user)
    rows = [Event(**row) for row in shop_events() if row["user_id"] == user]
    used, sent = [one for one in USED if one.user_id == user], [(one[0], one[2]) for one in EARLIER if one[1] == user]
    past = past_of_one(user, History.of(rows).until(MOMENT), used, sent, goods.catalogue)
    alone, together = sheet(Traces.of(past, goods, MOMENT), CAMPAIGN, KINDS), made(shop_frame())
    assert_same(
        alone,
        Sheet(
            together.shopper_UF[[place]],
            together.campaign_F,
            together.coupon_CF,
            together.pair_UCF[[place]],
            together.coupons,
        ),
    )


def test_rows_have_a_number_for_each_column() -> None:
    columns = made(shop_frame())
    assert columns.by_coupon().shape == (len(USERS) * 2, len(coupon_columns(KINDS)))
    assert columns.by_shopper().shape == (len(USERS), len(shopper_columns(KINDS)))
    assert np.isfinite(columns.by_coupon()).all()
    assert np.isfinite(columns.by_shopper()).all()
    np.testing.assert_allclose(columns.by_coupon()[3, : len(SHOPPER)], columns.shopper_UF[1])
    np.testing.assert_allclose(columns.by_coupon()[3, -len(PAIR) :], columns.pair_UCF[1, 1])
