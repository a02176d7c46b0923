"""Takes a delivery whose signature is good: what its topic is about is written, once, and it is told what became of it.

It knows the systems' topics and payloads by their readers; what makes a row good is the import's affair.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from recommender.db.engine import writing
from recommender.importing.formats.shops import shopify_webhooks, woocommerce_webhooks
from recommender.privacy.audit import note
from recommender.store.outgoing import DATA_REQUESTED, SHOP_REDACT_REQUESTED, queue_message
from recommender.subject_access.holdings import held
from services.core.circuit_breaker import Away, Breaker
from services.core.errors import Problem
from services.core.metrics import meters
from services.events.ingest import Intake
from services.profiles.privacy import Privacy
from services.schemas.catalog import RejectedRow
from services.schemas.privacy import ShopperRequest
from services.schemas.webhooks import WebhookResponse
from services.webhooks.deliveries import Delivery, Former, find_former, keep, keep_rejects
from services.webhooks.orders import OrderEvents, read_order, read_refund, store_order
from services.webhooks.products import delete_product, known_path, put_product

Payload = Mapping[str, Any]
SHOPIFY, WOOCOMMERCE = "shopify", "woocommerce"
ORDER, REFUND, PRODUCT, DELETED, NOTHING = "order", "refund", "product", "deleted", "nothing"
REDACT, DATA_REQUEST, SHOP_REDACT = "redact", "data request", "shop redact"
TOPICS: dict[str, dict[str, str]] = {
    SHOPIFY: {
        **dict.fromkeys(("orders/create", "orders/paid", "orders/updated", "orders/cancelled"), ORDER),
        "refunds/create": REFUND,
        **dict.fromkeys(("products/create", "products/update"), PRODUCT),
        "products/delete": DELETED,
        "customers/redact": REDACT,
        "customers/data_request": DATA_REQUEST,
        "shop/redact": SHOP_REDACT,
    },
    WOOCOMMERCE: {
        **dict.fromkeys(("order.created", "order.updated", "order.restored"), ORDER),
        "order.deleted": NOTHING,  # it names no line; what ended was told before
        **dict.fromkeys(("product.created", "product.updated", "product.restored"), PRODUCT),
        "product.deleted": DELETED,
    },
}
FOR_A_PERSON = {DATA_REQUEST: "data_request", SHOP_REDACT: "shop_redact_request"}  # by their name in the audit log
_CHANGED = ("updated_at", "date_modified_gmt")
T = TypeVar("T")


class OtherForm(ValueError):
    """A payload that is not what its topic says."""


@dataclass(slots=True)
class ShopWebhooks:
    """What a shop's system tells by itself."""

    engine: Engine
    database: Breaker
    intake: Intake
    privacy: Privacy

    def take(
        self, source: str, topic: str, delivery_id: str, payload: Payload, now: datetime, shop: str = ""
    ) -> WebhookResponse:
        """What became of a delivery; a `Problem` where its topic isn't known or the database is away.

        A payload that can't be read is answered, too: it would be no better when it is sent again.
        """
        action = TOPICS[source].get(topic)
        if action is None:
            raise Problem("topic", f"{topic!r} is not read here", f"Send {', '.join(TOPICS[source])}.")
        about = PRODUCT if action == DELETED else action
        subject = about if action in FOR_A_PERSON or action == REDACT else f"{about} {payload.get('id')}"[:128]
        delivery = Delivery(source, delivery_id, topic, subject, _changed_at(payload))
        try:
            if action in (PRODUCT, DELETED):
                answer = self._in_database(lambda session: self._product(session, action, delivery, payload, now, shop))
            elif action == REDACT:
                answer = self._redact(delivery, payload, now)
            elif action in FOR_A_PERSON:
                answer = self._in_database(lambda session: _ask_a_person(session, action, delivery, payload, now))
            else:
                answer = self._order(action, delivery, payload, now)
        except OtherForm as other:
            message = str(other)
            answer = self._in_database(lambda session: _refuse(session, delivery, message, now))
        meters().webhooks.labels(source, answer.outcome).inc()
        return answer

    def _redact(self, delivery: Delivery, payload: Payload, now: datetime) -> WebhookResponse:
        """Erases whom the shop's system wants forgotten, under each id that orders may have given them."""
        former = self._in_database(lambda session: find_former(session, delivery))
        if former is not None:
            return WebhookResponse(topic=delivery.topic, outcome=former)
        erased = sum(self._is_erased(user, now) for user in _read(lambda: shopify_webhooks.shoppers_of(payload)))
        answer = WebhookResponse(topic=delivery.topic, outcome="taken" if erased else "ignored", erased=erased)
        self._in_database(lambda session: _keep(session, delivery, answer, now))
        return answer

    def _is_erased(self, user: str, now: datetime) -> bool:
        """False where nobody here knows the shopper."""
        try:
            self.privacy.erase(ShopperRequest(user_id=user), now)
        except Problem as problem:
            if problem.status != 404:
                raise
            return False
        return True

    def _order(self, action: str, delivery: Delivery, payload: Payload, now: datetime) -> WebhookResponse:
        """Read, stored by the intake, and noted last: one that failed on its way is sent again, and counts once."""
        events = self._in_database(lambda session: self._read_order(session, action, delivery, payload, now))
        if not isinstance(events, OrderEvents):
            return WebhookResponse(topic=delivery.topic, outcome=events)
        answer = store_order(self.intake, events, delivery.topic, now)
        self._in_database(lambda session: _keep(session, delivery, answer, now))
        return answer

    def _read_order(
        self, session: Session, action: str, delivery: Delivery, payload: Payload, now: datetime
    ) -> OrderEvents | Former:
        former = find_former(session, delivery)
        if former is not None:  # an order that was told of later has all that an earlier word of it has
            return former
        if action == NOTHING:
            return OrderEvents([], [], [])
        if action == REFUND:
            order_id, parts = _read(lambda: (str(payload["order_id"]), shopify_webhooks.refund_parts(payload)))
            return read_refund(session, order_id, parts, self.intake.live_items, now)
        reader = shopify_webhooks if delivery.source == SHOPIFY else woocommerce_webhooks
        return read_order(session, _read(lambda: reader.order_rows(payload)), now)

    def _product(
        self, session: Session, action: str, delivery: Delivery, payload: Payload, now: datetime, shop: str
    ) -> WebhookResponse:
        former = find_former(session, delivery)
        if former is not None:
            return WebhookResponse(topic=delivery.topic, outcome=former)
        if action == DELETED:
            number, variants = _read(lambda: str(payload["id"])), self.intake.live_items.variants
            answer, item_id = delete_product(session, delivery, number, variants.get, now)
        elif delivery.source == WOOCOMMERCE and woocommerce_webhooks.is_variation(payload):
            answer, item_id = WebhookResponse(topic=delivery.topic, outcome="ignored"), None
        else:
            answer, item_id = put_product(session, delivery, _item_row(session, delivery, payload, shop), now)
        _keep(session, delivery, answer, now, item_id)
        return answer

    def _in_database(self, work: Callable[[Session], T]) -> T:
        try:
            with self.database.guard(), writing(self.engine) as session:
                return work(session)
        except Away:
            raise Problem("body", "the database is away; not all was stored", "Send the same again.", 503) from None


