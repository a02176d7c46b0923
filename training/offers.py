"""The offers' model, from redemptions to service: learned from earlier campaigns, tested on the last ones.

It knows the database, the event log of the feature store and the model in service, whose catalogue and texts it reads.
A new offers' model is promoted only when it ranks the shoppers of the last campaigns better than past spending does.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import structlog
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from recommender.db.engine import session_scope
from recommender.offers.audiences import keep_audiences
from recommender.offers.campaigns import Drive, Redeemed, read_campaigns, read_redemptions, with_goods
from recommender.offers.model import OfferModel, auc, fit, lift
from recommender.offers.model_columns import SHOPPER, Floats, Sheet, Traces, coupon_columns, sheet, shopper_columns
from recommender.offers.past_behaviour import YEAR_DAYS, Goods, Past, mailings_of
from recommender.offers.store import promote_offer_model
from recommender.retrieval.columns import read_model
from recommender.settings import get_settings
from recommender.store.intervals import recorded_stretch
from recommender.store.queries import promoted_model
from training.data.screening import screened_events
from training.release.provenance import code_version

log = structlog.get_logger(__name__)
TEST_SHARE = 0.25  # of the campaigns, the last ones
KEPT_SHARE = 0.05  # of the shoppers' coupons that were not redeemed; each then stands for twenty
LEAST_REDEMPTIONS = 20
SPENDING = SHOPPER.index("spent_90d")


class NothingToLearn(LookupError):
    """There are no campaigns with redemptions to learn from; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Marketing:
    """The shop's campaigns and all that their columns are made from, up to `until`."""

    campaigns: list[Drive]
    redemptions: list[Redeemed]
    past: Past
    goods: Goods
    until: datetime

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of the campaigns, each once and in order; a campaign without one adds none."""
        return tuple(sorted({one.kind for one in self.campaigns if one.kind}))


@dataclass(frozen=True, slots=True)
class Rows:
    """Campaigns as rows to learn from or to be tested on: a row a shopper and coupon, and a row a shopper."""

    coupon: Floats
    coupon_redeemed: NDArray[np.bool_]
    shopper: Floats
    shopper_redeemed: NDArray[np.bool_]


def read_marketing(session: Session, until: datetime) -> Marketing:
    """Everything that happened before `until`."""
    model = promoted_model(session)
    if model is None:
        raise NothingToLearn("no model is in service yet, whose catalogue the offers need; run the retrain DAG")
    goods = Goods.of(read_model(get_settings().models_dir / model.model_version))
    campaigns = [one for one in read_campaigns(session) if one.starts_at < until and one.members]
    redemptions = [one for one in read_redemptions(session) if one.time < until]
    first = min((one.starts_at for one in campaigns), default=until)
    events = screened_events(first - timedelta(days=YEAR_DAYS), until).events
    return Marketing(campaigns, redemptions, _past(events, campaigns, redemptions, goods), goods, until)


def _past(events: pl.DataFrame, campaigns: list[Drive], redemptions: list[Redeemed], goods: Goods) -> Past:
    seen = events["user_id"].drop_nulls().unique().to_list()
    users = sorted({*seen, *(user for one in campaigns for user in one.members)})
    return Past.of(users, events, redemptions, mailings_of(campaigns), goods.catalogue)


def split(campaigns: list[Drive], share: float = TEST_SHARE) -> tuple[list[Drive], list[Drive]]:
    """The last campaigns to test on, and those that had ended when the first of these began, to learn from."""
    last = campaigns[len(campaigns) - max(1, round(len(campaigns) * share)) :]
    return [one for one in campaigns if one.ends_at <= last[0].starts_at], last


def rows_by_campaign(marketing: Marketing) -> dict[str, Rows]:
    """Each campaign's members as they were when it began, and whether they redeemed."""
    kinds = marketing.kinds
    return {one.campaign_id: _campaign_rows(marketing, one, kinds) for one in marketing.campaigns}


def joined(rows: dict[str, Rows], campaigns: list[Drive]) -> Rows:
    """The rows of these campaigns."""
    chosen = [rows[one.campaign_id] for one in campaigns]
    if not chosen:
        raise NothingToLearn("no campaign had ended before the last ones began; offers need more campaigns")
    return Rows(*(np.concatenate([getattr(one, name) for one in chosen]) for name in Rows.__slots__))


def _campaign_rows(marketing: Marketing, campaign: Drive, kinds: tuple[str, ...]) -> Rows:
    past = marketing.past.of_users(campaign.members)
    columns = sheet(Traces.of(past, marketing.goods, campaign.starts_at), campaign, kinds)
    redeemed_UC = _redeemed(marketing, campaign, past, columns)
    return Rows(columns.by_coupon(), redeemed_UC.ravel(), columns.by_shopper(), np.asarray(redeemed_UC.any(axis=1)))


def _redeemed(marketing: Marketing, campaign: Drive, past: Past, columns: Sheet) -> NDArray[np.bool_]:
    users = {user: place for place, user in enumerate(past.users)}
    coupons = {coupon: place for place, coupon in enumerate(columns.coupons)}
    redeemed_UC = np.zeros((len(users), len(coupons)), dtype=bool)
    for one in marketing.redemptions:
        if one.campaign_id == campaign.campaign_id and one.user_id in users and one.coupon_id in coupons:
            redeemed_UC[users[one.user_id], coupons[one.coupon_id]] = True
    return redeemed_UC


