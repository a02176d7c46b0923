"""`/webhooks/shopify` and `/webhooks/woocommerce`: no key, but a signature of the body as it came."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson
import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from recommender.settings import Settings
from services.core.body import limit_of, read_body
from services.core.errors import REMEDIES, Problem, failed, too_long
from services.core.metrics import meters
from services.webhooks.signatures import is_signed

if TYPE_CHECKING:  # it brings the import's readers, which the process that starts workers doesn't need
    from services.webhooks.service import ShopWebhooks

log = structlog.get_logger(__name__)
PING = re.compile(rb"webhook_id=\d{1,20}")  # WooCommerce asks so, without a signature, whether the address is there
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Sender:
    """How a shop system signs and names what it sends."""

    name: str
    signature: str
    topic: str
    delivery_id: str
    setting: str
    secrets: Callable[[Settings], tuple[str, ...]]


SHOPIFY = Sender(
    "shopify",
    "X-Shopify-Hmac-Sha256",
    "X-Shopify-Topic",
    "X-Shopify-Webhook-Id",
    "ZHIYIN_SHOPIFY_SECRET",
    lambda settings: settings.shopify_secrets,
)
WOOCOMMERCE = Sender(
    "woocommerce",
    "X-WC-Webhook-Signature",
    "X-WC-Webhook-Topic",
    "X-WC-Webhook-Delivery-ID",
    "ZHIYIN_WOOCOMMERCE_SECRET",
    lambda settings: settings.woocommerce_secrets,
)


async def shopify(request: Request) -> Response:
    """Answers a delivery of Shopify's."""
    return await _taken(request, SHOPIFY, await _body(request))


async def woocommerce(request: Request) -> Response:
    """Answers a delivery of WooCommerce's, or the unsigned ping that it sends when a webhook is made."""
    body = await _body(request)
    if request.headers.get("content-type", "").startswith(FORM) and PING.fullmatch(body):
        return Response(b'{"outcome":"ping"}', media_type="application/json")
    return await _taken(request, WOOCOMMERCE, body)


async def _body(request: Request) -> bytes:
    limit = limit_of(request.url.path)
    body = await read_body(request.receive, limit)
    if body is None:
        raise too_long(limit)
    return body


async def _taken(request: Request, sender: Sender, body: bytes) -> Response:
    """What became of a delivery; nothing of it is read before its signature is found good."""
    shop: Any = request.app.state.site.shop
    _must_be_signed(request, sender, sender.secrets(shop.settings), body)
    topic, delivery_id = (_header(request, name) for name in (sender.topic, sender.delivery_id))
    try:
        payload = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Problem("body", str(error), REMEDIES["json_invalid"], 400) from None
    if not isinstance(payload, dict):
        raise Problem("body", "no JSON object", REMEDIES["json_invalid"], 400)
    host, webhooks = request.headers.get("X-Shopify-Shop-Domain", ""), shop.webhooks
    return await run_in_threadpool(_answer, webhooks, sender.name, topic, delivery_id, payload, _host(host))


def _answer(
    webhooks: "ShopWebhooks", source: str, topic: str, delivery_id: str, payload: dict[str, Any], host: str
) -> Response:
    try:
        answer = webhooks.take(source, topic, delivery_id, payload, datetime.now(UTC), host)
    except Problem:
        raise
    except Exception:
        log.exception("a webhook could not be taken")
        return failed().response()
    return Response(answer.model_dump_json(), media_type="application/json")


def _must_be_signed(request: Request, sender: Sender, secrets: tuple[str, ...], body: bytes) -> None:
    if not secrets:
        remedy = f"Set {sender.setting} to the secret that the shop's system signs with."
        raise Problem(sender.signature, f"webhooks of {sender.name} are not set up", remedy, 401)
    if not is_signed(secrets, body, request.headers.get(sender.signature, "")):
        meters().webhooks.labels(sender.name, "refused").inc()
        remedy = f"Sign the body, as it is sent, with the secret that {sender.setting} has."
        raise Problem(sender.signature, "missing, or not of this body and secret", remedy, 401)


def _header(request: Request, name: str) -> str:
    value = request.headers.get(name, "").strip()
    if not value or len(value) > 64:
        raise Problem(name, "missing, or longer than 64 characters", "Send it as the shop's system does.", 400)
    return value


def _host(text: str) -> str:
    return text if re.fullmatch(r"[A-Za-z0-9.-]{1,253}", text) else ""


routes = [
    Route("/webhooks/shopify", shopify, methods=["POST"]),
    Route("/webhooks/woocommerce", woocommerce, methods=["POST"]),
]
