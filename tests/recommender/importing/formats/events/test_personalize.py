"""Amazon Personalize's data sets."""

from pathlib import Path

from recommender.importing.sources import run_folder
from recommender.settings import Settings
from tests.support.shops.files import table, write


def test_personalize(home: Settings, migrated: None, tmp_path: Path) -> None:
    items = "ITEM_ID,CATEGORY_L1,CATEGORY_L2,PRICE,CREATION_TIMESTAMP\ntea,Drinks,Tea,4.5,1700000000\n"
    events = "USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE,EVENT_VALUE,IMPRESSION\nann,tea,1767261600,purchase,4.5,tea|cup\n"
    summary = run_folder(write(tmp_path, items__csv=items, interactions__csv=events))
    assert table("items", "item_id", "categories", "price") == [("tea", ["Drinks", "Tea"], 4.5)]
    assert table("events", "user_id", "item_id", "value") == [("ann", "tea", 4.5)]
    assert any("IMPRESSION" in note for note in summary.notes)