def fit_offers(marketing: Marketing, by_campaign: dict[str, Rows], campaigns: list[Drive], seed: int = 0) -> OfferModel:
    """The model of these campaigns, unmeasured."""
    kinds, rows = marketing.kinds, joined(by_campaign, campaigns)
    if rows.coupon_redeemed.sum() < LEAST_REDEMPTIONS:
        raise NothingToLearn(
            f"{int(rows.coupon_redeemed.sum())} coupons were redeemed in {len(campaigns)} ended campaigns; "
            f"{LEAST_REDEMPTIONS} are needed to learn from"
        )
    drawn = np.random.default_rng(seed).random(len(rows.coupon)) < KEPT_SHARE
    kept = rows.coupon_redeemed | drawn
    counts = np.where(rows.coupon_redeemed, 1, 1 / KEPT_SHARE).astype(np.float32)
    coupon = fit(coupon_columns(kinds), rows.coupon[kept], rows.coupon_redeemed[kept], counts[kept])
    shopper = fit(shopper_columns(kinds), rows.shopper, rows.shopper_redeemed)
    trained_on = tuple(one.campaign_id for one in campaigns)
    content = repr((coupon.weights, shopper.weights, trained_on)).encode()
    return OfferModel(
        model_version=f"offers-{marketing.until:%Y%m%d}-{hashlib.sha256(content).hexdigest()[:8]}",
        created_at=datetime.now(UTC),
        until=marketing.until,
        code_version=code_version(),
        kinds=kinds,
        coupon=coupon,
        shopper=shopper,
        trained_on=trained_on,
        tested_on=(),
    )


def measured(model: OfferModel, rows: Rows) -> tuple[dict[str, float], dict[str, float]]:
    """How well the model and past spending tell who redeems, and which coupon."""
    ours = _figures(rows, model.shopper.probability(rows.shopper), model.coupon.probability(rows.coupon))
    return ours, _figures(rows, rows.shopper[:, SPENDING], rows.coupon[:, SPENDING])


def _figures(rows: Rows, shoppers: Floats, coupons: Floats) -> dict[str, float]:
    return {
        "AUC": auc(rows.shopper_redeemed, shoppers),
        "lift@10%": lift(rows.shopper_redeemed, shoppers),
        "coupon AUC": auc(rows.coupon_redeemed, coupons),
        "coupon lift@10%": lift(rows.coupon_redeemed, coupons),
    }


def learn_offers(until: datetime | None = None) -> dict[str, object]:
    """Learns, tests, promotes what is better than spending, and ranks the audiences of the campaigns that are live.

    `until` is the end of the data unless given; nothing of it or later is looked at. Without campaigns to learn from
    it says so and changes nothing.
    """
    with session_scope() as session:
        stretch = recorded_stretch(session)
        moment = until or (stretch.end if stretch else datetime.now(UTC))
        try:
            marketing = read_marketing(session, moment)
            model = proven_model(marketing)
        except NothingToLearn as lack:
            log.info("offers: nothing learned", reason=str(lack))
            return {"model_version": None, "promoted": False, "reason": str(lack)}
    ours, spending = model.metrics["AUC"], model.baselines["spending"]["AUC"]
    better = ours > spending
    reason = f"AUC {ours:.3f} on {len(model.tested_on)} later campaigns, spending {spending:.3f}"
    with session_scope() as session:
        promote_offer_model(session, model, better, reason, datetime.now(UTC))
    ranked = rank_audiences(marketing, model, datetime.now(UTC)) if better else 0
    details = {"model_version": model.model_version, "promoted": better, "reason": reason, "ranked": ranked}
    return {**details, **model.metrics}


def proven_model(marketing: Marketing) -> OfferModel:
    """Measured as learned from the earlier campaigns alone; its weights then learned from all that have ended."""
    if len(marketing.campaigns) < 2:
        raise NothingToLearn("there are fewer than two campaigns with coupons and members; import more")
    rows = rows_by_campaign(marketing)
    earlier, last = split(marketing.campaigns)
    ours, spending = measured(fit_offers(marketing, rows, earlier), joined(rows, last))
    final = fit_offers(marketing, rows, [one for one in marketing.campaigns if one.ends_at <= marketing.until])
    tested_on = tuple(one.campaign_id for one in last)
    return final.model_copy(update={"tested_on": tested_on, "metrics": ours, "baselines": {"spending": spending}})


def rank_audiences(marketing: Marketing, model: OfferModel, now: datetime) -> int:
    """Every shopper's likelihood to redeem in each live campaign, kept for `/campaigns/{id}/audience`.

    Coupons for goods that nobody can buy now are given to nobody.
    """
    live = [one for one in marketing.campaigns if one.live(now) or one.live(marketing.until)]
    ranked, traces = 0, Traces.of(marketing.past, marketing.goods, marketing.until)
    for campaign in live:
        with session_scope() as session:
            campaign = with_goods(session, campaign, now)
        if not campaign.coupons:
            log.warning("nothing that a campaign's coupons are for is on sale", campaign=campaign.campaign_id)
            continue
        columns = sheet(traces, campaign, model.kinds)
        with session_scope() as session:
            ranked += keep_audiences(session, model, campaign, marketing.past.users, columns, marketing.until)
    return ranked
