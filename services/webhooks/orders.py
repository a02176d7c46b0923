"""Orders and refunds as a shop's webhooks tell them: purchases, and returns of purchases that are known."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from recommender.db.tables import RETURN
from recommender.importing.bulk import check_read_rows
from recommender.importing.checking.returned_orders import SUFFIX
from recommender.importing.column_names import Kind
from recommender.store.orders import PURCHASE, StoredLine, find_lines, find_order
from services.events.bulk import BulkIntake
from services.events.ingest import Intake
from services.schemas.catalog import RejectedRow
from services.schemas.webhooks import WebhookResponse
from services.state.catalog_cache import LiveItems

EVENT = ("event_id", "user_id", "session_id", "item_id", "event_type", "value", "quantity", "time")
REMEDY = "docs/formats.md says what is read of an order."
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class OrderEvents:
    """What an order or a refund tells: events with the places of their lines, and lines that are no good."""

    events: list[Row]
    places: list[int]
    rejected: list[RejectedRow]


def read_order(session: Session, rows: Sequence[Row], now: datetime, default_type: str = PURCHASE) -> OrderEvents:
    """The lines of an order; what came back counts where its purchase is known, so that it takes back no other."""
    checked = check_read_rows(Kind.EVENTS, rows, now, default_type)
    rejected = [
        RejectedRow(index=place, field=name, message=reason, remedy=REMEDY)
        for place, (name, reason) in sorted(checked.problems.items())
    ]
    known = list(_known(session, list(checked.good.iter_rows(named=True))))
    events = [{name: row.get(name) for name in EVENT} for row in known]
    return OrderEvents(events, [row["line"] for row in known], rejected)


def _known(session: Session, events: Sequence[Row]) -> Iterator[Row]:
    """The events without returns of what was never bought, or has come back as a whole already."""
    bought = {event["event_id"] for event in events if event["event_type"] == PURCHASE}
    lines = {event["event_id"].partition("~")[0] for event in events}
    stored = find_lines(session, [*lines, *(f"{line}{SUFFIX}" for line in lines)])
    for event in events:
        line = event["event_id"].partition("~")[0]
        again = f"{line}{SUFFIX}" in stored and event["event_id"] != f"{line}{SUFFIX}"
        if event["event_type"] == PURCHASE or ((line in bought or line in stored) and not again):
            yield event


def read_refund(
    session: Session, order_id: str, parts: Sequence[Row], live_items: LiveItems, now: datetime
) -> OrderEvents:
    """What a refund gives back, of an order that is known; another's says nothing."""
    return read_order(session, list(_returns(find_order(session, order_id), parts, live_items)), now, RETURN)


def _returns(lines: Sequence[StoredLine], parts: Sequence[Row], live_items: LiveItems) -> Iterator[Row]:
    left = list(lines)
    for part in parts:
        items = {live_items.present_id(name) for name in part["names"]}
        line = next((one for one in left if one.item_id in items), None)
        if line is None:
            continue
        left.remove(line)
        whole = part["quantity"] >= line.quantity
        yield {
            "event_id": f"{line.event_id}{SUFFIX}" if whole else f"{line.event_id}~{part['id']}",
            "event_type": RETURN,
            "user_id": line.user_id,
            "session_id": line.session_id,
            "item_id": line.item_id,
            "quantity": part["quantity"],
            "value": part["subtotal"],
            "time": part["time"],
        }


def store_order(intake: Intake, events: OrderEvents, topic: str, now: datetime) -> WebhookResponse:
    """The events by the rules of `/events` in bulk; a `Problem` where the database is away."""
    if not events.events:
        return WebhookResponse(topic=topic, outcome="taken" if events.rejected else "ignored", rejected=events.rejected)
    done = BulkIntake(intake).take(events.events, now)
    bad = [
        RejectedRow(
            index=events.places[one.index], field=one.field or "*", message=one.message or "", remedy=one.remedy or ""
        )
        for one in done.results
        if one.outcome == "rejected"
    ]
    counts = {"added": done.added, "duplicates": done.duplicates, "withheld": done.withheld}
    return WebhookResponse(topic=topic, outcome="taken", **counts, rejected=[*events.rejected, *bad])
