"""What shop systems send by webhooks, cut down to what is read of it; and how they sign it."""

import base64
import hashlib
import hmac
import json
from typing import Any

import httpx

from tests.services.conftest import Served

SHOPIFY_SECRET, WOOCOMMERCE_SECRET = "of a shop at shopify", "of a shop at woocommerce"
SHOPIFY_ID, SHOPIFY_TOPIC, SHOPIFY_SIGNATURE = "X-Shopify-Webhook-Id", "X-Shopify-Topic", "X-Shopify-Hmac-Sha256"


def sign(secret: str, body: bytes) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def send_shopify(service: Served, topic: str, delivery_id: str, payload: Any, **headers: str) -> httpx.Response:
    body = json.dumps(payload).encode()
    said = {
        "Content-Type": "application/json",
        SHOPIFY_TOPIC: topic,
        SHOPIFY_ID: delivery_id,
        SHOPIFY_SIGNATURE: sign(SHOPIFY_SECRET, body),
        "X-Shopify-Shop-Domain": "kettles.myshopify.com",
    }
    return httpx.post(f"{service.url}/webhooks/shopify", content=body, headers=said | headers, timeout=30)


def send_woocommerce(service: Served, topic: str, delivery_id: str, payload: Any) -> httpx.Response:
    body = json.dumps(payload).encode()
    said = {
        "Content-Type": "application/json",
        "X-WC-Webhook-Topic": topic,
        "X-WC-Webhook-Delivery-ID": delivery_id,
        "X-WC-Webhook-Signature": sign(WOOCOMMERCE_SECRET, body),
    }
    return httpx.post(f"{service.url}/webhooks/woocommerce", content=body, headers=said, timeout=30)


def shopify_product(**changes: Any) -> dict[str, Any]:
    variant = {"price": "19.00", "compare_at_price": "25.00", "inventory_policy": "deny", "barcode": "4006381333931"}
    return {
        "id": 788032119,
        "title": "Copper kettle",
        "body_html": "<p>Boils <b>water</b>.</p>",
        "vendor": "Heron",
        "product_type": "Kettles",
        "handle": "copper-kettle",
        "created_at": "2026-05-02T10:00:00-04:00",
        "updated_at": "2026-05-02T10:00:00-04:00",
        "published_at": "2026-05-02T10:00:00-04:00",
        "tags": "kitchen, metal",
        "status": "active",
        "options": [{"name": "Size", "position": 1, "values": ["1 l", "2 l"]}],
        "variants": [
            {**variant, "id": 1, "sku": "KETTLE-1", "option1": "1 l", "inventory_quantity": 4},
            {**variant, "id": 2, "sku": "KETTLE-2", "option1": "2 l", "price": "29.00", "inventory_quantity": 0},
        ],
        "images": [
            {"position": 2, "src": "https://cdn.example/back.jpg"},
            {"position": 1, "src": "https://cdn.example/front.jpg"},
        ],
        **changes,
    }


def shopify_order(order_id: int, email: str, *lines: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "id": order_id,
        "name": f"#{order_id}",
        "email": email,
        "financial_status": "paid",
        "created_at": "2026-05-03T10:00:00-04:00",
        "updated_at": "2026-05-03T10:00:00-04:00",
        "cancelled_at": None,
        "line_items": list(lines),
        "refunds": [],
        **changes,
    }


def shopify_line(line_id: int, sku: str | None, name: str, quantity: int, price: str, less: str = "0.00") -> Any:
    allocated = [{"amount": less}] if float(less) else []
    return {"id": line_id, "sku": sku, "name": name, "quantity": quantity, "price": price} | {
        "discount_allocations": allocated,
        "total_discount": "0.00",
    }


def shopify_refund(refund_id: int, order_id: int, *parts: tuple[Any, int, float]) -> dict[str, Any]:
    """`parts` are lines with pieces and money."""
    return {
        "id": refund_id,
        "order_id": order_id,
        "created_at": "2026-05-05T10:00:00-04:00",
        "refund_line_items": [
            {"id": refund_id * 10 + place, "line_item_id": line["id"], "quantity": pieces, "subtotal": money}
            | {"line_item": line}
            for place, (line, pieces, money) in enumerate(parts)
        ],
    }


def woocommerce_product(**changes: Any) -> dict[str, Any]:
    return {
        "id": 44,
        "name": "Clay teapot",
        "permalink": "https://pots.example/product/clay-teapot/",
        "type": "simple",
        "status": "publish",
        "catalog_visibility": "visible",
        "description": "<p>Holds tea.</p>",
        "short_description": "",
        "sku": "POT-1",
        "price": "30",
        "regular_price": "30",
        "sale_price": "",
        "date_modified_gmt": "2026-05-02T10:00:00",
        "manage_stock": True,
        "stock_quantity": 3,
        "stock_status": "instock",
        "backorders": "no",
        "parent_id": 0,
        "categories": [{"id": 9, "name": "Pots, clay", "slug": "pots"}],
        "tags": [{"id": 34, "name": "brown"}],
        "images": [{"src": "https://pots.example/pot.jpg"}, {"src": "https://pots.example/lid.jpg"}],
        "attributes": [{"name": "Colour", "options": ["brown", "red"]}],
        **changes,
    }


def woocommerce_order(order_id: int, status: str, email: str, *lines: tuple[str, int, str], **changes: Any) -> Any:
    """`lines` are SKUs with pieces and money."""
    return {
        "id": order_id,
        "number": str(order_id),
        "status": status,
        "date_created_gmt": "2026-05-03T10:00:00",
        "date_modified_gmt": "2026-05-03T10:00:00",
        "billing": {"email": email, "phone": ""},
        "line_items": [
            {"id": place, "sku": sku, "product_id": 44, "variation_id": 0, "quantity": pieces, "total": money}
            for place, (sku, pieces, money) in enumerate(lines)
        ],
        **changes,
    }
