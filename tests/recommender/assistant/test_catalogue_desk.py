"""How many pieces a question asks for, and of what."""

import pytest

from recommender.assistant.catalogue_desk import split_count


@pytest.mark.parametrize(
    ("query", "left", "count"),
    [
        ("2 oat milk", "oat milk", 2),
        ("two of oat milk", "oat milk", 2),
        ("3x oat milk", "oat milk", 3),
        ("2 xylitol gums", "xylitol gums", 2),
        ("12 eggs", "eggs", 12),
        ("2包牛奶", "牛奶", 2),
        ("两瓶 酱油", "酱油", 2),
        ("2牛奶", "牛奶", 2),
        ("三个苹果", "苹果", 3),
    ],
)
def test_a_number_before_the_goods_is_how_many(query: str, left: str, count: int) -> None:
    assert split_count([query]) == ((left,), count)


@pytest.mark.parametrize(
    "query",
    [
        "0 oat milk",
        "2% milk",
        "1.5 l cola",
        "2 l cola",
        "12 oz biscuits",
        "2  oz bar",
        "2 x 500 ml milk",
        "500 ml cola",
        "100 eggs",
        "三文鱼",
        "twotone mug",
        "milk",
        "",
    ],
)
def test_a_number_that_belongs_to_the_goods_stays(query: str) -> None:
    assert split_count([query]) == ((query,), 1)


def test_each_way_to_read_the_question_loses_its_number() -> None:
    assert split_count(["2 oat milk", "oat milk", "2 milk"]) == (("oat milk", "oat milk", "milk"), 2)
