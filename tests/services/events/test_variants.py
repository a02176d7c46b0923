"""Events that name a size or a colour are of the item that lists it."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from recommender.db.engine import session_scope
from recommender.db.tables import Item
from services.container import Shop
from services.core.errors import Problem
from services.schemas.profile import ProfileRequest
from services.state.catalog_cache import LiveItems
from tests.services.events.test_event_ids import NOW, event, take

LISTED = {"variants": ["tea-1-large"]}


def test_an_event_of_a_variant_is_of_its_item(embedded_shop: Shop) -> None:
    with session_scope() as session:
        tea = update(Item).where(Item.item_id == "tea-1")
        session.execute(tea.values(attributes=LISTED, updated_at=datetime.now(UTC)))
    with pytest.raises(Problem, match="no item"):
        take(embedded_shop, event("ann", "1", item_id="tea-1-small"))
    with session_scope() as session:
        embedded_shop.intake.live_items.refresh(session)
        fresh = LiveItems()
        fresh.refresh(session)
    assert take(embedded_shop, event("ann", "1", item_id="tea-1-large")).added == 1
    recent = embedded_shop.answers.profile(ProfileRequest(user_id="ann"), NOW).recent
    assert [one.item_id for one in recent] == ["tea-1"]
    assert fresh.variants == {"tea-1-large": "tea-1"}
