"""REES46's events: a catalogue made of what they say."""

from pathlib import Path

from recommender.importing.sources import run_folder
from recommender.settings import Settings
from tests.support.shops.files import rejected, table, write

REES46 = """\
event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session
2019-10-01 00:00:00 UTC,view,100,2053,appliances.kitchen.kettle,acme,33.20,1,s-1
2019-10-01 00:00:05 UTC,cart,100,2053,appliances.kitchen.kettle,acme,33.20,1,s-1
2019-10-01 00:00:07 UTC,remove_from_cart,100,2053,appliances.kitchen.kettle,acme,33.20,1,s-1
2019-10-01 00:00:09 UTC,purchase,200,2054,,,5.00,1,s-1
"""


def test_rees46(home: Settings, migrated: None, tmp_path: Path) -> None:
    run_folder(write(tmp_path, x2019_Oct__csv=REES46))
    assert rejected() == []
    assert table("items", "item_id", "title", "categories") == [
        ("100", "acme kettle", ["appliances", "kitchen", "kettle"]),
        ("200", "200", []),
    ]
    assert [row[1] for row in table("events", "time", "event_type")] == ["view", "cart", "removal", "purchase"]