def _item_row(session: Session, delivery: Delivery, payload: Payload, shop: str) -> dict[str, Any]:
    if delivery.source == SHOPIFY:
        return _read(lambda: shopify_webhooks.product_row(payload, shop))
    path = known_path(session, [str(payload.get("sku") or ""), str(payload.get("id"))])
    return _read(lambda: woocommerce_webhooks.product_row(payload, path))


def _read(reader: Callable[[], T]) -> T:
    try:
        return reader()
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise OtherForm(f"not in the form of its topic ({type(error).__name__}: {error})") from None


def _ask_a_person(
    session: Session, action: str, delivery: Delivery, payload: Payload, now: datetime
) -> WebhookResponse:
    """Notes in the audit log what the shop's people have to do, and tells their own system."""
    former = find_former(session, delivery)
    if former is not None:
        return WebhookResponse(topic=delivery.topic, outcome=former)
    if action == DATA_REQUEST:
        users: list[str | None] = [
            user for user in _read(lambda: shopify_webhooks.shoppers_of(payload)) if held(session, user)
        ]
        kind = DATA_REQUESTED
    else:
        users, kind = [None], SHOP_REDACT_REQUESTED
    for user in users:
        details = {"topic": delivery.topic, "delivery_id": delivery.delivery_id}
        note(session, now, delivery.source, FOR_A_PERSON[action], user, details)
        queue_message(session, kind, details | ({"user_id": user} if user else {}), now, user_id=user)
    answer = WebhookResponse(topic=delivery.topic, outcome="taken" if users else "ignored", noted=len(users))
    _keep(session, delivery, answer, now)
    return answer


def _refuse(session: Session, delivery: Delivery, message: str, now: datetime) -> WebhookResponse:
    remedy = "Send it as the shop's system writes it."
    rejected = [RejectedRow(index=0, field="*", message=message, remedy=remedy)]
    answer = WebhookResponse(topic=delivery.topic, outcome="rejected", rejected=rejected)
    if find_former(session, delivery) != "repeated":
        _keep(session, delivery, answer, now)
    return answer


def _keep(
    session: Session, delivery: Delivery, answer: WebhookResponse, now: datetime, item_id: str | None = None
) -> None:
    keep(session, delivery, now, item_id)
    keep_rejects(session, delivery, answer.rejected, now)


def _changed_at(payload: Payload) -> datetime | None:
    """When a product was changed, as it says; None where it doesn't."""
    stamp = next((payload[name] for name in _CHANGED if isinstance(payload.get(name), str)), None)
    try:
        moment = datetime.fromisoformat(stamp) if stamp is not None else None
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment
