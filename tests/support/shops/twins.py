"""The small shop in which some items say what others say: of each category, ten rows are seven things."""

from datetime import UTC, datetime

from sqlalchemy import select, update

from recommender.db.engine import session_scope
from recommender.db.tables import Item
from tests.support.shops.shop import CATEGORIES

TWINS = {"3": "0", "4": "1", "5": "2"}  # by their places in a category: the one, and what it is like


def make_twins() -> None:
    """Gives these items the title, price and brand of the others in the settings' database."""
    now = datetime.now(UTC)
    with session_scope() as session:
        items = {item.item_id: item for item in session.scalars(select(Item))}
        for category in map(str.lower, CATEGORIES):
            for one, other in TWINS.items():
                like = items[f"{category}-{other}"]
                same = {"title": f" {like.title.upper()} ", "price": like.price, "brand": like.brand, "updated_at": now}
                session.execute(update(Item).where(Item.item_id == f"{category}-{one}").values(**same))


def twin_of(item_id: str) -> str:
    """The item that can't be told from this one; itself where there is none."""
    category, _, place = item_id.rpartition("-")
    return f"{category}-{(TWINS | {other: one for one, other in TWINS.items()}).get(place, place)}"
