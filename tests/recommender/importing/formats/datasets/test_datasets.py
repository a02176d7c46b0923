"""Public data sets, each as small as it can be."""

from pathlib import Path

from recommender.importing.column_names import EVENT_TYPE_NAMES
from recommender.importing.folder import Reading
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


def test_rees46(home: Settings, migrated: None, tmp_path: Path) -> None:
    run_folder(write(tmp_path, x2019_Oct__csv=REES46))
    assert rejected() == []
    assert table("items", "item_id", "title", "categories") == [
        ("100", "acme kettle", ["appliances", "kitchen", "kettle"]),
        ("200", "200", []),
    ]
    assert [row[1] for row in table("events", "time", "event_type")] == ["view", "cart", "removal", "purchase"]


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


def test_movielens(home: Settings, migrated: None, tmp_path: Path) -> None:
    movies = 'movieId,title,genres\n1,Toy Story (1995),Adventure|Children\n2,"Nobody, The",(no genres listed)\n'
    ratings = "userId,movieId,rating,timestamp\n1,1,4.0,964982703\n"
    run_folder(write(tmp_path, movies__csv=movies, ratings__csv=ratings))
    assert table("items", "item_id", "title", "categories", "attributes") == [
        ("1", "Toy Story", ["Adventure"], {"genres": ["Adventure", "Children"], "year": "1995"}),
        ("2", "Nobody, The", [], {}),
    ]
    assert table("events", "event_type", "user_id", "item_id", "value") == [("rating", "1", "1", 4.0)]


def test_movielens_without_names_of_columns(home: Settings, migrated: None, tmp_path: Path) -> None:
    files = {"movies__dat": "1::Toy Story (1995)::Animation|Comedy\n", "ratings__dat": "7::1::5::978300760\n"}
    run_folder(write(tmp_path, **files, users__dat="7::F::25::10::48067\n"))
    assert table("items", "item_id", "title") == [("1", "Toy Story")]
    assert table("events", "user_id", "item_id", "value") == [("7", "1", 5.0)]
    assert table("users", "user_id", "attributes") == [("7", {"age": "25", "gender": "F", "occupation": "10"})]


def test_personalize(home: Settings, migrated: None, tmp_path: Path) -> None:
    items = "ITEM_ID,CATEGORY_L1,CATEGORY_L2,PRICE,CREATION_TIMESTAMP\ntea,Drinks,Tea,4.5,1700000000\n"
    events = "USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE,EVENT_VALUE,IMPRESSION\nann,tea,1767261600,purchase,4.5,tea|cup\n"
    summary = run_folder(write(tmp_path, items__csv=items, interactions__csv=events))
    assert table("items", "item_id", "categories", "price") == [("tea", ["Drinks", "Tea"], 4.5)]
    assert table("events", "user_id", "item_id", "value") == [("ann", "tea", 4.5)]
    assert any("IMPRESSION" in note for note in summary.notes)


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
