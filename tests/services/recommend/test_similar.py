"""Similar items are no best sellers that everybody takes along: petrol isn't shown beside bananas."""

from datetime import UTC, datetime, timedelta

from recommender.db.engine import session_scope
from recommender.db.tables import Event, Item
from recommender.settings import Settings
from services.container import Shop
from services.schemas.recommend import SimilarRequest
from tests.support.servers.databases import install_tables
from tests.support.shops.shop import SHOP_FROM, fill_shop, shop_events

PETROL = Item(
    item_id="petrol",
    kind="product",
    title="Petrol",
    description="",
    brand="",
    categories=["Fuel"],
    price=1.9,
    attributes={},
    content_hash="petrol",
    updated_at=SHOP_FROM,
)


def test_what_is_in_every_basket_is_like_nothing_in_it(home: Settings) -> None:
    install_tables()
    fill_shop()
    visits = {(str(row["user_id"]), str(row["session_id"])): row["time"] for row in shop_events()}
    with session_scope() as session:
        session.add(PETROL)
        session.flush()
        for number, ((user, visit), moment) in enumerate(visits.items()):
            assert isinstance(moment, datetime)
            event = Event(event_id=f"p{number}", user_id=user, session_id=visit, item_id="petrol")
            event.event_type, event.value, event.time = "purchase", 1.9, moment + timedelta(minutes=9)
            session.add(event)
    shop = Shop(home)
    shop.watcher.look()
    now = datetime.now(UTC)
    for item_id in ("tea-0", "pets-3", "garden-8", "baby-2"):
        found = [item.item_id for item in shop.answers.similar(SimilarRequest(item_id=item_id), now).items]
        assert len(found) == 10
        assert "petrol" not in found
        mine = item_id.split("-")[0]
        assert sum(other.startswith(mine) for other in found) >= 7, found
    goes = shop.answers.similar(SimilarRequest(item_id="tea-0", kind="goes_with", n=5), now).items
    assert "petrol" in [item.item_id for item in goes], "it is taken along, and that is what goes with an item"
