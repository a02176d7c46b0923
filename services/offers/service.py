"""Marketing: coupons for a shopper, and the shoppers for a campaign. Consent and the frequency cap come first.

It knows the offers' model in service and the live catalogue. What was offered is in the database before the answer
goes out, since the next answer must count it.
"""

import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy import Engine, func, insert, literal, select
from sqlalchemy.orm import Session

from recommender.data.catalog import Catalogue
from recommender.data.history import History
from recommender.db.engine import one_shopper_at_a_time, session_scope
from recommender.db.tables import OfferShown
from recommender.models.bundle import ModelBundle
from recommender.offers.campaigns import (
    Drive,
    Redeemed,
    live_campaign_ids,
    read_campaigns,
    read_mailings,
    read_redemptions,
)
from recommender.offers.model import OfferModel
from recommender.offers.model_columns import Traces, sheet
from recommender.offers.offer_reasons import why
from recommender.offers.past_behaviour import Goods, past_of_one
from recommender.offers.store import offer_model, offer_model_version
from recommender.settings import Settings
from recommender.store.consent import MARKETING, PERSONALISATION, consents_of
from recommender.store.queries import load_history
from services.core.circuit_breaker import Away
from services.core.errors import Problem
from services.profiles.repository import JUST_AFTER, Shoppers
from services.recommend.trial import Trial
from services.schemas.offers import (
    ChosenOffer,
    OfferedProduct,
    OfferEvidence,
    OffersRequest,
    OffersResponse,
)
from services.state.catalog_cache import LiveItems

MOST_EVENTS = 5_000
PRODUCTS_SHOWN = 4
COUPONS_TTL_SECONDS = 60.0
NO_MODEL = "no offers' model is in service yet: run the retrain DAG, or `zhiyin offers`"


@dataclass(frozen=True, slots=True)
class Ranked:
    """A coupon with its probability and the items that may be shown for it."""

    campaign: Drive
    coupon_id: str
    probability: float
    item_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shopping:
    """What the database knows of a shopper, as far as offers ask."""

    history: History
    redemptions: list[Redeemed]
    mailings: list[tuple[str, datetime]]
    shown: set[tuple[str, str]]  # campaign and coupon, within the period
    consents: dict[str, bool]


