"""A small real shop: 60 items in six clear categories, 40 shoppers with a leaning each, 120 days of behaviour.

`fill_shop` writes it to the database; `trained` has models of it. All of it is the same every time.
"""

from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np
import polars as pl
from sqlalchemy import insert

from recommender.data.catalog import Catalogue
from recommender.data.history import History
from recommender.data.item_text import content_hash, item_text
from recommender.db.engine import session_scope
from recommender.db.tables import Event, Item, User

SHOP_FROM = datetime(2026, 1, 1, tzinfo=UTC)
SHOP_UNTIL = datetime(2026, 5, 1, tzinfo=UTC)
SHOPPERS = 40
SHOP = {
    "Tea": "Green tea, Black tea, Oolong, Jasmine tea, Matcha, Chai, Mint tea, White tea, Rooibos, Earl Grey",
    "Coffee": "Espresso beans, Filter coffee, Decaf coffee, Cold brew, Instant coffee, "
    "Mocha, Coffee pods, Latte mix, Arabica beans, Robusta beans",
    "Pets": "Dog food, Cat food, Dog leash, Cat litter, Bird seed, "
    "Fish flakes, Dog toy, Cat tree, Hamster wheel, Dog bed",
    "Garden": "Tomato seeds, Watering can, Garden gloves, Rake, Spade, "
    "Flower pot, Compost, Lawn mower, Hedge shears, Rose bush",
    "Toys": "Teddy bear, Wooden train, Building bricks, Jigsaw puzzle, Doll house, "
    "Toy car, Kite, Board game, Yo-yo, Marbles",
    "Baby": "Diapers, Baby wipes, Baby bottle, Pacifier, Baby food, "
    "Baby shampoo, Crib sheet, Stroller, Teething ring, Baby lotion",
}
CATEGORIES = tuple(SHOP)
BRANDS = ("Lark", "Heron", "Wren")


def shop_items() -> list[Item]:
    """Fresh rows of the catalogue; ids are `tea-0` to `baby-9`."""
    items = []
    for category, titles in SHOP.items():
        for place, title in enumerate(titles.split(", ")):
            brand, path = BRANDS[place % len(BRANDS)], ["Shop", category]
            items.append(
                Item(
                    item_id=f"{category.lower()}-{place}",
                    kind="product",
                    title=title,
                    description="",
                    brand=brand,
                    categories=path,
                    price=float(2 + place),
                    attributes={},
                    hidden=False,
                    stub=False,
                    content_hash=content_hash(item_text(title, "", brand, path, {})),
                    updated_at=SHOP_FROM,
                )
            )
    return items


def leaning(user: int) -> str:
    """The category that shopper `u<user>` mostly buys."""
    return CATEGORIES[user % len(CATEGORIES)]


def shop_events(shoppers: int = SHOPPERS, seed: int = 7) -> list[dict[str, object]]:
    """Rows as `store.queries.add_events` takes them: purchases every few days, some views, carts and ratings."""
    rng = np.random.default_rng(seed)
    days = (SHOP_UNTIL - SHOP_FROM).days
    rows: list[dict[str, object]] = []
    for user in range(shoppers):
        favourites = rng.permutation(10)[:4]
        for visit in np.arange(rng.integers(1, 5), days, rng.integers(3, 6)):
            moment = SHOP_FROM + timedelta(days=int(visit), minutes=int(rng.integers(0, 1_200)))
            for step in range(int(rng.integers(2, 5))):
                category = leaning(user) if rng.random() < 0.8 else str(rng.choice(CATEGORIES))
                place = int(rng.choice(favourites)) if rng.random() < 0.6 else int(rng.integers(0, 10))
                kind = str(rng.choice(["purchase", "view", "cart", "rating"], p=[0.6, 0.25, 0.1, 0.05]))
                value = {"purchase": float(2 + place), "rating": float(rng.integers(3, 6))}.get(kind)
                rows.append(
                    {
                        "event_id": f"e{len(rows)}",
                        "user_id": f"u{user}",
                        "session_id": f"s{user}-{visit}",
                        "item_id": f"{category.lower()}-{place}",
                        "event_type": kind,
                        "value": value,
                        "quantity": 1.0 if kind == "purchase" else None,
                        "text": None,
                        "recommendation_id": None,
                        "time": moment + timedelta(minutes=step),
                    }
                )
    return rows


def shop_history(user_id: str, until: datetime = SHOP_UNTIL) -> History:
    """A shopper's events as the profile reads them, without a database."""
    rows = [row for row in shop_events() if row["user_id"] == user_id]
    return History.of([Event(**row) for row in rows]).until(until)


def fill_shop() -> None:
    """Writes the shop to the settings' database, which has been migrated."""
    with session_scope() as session:
        session.execute(insert(Item).execution_options(render_nulls=True), list(_item_rows()))
        session.execute(
            insert(User), [{"user_id": f"u{n}", "attributes": {}, "consent": True} for n in range(SHOPPERS)]
        )
        session.execute(insert(Event).execution_options(render_nulls=True), list(_event_rows()))  # one statement


@cache
def _item_rows() -> tuple[dict[str, object], ...]:
    columns = Item.__table__.columns.keys()
    return tuple({name: getattr(item, name) for name in columns if name in vars(item)} for item in shop_items())


@cache
def _event_rows() -> tuple[dict[str, object], ...]:
    return tuple(shop_events())


def shop_catalogue() -> Catalogue:
    return Catalogue.from_items(sorted(shop_items(), key=lambda item: item.item_id))


def shop_frame() -> pl.DataFrame:
    """The shop's log of events as the offline store gives it."""
    return pl.DataFrame(shop_events(), infer_schema_length=None)
