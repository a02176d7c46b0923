"""Products as a shop's webhooks tell them: written by the rules of `PUT /items`, in the caller's transaction."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from recommender.db.engine import one_writer_at_a_time
from recommender.db.tables import Item, ItemAlias
from recommender.importing.bulk import BulkOutcome, check_read_rows, put_items
from recommender.importing.column_names import Kind
from recommender.importing.storing.whole_catalogue import retire
from recommender.store.identity.item_aliases import UnusableAlias, put_aliases
from services.schemas.catalog import RejectedRow
from services.schemas.webhooks import WebhookResponse
from services.webhooks.deliveries import Delivery, find_item

REMEDY = "docs/formats.md says what is read of a product."
Row = dict[str, Any]


def put_product(session: Session, delivery: Delivery, row: Row, now: datetime) -> tuple[WebhookResponse, str | None]:
    """Makes the item, or replaces it; one that had another id before keeps its past. Answers with the item's id."""
    before = find_item(session, delivery)
    done = _put(session, before, row, now)
    rejected = [
        RejectedRow(index=one.place, field=one.field, message=one.reason, remedy=REMEDY) for one in done.rejected
    ]
    item_id = None if rejected else str(row["item_id"])
    retired = _rename(session, before, item_id, now) if item_id and before and before != item_id else 0
    counts = {"added": done.written.added, "updated": done.written.updated, "unchanged": done.written.unchanged}
    response = WebhookResponse(topic=delivery.topic, outcome="taken", **counts, retired=retired, rejected=rejected)
    return response, item_id


def _put(session: Session, before: str | None, row: Row, now: datetime) -> BulkOutcome:
    """Writes the row; a former id of the product's is its own again first, since an alias can't be described."""
    checked, connection = check_read_rows(Kind.ITEMS, [row], now, "view"), session.connection()
    former = _aliases(session, before) if before is not None else []
    if before is None or row.get("item_id") not in former:
        return put_items(connection, checked)
    put_aliases(session, before, [one for one in former if one != row["item_id"]], now)
    done = put_items(connection, checked)
    if done.rejected:
        put_aliases(session, before, former, now)
    return done


def _aliases(session: Session, *item_ids: str) -> list[str]:
    return list(session.scalars(select(ItemAlias.alias).where(ItemAlias.item_id.in_(item_ids))))


def _rename(session: Session, before: str, item_id: str, now: datetime) -> int:
    """What shoppers did under the former id is the item's; where that can't be, the former item is only retired."""
    aliases = [one for one in dict.fromkeys([*_aliases(session, before, item_id), before]) if one != item_id]
    try:
        return put_aliases(session, item_id, aliases, now).retired
    except (UnusableAlias, LookupError):
        return retire(session.connection(), [before], now)


def delete_product(
    session: Session, delivery: Delivery, number: str, variant_of: Callable[[str], str | None], now: datetime
) -> tuple[WebhookResponse, str | None]:
    """Takes the item out of the catalogue, which is known by the product's number."""
    one_writer_at_a_time(session.connection(), Item.__tablename__)
    item_id = find_item(session, delivery) or variant_of(number) or number
    gone = retire(session.connection(), [item_id], now)
    return WebhookResponse(topic=delivery.topic, outcome="taken" if gone else "ignored", retired=gone), item_id


def known_path(session: Session, item_ids: list[str]) -> list[str]:
    """The categories of the first of these items that is in the catalogue."""
    rows = {
        one: path
        for one, path in session.execute(select(Item.item_id, Item.categories).where(Item.item_id.in_(item_ids)))
    }
    return next((list(rows[one] or []) for one in item_ids if one in rows), [])
