"""What is not wanted, and what a text says is not there."""

import pytest

from recommender.search.query_understanding import understand
from recommender.search.text.negation import read_polarity, wanted_text
from recommender.search.text.normalization import fold
from tests.support.shops.goods import ids, shop_of


@pytest.mark.parametrize(
    ("query", "said", "denied"),
    [
        ("coffee not decaf", "coffee", ["decaf"]),
        ("headphones -wireless", "headphones", ["wireless"]),
        ("headphones −wireless", "headphones", ["wireless"]),
        ("bread without nuts", "bread", ["nuts"]),
        ("bread without nuts or seeds with raisins", "bread with raisins", ["nuts", "seeds"]),
        ("no sugar cola", "cola", ["sugar"]),
        ("cola with no added sugar", "cola with", ["sugar"]),
        ("Sugar-Free cola", "cola", ["sugar"]),
        ("sugarfree cola", "cola", ["sugar"]),
        ("gluten free bread", "bread", ["gluten"]),
        ("milk free of lactose", "milk", ["lactose"]),
        ("spread free from gluten, nuts and soy", "spread", ["gluten", "nuts", "soy"]),
        ('tea -"earl grey"', "tea", ["earl grey"]),
        ("tea except earl grey", "tea", ["earl grey"]),
        ("phone other than apple", "phone", ["apple"]),
        ("non-alcoholic beer", "beer", ["alcoholic"]),
        ("I don't want decaf coffee", "i coffee", ["decaf"]),
        ("Milch ohne Zucker", "milch", ["zucker"]),
        ("zuckerfreie Cola", "cola", ["zucker"]),
        ("pain sans gluten", "pain", ["gluten"]),
        ("leche sin lactosa", "leche", ["lactosa"]),
        ("чай без сахара", "чаи", ["сахара"]),
        ("无糖可乐", "可乐", ["糖"]),
        ("無糖可樂", "可乐", ["糖"]),
        ("可乐 不要糖", "可乐", ["糖"]),
        ("不含坚果的面包", "面包", ["坚果"]),
        ("没有坚果和花生的面包", "面包", ["坚果", "花生"]),
        ("除了苹果的手机", "手机", ["苹果"]),
        ("砂糖なしコーヒー", "コーヒー", ["砂糖"]),
        ("설탕 없는 콜라", "콜라", ["설탕"]),
    ],
)
def test_a_query_is_parted_into_what_is_wanted_and_what_is_not(query: str, said: str, denied: list[str]) -> None:
    polarity = read_polarity(fold(query), is_query=True)
    assert (polarity.affirmed, list(polarity.denied)) == (said, denied)


@pytest.mark.parametrize(
    "query",
    [
        *("Chanel No 5", "No. 7 serum", "№ 5", "free shipping socks", "nike free 5.0", "not only tea", "freezer -20 C"),
        *("buy one get one free", "salt - pepper", "t-shirt", "x-ray", "nonna pasta", "carefree", "knot", "sinful"),
        *("无线耳机", "無線耳機", "无人机", "无花果干", "无印良品", "不锈钢锅", "非洲茶", "除湿机", "没药精油"),
    ],
)
def test_what_only_looks_like_a_denial_denies_nothing(query: str) -> None:
    assert read_polarity(fold(query), is_query=True).denied == ()
    assert wanted_text(query)


def test_a_text_is_read_by_the_same_rules_but_for_the_minus() -> None:
    def read(text: str) -> tuple[str, ...]:
        return read_polarity(fold(text)).denied

    assert read("Cola, no added sugar. Vegan.") == ("sugar",)
    assert read("Contains nuts. Does not contain gluten.") == ("gluten",)
    assert read("Made without artificial colours, flavours or preservatives") == (
        "artificial colours",
        "flavours",
        "preservatives",
    )
    assert read("Gluten- and dairy-free bread") == ("gluten", "dairy")
    assert read("Car charger; batteries not included") == ("batteries",)
    assert read("Apple -Red Delicious") == ()


def test_a_brand_is_nothing_that_a_thing_is_free_of() -> None:
    front = shop_of({"a": "Running shoe Free", "b": "Sandal"}, {"a": "Nike"})
    assert understand(front.index, "nike free").excluded == ()
    assert ids(front, "nike free")[0] == "a"


GOODS = {
    "cola": "Cola | With real sugar.",
    "cola-free": "Sugar-Free Cola",
    "cola-plain": "Cola Classic",
    "cola-zero": "Cola without sugar",
    "sweetener": "Brown Sugar",
    "wired": "HP-200 Wired Headphones | With a cable.",
    "wireless": "HP-220 Wireless Headphones | Wireless for 30 hours.",
    "walnut": "Walnut Bread | Contains nuts.",
    "rye": "Rye Bread | A dark loaf.",
    "beans": "Coffee beans",
    "decaf": "Coffee, decaffeinated",
    "ground": "Decaf coffee, ground",
    "mint": "Peppermint tea | With mint.",
    "pepper": "Pepper tea",
    "kola": "可乐 含糖",
    "kola-free": "无糖可乐",
    "sand": "冰糖可乐",
    "candy": "可乐味糖果",
    "nuts-zh": "坚果面包",
    "bread-zh": "全麦面包",
}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("cola no sugar", ["cola-free", "cola-plain", "cola-zero"]),
        ("sugar free cola", ["cola-free", "cola-plain", "cola-zero"]),
        ("cola -suger", ["cola-free", "cola-plain", "cola-zero"]),
        ("headphones not wireless", ["wired"]),
        ("headphones -wireless", ["wired"]),
        ("headphones except wired", ["wireless"]),
        ("bread without nuts", ["rye"]),
        ("coffee not decaf", ["beans"]),
        ("tea no pepper", ["mint"]),
        ("可乐 不含糖", ["candy", "kola-free"]),
        ("無糖可樂", ["candy", "kola-free"]),
        ("不要坚果的面包", ["bread-zh"]),
        ("sugar free", ["cola-free", "cola-zero"]),
        ("sugar", ["cola", "sweetener"]),
    ],
)
def test_what_is_not_wanted_is_not_found(query: str, found: list[str]) -> None:
    assert sorted(ids(shop_of(GOODS), query)) == sorted(found)


def test_what_says_that_it_is_without_comes_first() -> None:
    assert set(ids(shop_of(GOODS), "no sugar cola")[:2]) == {"cola-free", "cola-zero"}
    assert ids(shop_of(GOODS), "无糖可乐")[0] == "kola-free"


def test_the_encoder_reads_only_what_is_wanted() -> None:
    front = shop_of(GOODS)
    assert understand(front.index, "Coffee not decaf").text == "coffee"
    assert understand(front.index, "Black Coffee").text == "Black Coffee"
    assert understand(front.index, "no sugar").text == ""
    mended = understand(front.index, "cofee without sugr")
    assert (mended.text, mended.excluded, mended.corrected) == ("coffee", ("sugar",), "coffee -sugar")
    assert wanted_text("Tee ohne Zucker") == "tee"
    assert wanted_text("無線充電器") == "無線充電器"
