"""What Shopify's webhooks say, as rows in the names of its exports, so that one reader gives both one meaning.

It knows the payloads of products, orders and refunds, and no table. A line of an order is `ORDER-PLACE`, whole lines
that came back `ORDER-PLACE~return`, parts of one `ORDER-PLACE~` and the id of their refund.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from recommender.importing.checking.returned_orders import SUFFIX
from recommender.importing.formats.base import Row
from recommender.importing.formats.helpers import first, hashed, money
from recommender.importing.formats.shops.shopify import read_order, read_product

RETURN = "return"
_PRODUCT = {"item_id": "handle", "title": "title", "description": "body_html", "brand": "vendor"} | {
    "type": "product_type",
    "status": "status",
}
_VARIANT = {"sku": "sku", "gtin": "barcode", "price": "price", "list_price": "compare_at_price"} | {
    "stock": "inventory_quantity",
    "stock_policy": "inventory_policy",
    "tracker": "inventory_management",
    **{f"option{n}_value": f"option{n}" for n in (1, 2, 3)},
}


def product_row(product: Mapping[str, Any], shop: str = "") -> Row:
    """A product as an item; `shop` is the host of its page. Among its variants is its own number, too."""
    [item] = read_product(list(_product_rows(product)))
    attributes = orjson.loads(item["attributes"])
    names = [*attributes.get("variants", []), str(product["id"])]
    url = f"https://{shop}/products/{product['handle']}" if shop else None
    return {**item, "url": url, "attributes": orjson.dumps({**attributes, "variants": names}).decode()}


def _product_rows(product: Mapping[str, Any]) -> Iterator[Row]:
    tags, category = product.get("tags"), product.get("category") or {}
    whole = {ours: product.get(theirs) for ours, theirs in _PRODUCT.items()} | {
        "tags": ", ".join(tags) if isinstance(tags, list) else tags,
        "published": "true" if product.get("published_at") else "false",
        "taxonomy": category.get("full_name"),
        **{f"option{n}_name": one.get("name") for n, one in enumerate(product.get("options") or [], 1)},
    }
    parts: list[Row] = [_variant(one) for one in product.get("variants") or []]
    parts += [{"image": one.get("src"), "image_position": one.get("position")} for one in product.get("images") or []]
    for place, part in enumerate(parts or [{}]):
        yield _filled({**(whole if place == 0 else {"item_id": whole["item_id"]}), **part, "line": 0})


def _variant(variant: Mapping[str, Any]) -> Row:
    """Since version 2024-07 nothing says whether stock is kept: then it counts as kept where there is a number."""
    row = {ours: variant.get(theirs) for ours, theirs in _VARIANT.items()}
    if "inventory_management" not in variant and row["stock"] is not None:
        row["tracker"] = "shopify"
    return row


def order_rows(order: Mapping[str, Any]) -> list[Row]:
    """The lines of an order as purchases, or as returns where all of it ended; and parts that came back before."""
    rows, refunds = list(read_order(list(_order_rows(order)))), _refunds(order)
    ended = rows and (rows[0]["status"] in ("refunded", "voided") or rows[0]["returned_at"])
    found = list[Row]()
    for row, line in zip(rows, _lines(order), strict=True):
        parts = refunds.get(line.get("id"), [])
        left = (money(row.get("quantity")) or 1.0) - sum(part["quantity"] for part in parts)
        if not ended:
            found.append(row)
        elif left > 0:
            found.append({**row, "quantity": left, "value": row["value"] if not parts else None})
        found += [_part(row, part, left=left) for part in parts]
    return found


def _part(row: Row, part: Row, left: float) -> Row:
    """What came back of a line: the whole of it, or a part."""
    whole = part["quantity"] >= (money(row.get("quantity")) or 1.0)
    own_id = f"{row['event_id']}{SUFFIX}" if whole else f"{row['event_id']}~{part['id']}"
    what = {"event_id": own_id, "event_type": RETURN, "quantity": part["quantity"], "value": part["subtotal"]}
    return {**row, **what, "time": part["time"], "status": None, "returned_at": None}


def _refunds(order: Mapping[str, Any]) -> dict[Any, list[Row]]:
    """By the line's own id, what came back of it."""
    found: dict[Any, list[Row]] = {}
    for refund in order.get("refunds") or []:
        for part in refund_parts(refund):
            found.setdefault(part["line_item_id"], []).append(part)
    return found


def refund_parts(refund: Mapping[str, Any]) -> list[Row]:
    """What came back by a refund: each line's id, name, pieces and money."""
    return [
        {
            "id": one.get("id"),
            "line_item_id": one.get("line_item_id"),
            "names": [name for name in (line.get("sku"), line.get("name")) if name],
            "quantity": money(one.get("quantity")) or 1.0,
            "subtotal": money(one.get("subtotal")),
            "time": refund.get("created_at"),
        }
        for one in refund.get("refund_line_items") or []
        for line in [one.get("line_item") or {}]
    ]


def _order_rows(order: Mapping[str, Any]) -> Iterator[Row]:
    whole = {
        "session_id": order.get("name") or str(order["id"]),
        "id": str(order["id"]),
        "email": order.get("email") or order.get("contact_email"),
        "phone": order.get("phone"),
        "status": order.get("financial_status"),
        "time": order.get("created_at"),
        "paid_at": order.get("processed_at"),
        "returned_at": order.get("cancelled_at"),
    }
    for line in _lines(order):
        yield _filled(
            {
                **whole,
                "line": 0,
                "line_name": line.get("name") or line.get("title"),
                "line_sku": line.get("sku"),
                "line_price": line.get("price"),
                "line_discount": _discount(line),
                "quantity": line.get("quantity"),
            }
        )


def _lines(order: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [line for line in order.get("line_items") or [] if first([line], "sku", "name", "title")]


def _discount(line: Mapping[str, Any]) -> float | None:
    given: Iterable[Mapping[str, Any]] = line.get("discount_allocations") or []
    parts = [money(one.get("amount")) or 0.0 for one in given]
    return round(sum(parts), 4) if parts else money(line.get("total_discount"))


def _filled(row: Row) -> Row:
    return {name: value for name, value in row.items() if value not in (None, "")}


def shoppers_of(payload: Mapping[str, Any]) -> list[str]:
    """The ids that orders may have given a customer whom a privacy webhook names: by e-mail, and by phone."""
    customer = payload["customer"]
    return [one for one in (hashed(customer.get("email")), hashed(customer.get("phone"))) if one]
