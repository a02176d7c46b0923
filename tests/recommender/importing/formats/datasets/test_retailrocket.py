"""Retailrocket's events, properties and tree of categories."""

from pathlib import Path

from recommender.importing.sources import run_folder
from recommender.settings import Settings
from tests.support.shops.files import table, write


def test_retailrocket(home: Settings, migrated: None, tmp_path: Path) -> None:
    files = {
        "events__csv": "timestamp,visitorid,event,itemid,transactionid\n"
        "1433221332117,257597,view,10,\n1433221999000,257597,transaction,10,77\n",
        "item_properties_part1__csv": "timestamp,itemid,property,value\n"
        "1435460400000,10,categoryid,1338\n1435460400000,10,888,n277.200 960601\n1435460400000,11,available,1\n",
        "item_properties_part2__csv": "timestamp,itemid,property,value\n"
        "1439694000000,10,categoryid,1339\n1439694000000,11,available,0\n",
        "category_tree__csv": "categoryid,parentid\n1,\n1339,1\n1338,1\n",
    }
    summary = run_folder(write(tmp_path / "shop", **files))
    assert table("items", "item_id", "categories", "availability") == [
        ("10", ["category 1", "category 1339"], None),
        ("11", [], "out_of_stock"),
    ]
    assert table("events", "event_type", "session_id") == [("purchase", "77"), ("view", None)]
    assert not any("was not read" in note for note in summary.notes)
