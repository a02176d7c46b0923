"""The demo's shop: readable names, and its tables."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from recommender.db.engine import get_engine
from recommender.db.tables import Base
from recommender.importing import demo
from recommender.importing.grocery_names import readable, title_of
from recommender.importing.pipeline import Job
from recommender.importing.sources import import_source, run_demo
from recommender.settings import Settings
from tests.support.shops.files import table

FIRST_DAY = datetime(2017, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("till", "name"),
    [
        ("FRZN ICE", "Frozen Ice"),
        ("ICE - CRUSHED/CUBED", "Ice - Crushed/Cubed"),
        ("PNT BTR/JELLY/JAMS", "Peanut Butter/Jelly/Jams"),
        ("GREETING CARDS/WRAP/PARTY SPLY", "Greeting Cards/Wrap/Party Supplies"),
        ("CRANBERRY JUICE (OVER", "Cranberry Juice"),
        ("BBQ SAUCE AND DIPS", "BBQ Sauce and Dips"),
        ("SW GDS:DONUTS", "Sweet Goods: Donuts"),
        ("", ""),
    ],
)
def test_the_tills_names_become_readable(till: str, name: str) -> None:
    assert readable(till) == name


def test_titles_tell_the_size_a_shopper_buys() -> None:
    assert title_of("GROCERY", "FRZN ICE", "ICE - CRUSHED/CUBED", "22 LB") == "Ice - Crushed/Cubed, 22 lb"
    assert title_of("PRODUCE", "TROPICAL FRUIT", "BANANAS", "40 LB") == "Bananas"
    assert title_of("MISCELLANEOUS", None, None, None) == "Miscellaneous, various"


def test_a_year_of_shopping(migrated: None) -> None:
    until = FIRST_DAY + timedelta(days=14)
    first = run_demo(shift_days=14, until=until)
    added = {file.source.split("/")[1]: file.written.added for file in first.files}
    assert added["products"] == 92_331
    assert added["demographics"] == 2_469
    assert added["transactions"] + first.rejected == _bought_before(FIRST_DAY) > 1_000
    events = table("events", "event_id", "time", "value", "quantity", "session_id")
    assert events[0][0].startswith("cj-")
    assert all(until - timedelta(days=1) <= event[1] < until for event in events)
    ice = [row for row in table("items", "item_id", "title", "categories", "brand") if row[0] == "25671"]
    assert ice == [("25671", "Ice - Crushed/Cubed, 22 lb", ["Grocery", "Frozen Ice"], "National")]
    assert len({row[0] for row in table("items", "content_hash")}) < 18_000
    counts = {name: len(table(name, "campaign_id")) for name in ("campaigns", "campaign_members", "coupons")}
    assert counts == {"campaigns": 27, "campaign_members": 6_589, "coupons": 111_316}
    kinds = [row[0] for row in table("items", "kind")]
    assert (kinds.count("article"), kinds.count("video")) == (16, 4)
    assert {row[0] for row in table("faq", "language")} == {"en", "zh"}
    _a_second_run_adds_nothing_and_keeps_the_shift(until)


def _bought_before(moment: datetime) -> int:
    bought = pl.read_parquet(demo.data_folder() / "transactions.parquet", columns=["transaction_timestamp"])
    return bought.filter(pl.col("transaction_timestamp") < moment.replace(tzinfo=None)).height


def _a_second_run_adds_nothing_and_keeps_the_shift(until: datetime) -> None:
    again = import_source("demo", shift_days=21, until=f"{until:%Y-%m-%d}")
    assert (again["added"], again["updated"], again["rejected"]) == (0, 0, 0)
    assert again["notes"] == ["the demo's data is here already, moved by 14 days: it stays so"]


def test_events_keep_their_ids_whatever_the_shift() -> None:
    here, there = (next(iter(_events(shift).batches(0))).good.head(5) for shift in (0, 7))
    assert here["event_id"].to_list() == there["event_id"].to_list()
    assert (there["time"] - here["time"]).unique().to_list() == [timedelta(days=7)]


def _events(shift: int) -> Job:
    return demo.jobs(demo.DemoOptions(shift))[-1]


def test_campaigns_are_kept_on_both_databases(database: Settings) -> None:
    named = ("campaign_descriptions", "campaigns", "coupon_redemptions")
    jobs = [job for job in demo.jobs(demo.DemoOptions()) if job.source.split("/")[1] in named]
    users = [{"user_id": str(number), "attributes": {}, "consent": True} for number in range(1, 2_501)]
    with get_engine().begin() as connection:
        connection.execute(Base.metadata.tables["users"].insert(), users)
        for job in jobs:
            for batch in job.batches(0):
                assert job.write(connection, batch.good).written.added == batch.taken
