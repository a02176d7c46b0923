"""Exports of Magento."""

from pathlib import Path

from recommender.importing.sources import run_folder
from recommender.settings import Settings
from tests.support.shops.files import rejected, table, write

MAGENTO = """\
sku,store_view_code,attribute_set_code,product_type,categories,name,description,product_online,visibility,price,\
special_price,special_price_from_date,special_price_to_date,base_image,additional_attributes,qty,is_in_stock,\
configurable_variations,url_key,cost
bag,,Bag,simple,"Default Category/Gear,Default Category/Gear/Bags",Bag,<p>Big</p>,1,"Catalog, Search",45.00,\
30,1/1/26,,/b/a/bag.jpg,"color=Blue,activity=Gym|Yoga,has_options=0",0,1,,bag,9
bag,de,Bag,simple,,Tasche,,,,,,,,,,,,,,
sale-over,,Bag,simple,Default Category/Sale,Old,,1,4,20,10,1/1/20,1/31/20,no_selection,,0,0,,old,
tee,,Top,configurable,Default Category/Men/Tees,Tee,,1,"Catalog, Search",,,,,/t/e/tee.jpg,,0,1,\
"sku=tee-s,size=S|sku=tee-m,size=M",tee,
tee-s,,Top,simple,Default Category/Men/Tees,Tee-S,,1,Not Visible Individually,18,,,,,,0,0,,tee-s,
tee-m,,Top,simple,Default Category/Men/Tees,Tee-M,,1,Not Visible Individually,20,,,,,,3,1,,tee-m,
off,,Top,simple,,Off,,2,"Catalog, Search",9,,,,,,5,1,,off,
"""


def test_magento(home: Settings, migrated: None, tmp_path: Path) -> None:
    summary = run_folder(write(tmp_path, catalog_product_20260101__csv=MAGENTO))
    assert rejected() == []
    found = table("items", "item_id", "title", "price", "hidden", "availability")
    assert found == [
        ("bag", "Bag", 30.0, False, "in_stock"),
        ("off", "Off", 9.0, True, "in_stock"),
        ("sale-over", "Old", 20.0, False, "out_of_stock"),
        ("tee", "Tee", 20.0, False, "in_stock"),
    ]
    texts = {row[0]: row[1:] for row in table("items", "item_id", "categories", "image", "attributes")}
    assert texts["bag"][:2] == (["Gear", "Bags"], "/media/catalog/product/b/a/bag.jpg")
    assert texts["bag"][2] == {"color": "Blue", "activity": ["Gym", "Yoga"], "url": "bag"}
    assert texts["tee"][2]["variants"] == ["tee-s", "tee-m"]
    assert texts["sale-over"][1] == ""
    assert any("cost" in note for note in summary.notes)
