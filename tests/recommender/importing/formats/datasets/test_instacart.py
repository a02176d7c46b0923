"""Instacart's orders, which have no dates."""

from pathlib import Path

from recommender.importing.sources import run_folder
from recommender.settings import Settings
from tests.support.shops.files import table, write


def test_instacart(home: Settings, migrated: None, tmp_path: Path) -> None:
    files = {
        "products__csv": "product_id,product_name,aisle_id,department_id\n1,Chocolate,61,19\n",
        "aisles__csv": "aisle_id,aisle\n61,cookies cakes\n",
        "departments__csv": "department_id,department\n19,snacks\n",
        "orders__csv": "order_id,user_id,eval_set,order_number,order_dow,order_hour_of_day,days_since_prior_order\n"
        "5,1,prior,1,2,08,\n6,1,prior,2,3,07,15.0\n",
    }
    folder = write(tmp_path, **files)
    rows = "order_id,product_id,add_to_cart_order,reordered\n5,1,1,0\n6,1,1,1\n"
    (folder / "order_products__prior.csv").write_text(rows)
    summary = run_folder(folder)
    assert table("items", "item_id", "title", "categories") == [("1", "Chocolate", ["snacks", "cookies cakes"])]
    found = table("events", "event_id", "user_id", "session_id", "time")
    assert [(*row[:3], row[3].isoformat()) for row in found] == [
        ("5-1", "1", "5", "2017-06-15T08:00:00+00:00"),
        ("6-1", "1", "6", "2017-06-30T07:00:00+00:00"),
    ]
    assert any("no dates" in note for note in summary.notes)
