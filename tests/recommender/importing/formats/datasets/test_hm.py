"""H&M's articles and sales, a row for each piece."""

from pathlib import Path

from recommender.importing.column_names import EVENT_TYPE_NAMES
from recommender.importing.folder import Reading
from recommender.importing.sources import run_folder
from recommender.settings import Settings
from tests.support.shops.files import table, write

ARTICLES = """\
article_id,product_code,prod_name,product_type_no,product_type_name,product_group_name,index_group_name,detail_desc
0108775015,0108775,Strap top,253,Vest top,Garment Upper body,Ladieswear,Jersey top with narrow straps.
"""
SALES = """\
t_dat,customer_id,article_id,price,sales_channel_id
2018-09-20,c1,0108775015,0.05,2
2018-09-20,c1,0108775015,0.05,2
2018-09-20,c1,0108775015,0.05,2
2018-09-21,c1,0108775015,0.05,2
"""


def test_pieces_of_hm_are_counted_however_the_file_is_cut(home: Settings, migrated: None, tmp_path: Path) -> None:
    for batch in (1, 2, 100):
        reading = Reading({}, EVENT_TYPE_NAMES, batch=batch)
        folder = write(tmp_path, articles__csv=ARTICLES, transactions_train__csv=SALES)
        summary = run_folder(folder, reading, again=True)
        found = table("events", "time", "item_id", "quantity", "value")
        assert [row[1:] for row in found] == [("0108775015", 3.0, 0.15000000000000002), ("0108775015", None, 0.05)]
        assert any("2 rows repeat a purchase" in note for note in summary.notes)
    assert table("items", "item_id", "title", "categories") == [
        ("0108775015", "Strap top", ["Ladieswear", "Garment Upper body", "Vest top"])
    ]