@dataclass(slots=True)
class Offers:
    """Answers for the shop."""

    engine: Engine
    live_items: LiveItems
    trial: Trial
    shoppers: Shoppers
    settings: Settings
    _model: OfferModel | None = None
    _live: tuple[float, tuple[str, ...], list[Drive]] = field(default=(0.0, (), []))

    def offer(self, request: OffersRequest, now: datetime) -> OffersResponse:
        """The coupons a shopper may be offered now, the likeliest to be redeemed first; recorded as shown."""
        try:
            with self.shoppers.database.guard():
                return self.trial.answered_for(
                    request.user_id, None, lambda model, _: self._offered(model.bundle, request, now)
                )
        except Away:
            raise Problem("user_id", "the database is away", "Ask again in a moment.", 503) from None

    def _offered(self, bundle: ModelBundle, request: OffersRequest, now: datetime) -> OffersResponse:
        with session_scope(self.engine) as session:
            model = self._current(session)
            campaigns = self._campaigns(session, now)
            known = self._known(session, request.user_id, now)
        if not known.consents[MARKETING]:
            return self._answer(request, model, "consent", [])
        if not campaigns:
            return self._answer(request, model, "no_live_campaign", [])
        if model is None:
            raise Problem("model", NO_MODEL, "Ask again when it has run.", 503)
        if not known.consents[PERSONALISATION]:  # nothing they did may choose for them
            known = Shopping(History.of([]), [], [], known.shown, known.consents)
        ranked = self._ranked(bundle, model, campaigns, request.user_id, known, now)
        chosen, capped = self._within_cap(model, request, ranked, known.shown, now)
        sent = {campaign_id for campaign_id, _ in known.mailings}
        offers = [self._describe_offer(one, known.history, bundle, request.language, sent) for one in chosen]
        return self._answer(request, model, "cap" if capped else None, offers)

    def _current(self, session: Session) -> OfferModel | None:
        version = offer_model_version(session)
        if version is not None and (self._model is None or self._model.model_version != version):
            self._model = offer_model(session)
        return self._model if version is not None else None

    def _campaigns(self, session: Session, now: datetime) -> list[Drive]:
        """Those that are live; their coupons are read again after a minute."""
        live = tuple(live_campaign_ids(session, now))
        read_at, ids, campaigns = self._live
        if ids != live or time.monotonic() - read_at > COUPONS_TTL_SECONDS:
            campaigns = read_campaigns(session, live, members=False)
            self._live = (time.monotonic(), live, campaigns)
        return campaigns

    def _known(self, session: Session, user_id: str, now: datetime) -> Shopping:
        shown = select(OfferShown.campaign_id, OfferShown.coupon_id)
        shown = shown.where(OfferShown.user_id == user_id, OfferShown.time >= now - self.period)
        return Shopping(
            history=load_history(session, user_id, limit=MOST_EVENTS),
            redemptions=read_redemptions(session, user_id),
            mailings=read_mailings(session, user_id),
            shown={(campaign, coupon) for campaign, coupon in session.execute(shown)},
            consents=consents_of(session, user_id),
        )

    @property
    def period(self) -> timedelta:
        """How far back the frequency cap counts what was offered."""
        return timedelta(days=self.settings.offers_period_days)

    def _ranked(
        self,
        bundle: ModelBundle,
        model: OfferModel,
        campaigns: Iterable[Drive],
        user_id: str,
        known: Shopping,
        now: datetime,
    ) -> list[Ranked]:
        """All coupons that the shopper has not used and that have something to show, the likeliest first."""
        goods = Goods.of(bundle)
        past = past_of_one(user_id, known.history, known.redemptions, known.mailings, bundle.catalogue)
        traces = Traces.of(past, goods, now + JUST_AFTER)
        used = {(one.campaign_id, one.coupon_id) for one in known.redemptions}
        found = []
        for campaign in campaigns:
            columns = sheet(traces, campaign, model.kinds)
            chances = model.coupon.probability(columns.by_coupon())
            for coupon_id, chance in zip(columns.coupons, chances, strict=True):
                items = self._items(user_id, campaign.coupons[coupon_id], now)
                if items and (campaign.campaign_id, coupon_id) not in used:
                    found.append(Ranked(campaign, coupon_id, float(chance), items))
        return sorted(found, key=lambda one: (-one.probability, one.campaign.campaign_id, one.coupon_id))

    def _items(self, user_id: str, item_ids: Iterable[str], now: datetime) -> tuple[str, ...]:
        """Those that may be shown to the shopper."""
        control = self.shoppers.controls.of(user_id)
        shown = [self.live_items.items[item_id] for item_id in item_ids if self.live_items.shown(item_id, now)]
        return tuple(item.item_id for item in shown if not control.mutes(item.categories, item.brand))

    def _within_cap(
        self,
        model: OfferModel,
        request: OffersRequest,
        ranked: list[Ranked],
        shown: set[tuple[str, str]],
        now: datetime,
    ) -> tuple[list[Ranked], bool]:
        """The best of what was shown in this period and of what the cap still allows; whether the cap left any out.

        A coupon that is shown again is the same offer. A coupon new to the period is kept as shown first, and only as
        long as there are fewer than the cap, so that two answers at once can't exceed it together.
        """
        chosen: list[Ranked] = []
        full = False
        for one in _once_each(ranked, shown):
            if len(chosen) == request.n:
                break
            shown_before = (one.campaign.campaign_id, one.coupon_id) in shown
            if shown_before or (not full and self._keep(model, request.user_id, one, now)):
                chosen.append(one)
            else:
                full = True
        return chosen, full

    def _keep(self, model: OfferModel, user_id: str, one: Ranked, now: datetime) -> bool:
        """Notes the offer if the cap allows another; one statement, so that others can't come between."""
        recent = (OfferShown.user_id == user_id, OfferShown.time >= now - self.period)
        count = select(func.count()).select_from(OfferShown).where(*recent).scalar_subquery()
        row = {
            "offer_id": uuid.uuid4().hex,
            "user_id": user_id,
            "campaign_id": one.campaign.campaign_id,
            "coupon_id": one.coupon_id,
            "probability": one.probability,
            "model_version": model.model_version,
            "time": now,
        }
        columns = [literal(value, OfferShown.__table__.c[name].type) for name, value in row.items()]
        allowed = select(*columns).where(count < self.settings.offers_cap)
        with session_scope(self.engine) as session:
            one_shopper_at_a_time(session, [user_id])
            kept = insert(OfferShown).from_select(list(row), allowed).returning(OfferShown.offer_id)
            return session.scalar(kept) is not None

    def _describe_offer(
        self, one: Ranked, history: History, bundle: ModelBundle, language: str, sent: set[str]
    ) -> ChosenOffer:
        reason = why(history, bundle.catalogue, one.item_ids, self.live_items.title, language)
        first = [item_id for item_id in reason.item_ids if item_id in set(one.item_ids)]
        items = distinct(bundle.catalogue, list(dict.fromkeys([*first, *one.item_ids])))[:PRODUCTS_SHOWN]
        products = [
            OfferedProduct(item_id=item.item_id, title=item.title, price=item.price)
            for item in map(self.live_items.get, items)
            if item is not None
        ]
        return ChosenOffer(
            campaign_id=one.campaign.campaign_id,
            coupon_id=one.coupon_id,
            probability=one.probability,
            ends_at=one.campaign.ends_at,
            addressed=one.campaign.campaign_id in sent,
            reason=reason.sentence,
            evidence=OfferEvidence(
                source=reason.kind, item_ids=list(reason.item_ids), event_ids=list(reason.event_ids)
            ),
            products=products,
            products_in_all=len(one.item_ids),
        )

    def _answer(
        self, request: OffersRequest, model: OfferModel | None, withheld: str | None, offers: list[ChosenOffer]
    ) -> OffersResponse:
        return OffersResponse(
            user_id=request.user_id,
            model_version=model.model_version if model else None,
            withheld=withheld,
            cap=self.settings.offers_cap,
            period_days=self.settings.offers_period_days,
            offers=offers,
        )


def distinct(catalogue: Catalogue, item_ids: list[str]) -> list[str]:
    """The items in their order, without one that a shopper can't tell from one before it."""
    rows = catalogue.rows_of(item_ids)
    known, shown = rows >= 0, np.ones(len(rows), dtype=bool)  # what the model doesn't know is like no other
    shown[known] = catalogue.duplicates.is_first(rows[known])
    return [item_id for item_id, kept in zip(item_ids, shown.tolist(), strict=True) if kept]


def _once_each(ranked: list[Ranked], shown: set[tuple[str, str]]) -> list[Ranked]:
    """A coupon that several live campaigns carry is offered once: as it was shown before, or where it is likeliest."""
    best: dict[str, Ranked] = {}
    for one in ranked:
        held = best.get(one.coupon_id)
        if held is None or ((one.campaign.campaign_id, one.coupon_id) in shown) > (
            (held.campaign.campaign_id, held.coupon_id) in shown
        ):
            best[one.coupon_id] = one
    return sorted(best.values(), key=lambda one: -one.probability)
