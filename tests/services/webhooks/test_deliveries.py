"""A delivery counts once, an older word of the same thing is passed over, and what is too old leaves."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from recommender.db.engine import session_scope
from recommender.db.tables import Reject, WebhookDelivery
from recommender.settings import Settings
from services.schemas.catalog import RejectedRow
from services.webhooks.deliveries import RETENTION, Delivery, find_former, find_item, keep, keep_rejects
from tests.support.servers.databases import install_tables

NOW = datetime(2026, 5, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def tables(home: Settings) -> None:
    install_tables()


def delivery(delivery_id: str, changed_at: datetime | None = NOW, **changes: Any) -> Delivery:
    fields = {"source": "shopify", "topic": "products/update", "subject": "product 1", **changes}
    return Delivery(delivery_id=delivery_id, changed_at=changed_at, **fields)


def take(one: Delivery, now: datetime = NOW, item_id: str | None = None) -> str | None:
    with session_scope() as session:
        former = find_former(session, one)
        if former is None:
            keep(session, one, now, item_id)
        return former


def test_the_same_delivery_is_taken_once_from_each_system() -> None:
    assert [take(delivery("d1")), take(delivery("d1"))] == [None, "repeated"]
    assert take(delivery("d1", source="woocommerce")) is None


def test_an_older_word_of_the_same_thing_is_passed_over() -> None:
    take(delivery("d2"))
    assert take(delivery("d1", NOW - HOUR)) == "older"
    assert take(delivery("d3", NOW - HOUR, subject="product 2")) is None
    assert take(delivery("d4", NOW)) is None, "of the same moment it may say more"
    assert take(delivery("d5", None)) is None, "one that doesn't say when is believed"


def test_the_latest_delivery_that_told_of_an_item_names_it() -> None:
    take(delivery("d1"), NOW, "kettle")
    take(delivery("d2", NOW + HOUR), NOW + HOUR, "copper-kettle")
    take(delivery("d3", NOW + 2 * HOUR), NOW + 2 * HOUR)
    with session_scope() as session:
        assert find_item(session, delivery("next")) == "copper-kettle"
        assert find_item(session, delivery("next", subject="product 2")) is None


def test_what_no_shop_sends_again_leaves() -> None:
    take(delivery("old"))
    take(delivery("new", NOW + RETENTION + HOUR), NOW + RETENTION + HOUR)
    with session_scope() as session:
        assert session.scalars(select(WebhookDelivery.delivery_id)).all() == ["new"]


def test_lines_that_were_not_taken_are_where_an_import_s_are() -> None:
    row = RejectedRow(index=3, field="sku", message="no such item", remedy="Import it.")
    with session_scope() as session:
        keep_rejects(session, delivery("x" * 600), [row], NOW)
    with session_scope() as session:
        (kept,) = session.scalars(select(Reject)).all()
        assert (kept.line, kept.field, kept.reason, len(kept.file)) == (3, "sku", "no such item: Import it.", 512)
        assert session.scalar(select(func.count()).select_from(Reject)) == 1
