"""A small catalogue for wishes: groceries, beauty and clothes, in English or Chinese, with colours and prices."""

from functools import lru_cache

import orjson
import polars as pl

from recommender.data.catalog import SCHEMA
from recommender.search.search_index import SearchIndex, searched_text
from recommender.steering.reading.lookup import CatalogueTerms
from recommender.steering.reading.vocabulary import Vocabulary

Goods = tuple[str, str, str, float, dict[str, str]]  # title, path, brand, price, attributes
ENGLISH: tuple[Goods, ...] = (
    ("Dog food with beef, 5 lb", "Grocery>Dog Foods", "Lark", 6.0, {}),
    ("Dog food with fish, 5 lb", "Grocery>Dog Foods", "Heron", 4.0, {}),
    ("Dog food with chicken, 5 lb", "Grocery>Dog Foods", "Wren", 3.0, {}),
    ("Hot dogs, 8 ct", "Packaged Meat>Hot Dogs", "Lark", 2.5, {}),
    ("Cat food with fish", "Grocery>Cat Food", "Lark", 2.0, {}),
    ("Peanut butter cookies", "Grocery>Cookies/Cones", "Heron", 3.0, {}),
    ("Chocolate chip cookies", "Pastry>Cookies", "Lark", 4.0, {}),
    ("Chocolate candy", "Drugstore>Candy - Packaged", "Wren", 1.0, {}),
    ("Sugar-free candy", "Drugstore>Candy - Packaged", "Lark", 2.0, {}),
    ("Cheddar cheese", "Grocery>Cheese", "Heron", 5.0, {}),
    ("Cheese crackers", "Grocery>Crackers", "Heron", 2.0, {}),
    ("Vegan burger", "Nutrition>Frozen", "Wren", 7.0, {}),
    ("Baby carrots", "Produce>Carrots", "Wren", 1.5, {}),
    ("Baby food, peas", "Drugstore>Baby Foods", "Lark", 1.0, {}),
    ("Baby lotion", "Drugstore>Baby Health & Beauty", "Heron", 4.0, {}),
    ("Diapers", "Drugstore>Diapers & Disposables", "Heron", 14.0, {}),
    ("Teddy bear", "Drugstore>Toys and Games", "Wren", 12.0, {}),
    ("Green tea", "Grocery>Teas", "Burt's Bees", 3.0, {}),
    ("Red shoes", "Footwear>Shoes>Sports Shoes", "Clear", 50.0, {"gender": "Women", "colour": "Red"}),
    ("Blue shoes", "Footwear>Shoes>Casual Shoes", "Clear", 40.0, {"gender": "Men", "colour": "Blue"}),
    ("Clear nail polish", "Beauty>Nail Polish", "OPI", 8.0, {"colour": "None"}),
    ("Clear lip gloss", "Beauty>Lip Glosses", "OPI", 6.0, {}),
    ("Clear top coat", "Beauty>Nail Polish", "Lark", 6.0, {}),
)
CHINESE: tuple[Goods, ...] = (
    ("鸡肉狗粮", "宠物>狗粮", "云雀", 60.0, {}),
    ("深海鱼狗粮", "宠物>狗粮", "苍鹭", 20.0, {}),
    ("婴儿辅食", "母婴>婴儿食品", "云雀", 30.0, {}),
    ("龙井绿茶", "饮料>茶", "苍鹭", 15.0, {}),
)


CATALOGUES = {"english": ENGLISH, "chinese": CHINESE}


@lru_cache
def wish_index(name: str = "english") -> SearchIndex:
    """The search index of a catalogue; ids are `i0`, `i1`, ... in its order."""
    rows = [_row(place, *one) for place, one in enumerate(CATALOGUES[name])]
    return SearchIndex(pl.DataFrame(rows, schema={**SCHEMA, "searched": pl.String, "attributes": pl.String}))


def _row(place: int, title: str, path: str, brand: str, price: float, attributes: dict[str, str]) -> dict[str, object]:
    categories = path.split(">")
    return {
        **dict.fromkeys(SCHEMA),
        "item_id": f"i{place}",
        "title": title,
        "categories": categories,
        "brand": brand,
        "price": price,
        "kind": "product",
        "content_hash": title,
        "searched": searched_text(title, "", brand, categories, attributes),
        "attributes": orjson.dumps(attributes).decode(),
    }


@lru_cache
def wish_vocabulary(name: str = "english") -> Vocabulary:
    return Vocabulary(wish_index(name))


def knowing(goods: str = "english", usual_brands: tuple[str, ...] = (), words: str = "") -> CatalogueTerms:
    """What helps to read a wish; the encoder knows these `words`."""
    return CatalogueTerms(wish_vocabulary(goods), frozenset(words.split()).__contains__, usual_brands=usual_brands)
