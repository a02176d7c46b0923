"""Variants of one character are one, letters that differ stay apart."""

import pytest

from recommender.search.text.normalization import fold, to_plain
from tests.support.shops.goods import ids, shop_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("無線充電器", "无线充电器"),
        ("手機殼", "手机壳"),
        ("裏面 裡面", "里面 里面"),
        ("爲什麼", "为什么"),
        ("衞生紙 線上", "卫生纸 线上"),
        ("ＡＢＣ１２", "abc12"),
        ("ｶﾞﾗｽ", "ガラス"),
        ("りんご", "リンゴ"),
        ("Straße", "strasse"),
        ("ISTANBUL İzmir ığdır", "istanbul izmir igdir"),
        ("Æther œuvre Łódź smørrebrød", "aether oeuvre lodz smorrebrod"),
        ("Crème Brûlée’s", "creme brulees"),
        ("ёлка", "елка"),
        ("أحمد كِتَاب", "احمد كتاب"),
        ("کیک", "كيك"),
        ("१२ ١٢ １２", "12 12 12"),
        ("㎏ ㎖ ﬁne", "kg ml fine"),
        ("1½ ½", "1 1/2 1/2"),
        ("m² 10²", "m2 10 2"),
        ("ﾊﾟﾝ", "パン"),
        ("⼀", "一"),
    ],
)
def test_variants_are_one(one: str, other: str) -> None:
    assert fold(one) == fold(other) == fold(fold(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [("が", "か"), ("ガラス", "カラス"), ("ぱん", "はん"), ("ไม้", "ไม"), ("की", "का"), ("क्ष", "कष"), ("日", "曰")],
)
def test_letters_that_differ_stay_apart(one: str, other: str) -> None:
    assert fold(one) != fold(other)


def test_the_encoder_reads_the_script_that_was_written() -> None:
    assert to_plain("無線 ＴＥＡ") == "無線 tea"


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("無線充電器", "charger"),
        ("无线滑鼠", "mouse"),
        ("手機殼", "case"),
        ("からす", "crow"),
        ("ガラス", "glass"),
        ("ＳＴＲＡＳＳＥ", "map"),
    ],
)
def test_goods_are_found_in_whichever_characters(query: str, first: str) -> None:
    goods = {"charger": "无线充电器", "mouse": "無線滑鼠", "case": "硅胶手机壳", "film": "小米14Pro钢化膜"}
    goods |= {"crow": "カラス", "glass": "がらす", "map": "Straße"}
    assert ids(shop_of(goods), query)[0] == first
