"""A renamed or merged item keeps its past: what shoppers did with its former id counts for it, then and from now on."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from recommender.db.engine import session_scope
from recommender.db.tables import Announcement, Event, Item
from recommender.importing.sources import import_source
from recommender.store.deliveries import EVENTS, announce_events
from recommender.store.identity.item_aliases import find_aliases
from recommender.store.queries import load_history
from services.container import Shop
from services.core.errors import Problem
from services.schemas.profile import ProfileRequest
from tests.services.conftest import Served
from tests.services.events.test_event_ids import event, take

NOW = datetime(2026, 5, 2, tzinfo=UTC)


def put(shop: Shop, item_id: str, *aliases: str) -> tuple[int, int]:
    told = shop.catalogue.put_aliases(item_id, aliases, NOW)
    return told.events, told.retired


def counts(*item_ids: str) -> list[int]:
    with session_scope() as session:
        each: Iterable[int | None] = (
            session.scalar(select(func.count()).where(Event.item_id == one)) for one in item_ids
        )
        return [one or 0 for one in each]


def test_a_renamed_item_keeps_its_past(served: Served) -> None:
    bought = [{"event_id": "a-1", "user_id": "aliases", "item_id": "baby-9", "event_type": "purchase"}]
    assert served.post("/events", events=bought).status_code == 200
    served.send("PUT", "/items", items=[{"item_id": "baby-new", "title": "Baby lotion", "price": 9}])
    answer = served.send("PUT", "/items/baby-new/aliases", aliases=["baby-9"])
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["item_id"], told["aliases"], told["retired"]) == ("baby-new", ["baby-9"], 1)
    assert told["events"] > 1
    again = [{"event_id": "a-2", "user_id": "aliases", "item_id": "baby-9", "event_type": "view"}]
    assert served.post("/events", events=[*bought, *again]).json()["duplicates"] == 1  # under its former id
    recent = served.post("/profile", user_id="aliases").json()["recent"]
    assert [one["item_id"] for one in recent] == ["baby-new", "baby-new"]
    refused = served.send("PUT", "/items", items=[{"item_id": "baby-9", "title": "Again"}]).json()["rejected"]
    assert [(row["item_id"], row["field"]) for row in refused] == [("baby-9", "item_id")]
    for item_id, aliases, status, field in (
        ("none", ["a"], 404, "item_id"),
        ("baby-new", ["baby-new"], 422, "aliases[0]"),
        ("baby-8", ["x", "baby-9"], 422, "aliases[1]"),
        ("baby-9", ["y"], 422, "aliases[0]"),
        ("baby-new", [""], 400, "aliases[0]"),
    ):
        answer = served.send("PUT", f"/items/{item_id}/aliases", aliases=aliases)
        assert (answer.status_code, answer.json()["error"]["field"]) == (status, field)


def test_two_items_are_merged_and_merged_again(shop: Shop) -> None:
    first, second, third = counts("tea-1", "tea-2", "tea-3")
    assert put(shop, "tea-2", "tea-1") == (first, 1)
    assert put(shop, "tea-3", "tea-2", "never-seen") == (first + second, 1)
    assert put(shop, "tea-3", "tea-2", "never-seen") == (0, 0)
    assert counts("tea-1", "tea-2", "tea-3") == [0, 0, first + second + third]
    with session_scope() as session:
        assert session.get_one(Item, "tea-1").retired
        assert find_aliases(session.connection(), ["tea-1", "tea-3"]) == {"tea-1": "tea-3"}  # by way of tea-2
        held = load_history(session, "u0").item_ids
    assert "tea-1" not in held
    assert "tea-2" not in held
    assert take(shop, event("u0", "after", item_id="tea-1")).added == 1
    recent = shop.answers.profile(ProfileRequest(user_id="u0"), datetime.now(UTC)).recent
    assert recent[0].item_id == "tea-3"
    shop.catalogue.put_aliases("tea-3", (), NOW)  # what is left out is an alias no more, and the past stays
    assert counts("tea-3") == [first + second + third + 1]
    assert shop.catalogue.put_items([{"item_id": "tea-2", "title": "Back"}], NOW).rejected == []


def test_an_import_and_features_go_by_it(shop: Shop, tmp_path: Path) -> None:
    announce_events()
    with session_scope() as session:
        earliest = session.scalar(select(func.min(Event.time)).where(Event.item_id == "pets-1"))
    put(shop, "pets-2", "pets-1")
    (tmp_path / "events.csv").write_text("event_id,user_id,item_id,event_type,time\ni-1,ann,pets-1,view,2026-04-01\n")
    (tmp_path / "items.csv").write_text("item_id,title\npets-1,Old name\npets-2,Cat food\n")
    import_source("csv", folder=str(tmp_path))
    assert counts("pets-1") == [0]
    with session_scope() as session:
        assert session.get_one(Item, "pets-1").retired
        rows = session.scalars(
            select(Announcement).where(Announcement.subject == EVENTS).order_by(Announcement.id)
        ).all()
        assert [row.start for row in rows][1:] == [earliest]
        assert rows[1].details == rows[0].details
        assert session.scalars(select(Event.item_id).where(Event.event_id == "i-1")).one() == "pets-2"


def test_a_worker_that_has_not_looked_yet_takes_events_of_an_alias(shop: Shop) -> None:
    shop.catalogue.put_aliases("tea-4", ("gone-before",), NOW)
    assert take(shop, event("late", "1", item_id="gone-before")).added == 1
    assert shop.intake.live_items.aliases == {"gone-before": "tea-4"}
    with pytest.raises(Problem):
        take(shop, event("late", "2", item_id="gone-after"))
    assert counts("tea-4")[0] > 0
