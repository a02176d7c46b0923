"""Former ids of items: events move to the item, chains lead to its end, and what can't be an alias is refused."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from recommender.db.tables import Announcement, Event, Item, ItemAlias
from recommender.store.deliveries import EVENTS, announce
from recommender.store.identity import item_aliases
from recommender.store.identity.item_aliases import Merged, UnusableAlias, find_aliases, put_aliases

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def shop(session: Session) -> Session:
    """Three items, and events of the ids they had before."""
    session.add_all(Item(item_id=one, title=one, content_hash=one, updated_at=NOW) for one in ("tea", "cup", "tea-old"))
    for place, (user, item) in enumerate((("ann", "tea-old"), ("bob", "tea-old"), (None, "t1"), ("ann", "cup"))):
        when = NOW - timedelta(days=9 - place)
        session.add(Event(event_id=f"e{place}", user_id=user, item_id=item, event_type="view", time=when))
    session.flush()
    return session


def items_of(session: Session) -> dict[str, str | None]:
    session.expire_all()
    return {one.event_id: one.item_id for one in session.scalars(select(Event))}


def test_what_was_done_under_a_former_id_becomes_the_items(shop: Session) -> None:
    announce(shop, EVENTS, NOW - timedelta(days=20), NOW, {})
    assert put_aliases(shop, "tea", ["tea-old", "t1", "tea-old"], NOW) == Merged(3, frozenset({"ann", "bob"}), 1)
    assert items_of(shop) == {"e0": "tea", "e1": "tea", "e2": "tea", "e3": "cup"}
    assert find_aliases(shop.connection()) == {"tea-old": "tea", "t1": "tea"}
    assert shop.get_one(Item, "tea-old").retired
    assert not shop.get_one(Item, "tea").retired
    again = shop.scalars(select(Announcement).order_by(Announcement.id.desc())).first()
    assert again is not None
    assert (again.start, again.end) == (NOW - timedelta(days=9), NOW), "features are counted anew from there"
    assert put_aliases(shop, "tea", ["tea-old", "t1"], NOW) == Merged(0, frozenset(), 0)


def test_an_alias_that_is_left_out_is_one_no_more_and_its_events_stay(shop: Session) -> None:
    put_aliases(shop, "tea", ["tea-old", "t1"], NOW)
    put_aliases(shop, "tea", ["t2"], NOW)
    assert find_aliases(shop.connection()) == {"t2": "tea"}
    assert items_of(shop)["e0"] == "tea"
    put_aliases(shop, "tea", [], NOW)
    assert find_aliases(shop.connection()) == {}


def test_aliases_of_an_item_that_became_one_lead_to_the_last(shop: Session) -> None:
    put_aliases(shop, "tea-old", ["t1"], NOW)
    put_aliases(shop, "tea", ["tea-old"], NOW)
    assert find_aliases(shop.connection(), ["t1", "tea-old", "tea", "gone"]) == {"t1": "tea", "tea-old": "tea"}
    assert find_aliases(shop.connection()) == {"t1": "tea", "tea-old": "tea"}
    assert find_aliases(shop.connection(), []) == {}


@pytest.mark.parametrize(
    ("item", "aliases", "place", "message"),
    [
        ("tea", ["t1", "tea"], 1, "the item's own id"),
        ("cup", ["c", "t9"], 1, "an alias of 'tea'"),
        ("tea-old", ["x"], 0, "'tea-old' is itself an alias, of 'tea'"),
    ],
)
def test_what_cannot_be_an_alias_is_refused_and_nothing_changes(
    shop: Session, item: str, aliases: list[str], place: int, message: str
) -> None:
    put_aliases(shop, "tea", ["tea-old", "t9"], NOW)
    before = (find_aliases(shop.connection()), items_of(shop))
    with pytest.raises(UnusableAlias, match=message) as refused:
        put_aliases(shop, item, aliases, NOW)
    assert refused.value.place == place
    assert (find_aliases(shop.connection()), items_of(shop)) == before


def test_an_unknown_item_has_no_aliases(shop: Session) -> None:
    with pytest.raises(LookupError, match="gone"):
        put_aliases(shop, "gone", ["t1"], NOW)


def test_many_ids_are_looked_for_in_parts(shop: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(item_aliases, "IDS_A_QUERY", 2)
    shop.add_all(ItemAlias(alias=f"a{place}", item_id="tea", created_at=NOW) for place in range(5))
    shop.flush()
    found = find_aliases(shop.connection(), [f"a{place}" for place in range(7)])
    assert found == {f"a{place}": "tea" for place in range(5)}
