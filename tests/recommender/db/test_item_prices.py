"""Items of an older installation have one price and one language after the migration, on both databases."""

from alembic import command
from sqlalchemy import text

from recommender.db.engine import alembic_config, get_engine, migrate
from recommender.settings import Settings
from tests.support.shops.files import table

OLD = """INSERT INTO items (item_id, kind, title, description, brand, categories, price, image, language, attributes,
    currency, hidden, stub, content_hash, updated_at)
    VALUES ('tea', 'product', 'Tea', '', '', '[]', 4.5, '', 'en', '{}', 'EUR', :no, :no, 'x', '2026-01-01')"""


def test_an_old_item_has_one_price_and_one_language(backend: Settings) -> None:
    with get_engine().begin() as connection:
        connection.execute(text("DELETE FROM items"))
    command.downgrade(alembic_config(), "0031")
    with get_engine().begin() as connection:
        connection.execute(text(OLD), {"no": False})
    migrate()
    found = table("items", "item_id", "price", "currency", "price_converted", "prices", "translations")
    assert found == [("tea", 4.5, "EUR", False, {}, {})]
