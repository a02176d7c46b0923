"""Addresses and currencies that were attributes of items are their columns after the migration, on both databases."""

from alembic import command
from sqlalchemy import text

from recommender.db.engine import alembic_config, get_engine, migrate
from recommender.settings import Settings
from tests.support.shops.files import table

OLD = """INSERT INTO items (item_id, kind, title, description, brand, categories, image, language, attributes,
    hidden, stub, content_hash, updated_at)
    VALUES (:id, 'product', 'Tee', '', '', '[]', '', 'en', :said, :no, :no, 'x', '2026-01-01')"""
SAID = {
    "a": '{"url": "https://shop.example/a", "currency": "EUR", "colour": "red"}',
    "b": '{"url": 5, "currency": "longer than a currency is"}',
    "c": "{}",
}


def test_what_was_an_attribute_is_a_column(backend: Settings) -> None:
    with get_engine().begin() as connection:
        connection.execute(text("DELETE FROM items"))
    command.downgrade(alembic_config(), "0020")
    with get_engine().begin() as connection:
        for item_id, said in SAID.items():
            connection.execute(text(OLD), {"id": item_id, "said": said, "no": False})
    migrate()
    assert table("items", "item_id", "url", "currency", "stock") == [
        ("a", "https://shop.example/a", "EUR", None),
        ("b", "", "", None),
        ("c", "", "", None),
    ]
