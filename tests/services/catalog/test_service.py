"""What a shop's server writes, on both databases: in one transaction, one writer of an item after the other."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from recommender.db.engine import session_scope
from recommender.db.tables import Item
from services.container import Shop
from services.core.errors import Problem

NOW = datetime(2026, 5, 2, tzinfo=UTC)


def item(item_id: str) -> Item:
    with session_scope() as session:
        return session.get_one(Item, item_id)


def test_patches_of_one_item_at_once_lose_nothing(shop: Shop) -> None:
    """Each changes another field, or another attribute, of an item that all of them read before they write it."""
    said: list[dict[str, Any]] = [{f"field {n}": str(n)} for n in range(6)]
    said += [{"price": 77}, {"stock": 3}, {"brand": "Osprey"}]
    with ThreadPoolExecutor(len(said)) as pool:
        rows = [[{"item_id": "tea-1", **one}] for one in said]
        told = list(pool.map(lambda one: shop.catalogue.patch_items(one, NOW), rows))
    assert [one.updated for one in told] == [1] * len(said)
    tea = item("tea-1")
    assert (tea.price, tea.availability, tea.brand) == (77, "in_stock", "Osprey")
    assert tea.attributes == {f"field {n}": str(n) for n in range(6)}


def test_put_replaces_patch_merges_delete_keeps_the_past(shop: Shop) -> None:
    writer = shop.catalogue
    whole = {"item_id": "new", "title": "Quilt", "brand": "Lark", "price": "49,50 EUR", "attributes": {"colour": "red"}}
    assert writer.put_items([whole], NOW).added == 1
    assert writer.patch_items([{"item_id": "new", "attributes": {"size": "L"}, "brand": None}], NOW).updated == 1
    kept = item("new")
    assert (kept.price, kept.brand, kept.attributes["colour"], kept.attributes["size"]) == (49.5, "", "red", "L")
    assert writer.put_items([{"item_id": "new", "title": "Quilt"}], NOW).updated == 1
    kept = item("new")
    assert (kept.price, kept.attributes) == (None, {})
    assert writer.delete_items(["new", "none"], NOW).model_dump(exclude={"rejected"}) == {"deleted": 1}
    assert item("new").retired
    assert writer.put_items([{"id": "new", "name": "Quilt"}], NOW).updated == 1  # other systems' names
    assert not item("new").retired
    assert [row.field for row in writer.put_items([{"title": "a"}, {"price": 3}], NOW).rejected] == ["item_id"] * 2


@contextmanager
def spoiled() -> Iterator[None]:
    """Items of one title can't be written."""
    with session_scope() as session:
        sqlite = session.get_bind().dialect.name == "sqlite"
        if sqlite:
            body = "WHEN NEW.title = 'Spoil' BEGIN SELECT RAISE(ABORT, 'no'); END"
            session.execute(text(f"CREATE TRIGGER spoil BEFORE INSERT ON items {body}"))
        else:
            session.execute(text("ALTER TABLE items ADD CONSTRAINT spoil CHECK (title <> 'Spoil')"))
    yield
    with session_scope() as session:
        session.execute(text("DROP TRIGGER spoil" if sqlite else "ALTER TABLE items DROP CONSTRAINT spoil"))


def test_a_call_that_fails_writes_nothing(shop: Shop) -> None:
    rows = [{"item_id": "half-1", "title": "Half"}, {"item_id": "half-2", "title": "Spoil"}]
    with spoiled(), pytest.raises(Exception, match=r"no|spoil"):
        shop.catalogue.put_items(rows, NOW)
    with session_scope() as session:
        assert session.get(Item, "half-1") is None
    assert shop.catalogue.put_items(rows, NOW).added == 2


def test_a_database_that_is_away_is_told(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shop.answers.shoppers.database, "_closed_until", float("inf"))
    with pytest.raises(Problem, match="nothing was stored") as told:
        shop.catalogue.put_items([{"item_id": "away", "title": "Away"}], NOW)
    assert told.value.status == 503
