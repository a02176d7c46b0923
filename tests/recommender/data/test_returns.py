"""Purchases that came back: which leave, on their way through import, profile, log and counts."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from features.building.pipeline import build_features
from features.offline import read_events, read_view
from recommender.assistant.order_answers import purchases
from recommender.data.returns import returned_places, without_returned
from recommender.db.engine import session_scope
from recommender.db.tables import EVENT_TYPES
from recommender.importing.column_names import EVENT_TYPE_NAMES
from recommender.importing.folder import Reading
from recommender.importing.sources import run_folder
from recommender.settings import Settings
from recommender.store.queries import add_events, load_histories, load_history
from tests.support.servers.databases import install_tables
from tests.support.shops import behaviour_log as log
from tests.support.shops.files import rejected, write

NOW = datetime(2026, 5, 1, tzinfo=UTC)
ITEMS = "item_id,title\ntea,Green tea\ncup,Cup\n"


@pytest.mark.parametrize(
    ("deals", "gone"),
    [
        ([("purchase", 6.0, None), ("return", 6.0, None)], [0]),
        ([("purchase", 6.0, None), ("return", 2.0, None)], []),
        ([("purchase", 6.0, None), ("return", 2.0, None), ("return", 4.0, None)], [0]),
        ([("purchase", None, 9.0), ("return", None, None)], [0]),
        ([("purchase", 1.0, 20.0), ("return", None, 5.0)], []),
        ([("purchase", 1.0, 20.0), ("return", None, 20.0)], [0]),
        ([("purchase", 1.0, None), ("purchase", 1.0, None), ("return", 1.0, None)], [1]),
        ([("purchase", 1.0, None), ("purchase", 2.0, None), ("return", 3.0, None)], [1, 0]),
        ([("return", 1.0, None), ("purchase", 1.0, None)], []),
    ],
)
def test_a_return_takes_back_the_latest_purchases_before_it(deals: list[Any], gone: list[int]) -> None:
    assert returned_places(deals) == gone


def row(
    event_id: str, kind: str, hours: int, item: str = "tea", user: str | None = "ann", **more: Any
) -> dict[str, Any]:
    plain = {"session_id": None if user else "visit", "value": 4.0, "quantity": None, "text": None, "confirmed": True}
    own = {"event_id": event_id, "user_id": user, "item_id": item, "event_type": kind}
    return plain | own | {"time": NOW + timedelta(hours=hours)} | more


DEALS = [
    row("1", "purchase", 0),
    row("2", "view", 1),
    row("3", "purchase", 2, "cup"),
    row("0", "return", 2, "cup"),  # at the same moment, and before its purchase in the order of ids
    row("5", "return", 3, "cup", "bob"),
    row("6", "purchase", 4, user="bob"),
    row("7", "purchase", 4, user=None),
    row("8", "return", 5, user=None),
]


def test_histories_and_orders_are_without_what_came_back(database: Settings) -> None:
    with session_scope() as session:
        add_events(session, [*DEALS, row("9", "purchase", 6, user="bob", confirmed=False, value=900.0)])
        assert load_history(session, "ann").event_ids.tolist() == ["1", "2"]
        assert load_history(session, "ann", NOW + timedelta(hours=2)).event_ids.tolist() == ["1", "2"]
        found = load_histories(session, ["ann", "bob"])
        assert found["ann"].event_ids.tolist() == ["1", "2"]
        claimed = found["bob"]
        assert [EVENT_TYPES[code] for code in claimed.event_types] == ["purchase", "cart"], "a claim is a basket"
        assert claimed.values.tolist()[0] == 4.0
        assert not claimed.values[1] >= 0
        assert [one.event_id for one in purchases(session, "ann", str)] == ["1"]
        assert [one.event_id for one in purchases(session, "bob", str)] == ["6"]


def test_a_frame_is_read_without_what_came_back() -> None:
    left = without_returned(pl.DataFrame(DEALS, infer_schema_length=None))
    assert sorted(left["event_id"]) == ["1", "2", "6"]
    assert left.columns == list(DEALS[0])


def test_a_day_of_the_features_knows_of_what_had_come_back_by_its_end(home: Settings) -> None:

    install_tables()
    log.add_items()
    item = log.ITEMS[0]
    log.add([log.event("b", "ann", log.at(1), quantity=2.0), log.event("other", "ann", log.at(2), log.ITEMS[1])])
    log.add([log.event("r", "ann", log.at(4), event_type="return", quantity=2.0)])
    build_features(log.at(0), log.at(6))
    users = read_view("user_behaviour", log.day(0), log.day(8)).sort("event_timestamp")
    counted = dict(zip(users["event_timestamp"].dt.date(), users["purchases_30d"], strict=True))
    assert counted[log.day(2)] == 1
    assert counted[log.day(3)] == 2, "it had not come back yet"
    in_one = read_view("user_behaviour", log.day(0), log.day(8))
    for number in range(6):  # a day at a time says the same as all at once
        build_features(log.at(number), log.at(number + 1))
    assert read_view("user_behaviour", log.day(0), log.day(8)).equals(in_one)
    assert item not in set(read_events(log.at(0), log.at(6))["item_id"])
    assert item in set(read_events(log.at(0), log.at(3))["item_id"])


HEAD = "event_id,user_id,item_id,event_type,quantity,value,time\n"
BOUGHT = "1,ann,tea,purchase,6,15,2026-05-01\n2,ann,cup,purchase,1,3,2026-05-01\n"


@pytest.mark.parametrize(
    "back",
    [
        "3,ann,tea,purchase,-6,15,2026-05-03\n",
        "3,ann,tea,purchase,-6,-15,2026-05-03\n",
        "3,ann,tea,purchase,,-15,2026-05-03\n",
        "3,ann,tea,refund,6,15,2026-05-03\n",
        "3,ann,tea,Return,,,2026-05-03\n",
        "3,ann,tea,order_cancelled,,,2026-05-03\n",
    ],
)
def test_a_return_in_a_file_takes_the_purchase_back(database: Settings, tmp_path: Path, back: str) -> None:
    types = {**EVENT_TYPE_NAMES, "ordercancelled": "return"}
    reading = Reading({}, types)
    summary = run_folder(write(tmp_path, items__csv=ITEMS, interactions__csv=HEAD + BOUGHT + back), reading)
    assert (summary.rejected, rejected()) == (0, [])
    with session_scope() as session:
        assert load_history(session, "ann").item_ids.tolist() == ["cup"]


def test_an_order_that_is_refunded_later_takes_back_what_it_brought_as_paid(database: Settings, tmp_path: Path) -> None:
    head = "Id,Name,Email,Financial Status,Created at,Lineitem quantity,Lineitem price,Lineitem sku,Cancelled at\n"
    names = {"event_id": "Id", "session_id": "Name", "user_id": "Email", "time": "Created at"}
    names |= {"quantity": "Lineitem quantity", "value": "Lineitem price", "item_id": "Lineitem sku"}
    reading = Reading(names, EVENT_TYPE_NAMES, "purchase")
    paid = "1,#1,ann,paid,2026-05-01,1,16,tea,\n2,#1,ann,,2026-05-01,1,20,cup,\n3,#2,bob,paid,2026-05-01,1,16,tea,\n"
    assert run_folder(write(tmp_path, items__csv=ITEMS, purchases__csv=head + paid), reading).rejected == 0
    refunded = paid.replace("ann,paid", "ann,refunded").replace("3,#2,bob,paid,2026-05-01,1,16,tea,", "")
    summary = run_folder(write(tmp_path, purchases__csv=head + refunded), reading)
    assert (summary.added, summary.rejected) == (2, 0)
    voided = run_folder(write(tmp_path, purchases__csv=head + "9,#3,eve,paid,2026-05-02,1,1,tea,2026-05-03\n"), reading)
    assert (voided.added, voided.rejected) == (1, 0)
    with session_scope() as session:
        bought = load_histories(session, ["ann", "bob", "eve"])
        assert {user: history.item_ids.tolist() for user, history in bought.items()} == {
            "ann": [],
            "bob": ["tea"],
            "eve": [],
        }
