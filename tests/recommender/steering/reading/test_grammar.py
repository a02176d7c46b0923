"""What people wish is read as what they mean, in both languages; what nobody understands is told."""

import time

import pytest

from recommender.steering.constraints import Constraint, Understood
from recommender.steering.reading.grammar import understand
from tests.support.shops.wishes import knowing

SHOES = "Shoes|Casual Shoes|Sports Shoes"


def said(understood: Understood) -> set[tuple[object, ...]]:
    """Kind, whether it is wanted, and what it names."""
    return {brief(one) for one in understood.constraints}


def brief(one: Constraint) -> tuple[object, ...]:
    if one.kind == "price":
        return ("price", one.relation or (one.low, one.high))
    name = f"{one.name}:" if one.name else ""
    return (one.kind if one.wanted else f"not {one.kind}", f"{name}{'|'.join(one.values)}")


def read(wish: str, *, usual: tuple[str, ...] = (), words: str = "", goods: str = "english") -> Understood:
    return understand(wish, knowing(goods, usual, words))


@pytest.mark.parametrize(
    ("wish", "meant"),
    [
        (
            "something cheaper for my dog, no fish",
            {("price", "cheaper"), ("category", "Dog Foods"), ("not word", "fish")},
        ),
        ("dog food under $5", {("category", "Dog Foods"), ("price", (None, 5.0))}),
        ("dog food for five dollars or less", {("category", "Dog Foods"), ("price", (None, 5.0))}),
        ("cookies between 2 and 4 dollars", {("category", "Cookies/Cones|Cookies"), ("price", (2.0, 4.0))}),
        ("cookies, no peanut butter", {("category", "Cookies/Cones|Cookies"), ("not word", "peanut butter")}),
        ("chocolate cookies", {("word", "chocolate"), ("category", "Cookies/Cones|Cookies")}),
        ("sugar-free candy", {("not word", "sugar"), ("category", "Candy - Packaged")}),
        ("not too expensive cheese", {("price", "cheaper"), ("category", "Cheese")}),
        ("premium tea", {("price", "dearer"), ("category", "Teas")}),
        ("dog food or cat food", {("category", "Dog Foods|Cat Food")}),
        ("red or blue shoes", {("attribute", "colour:red|blue"), ("category", SHOES)}),
        ("sports shoes for women", {("category", "Sports Shoes"), ("attribute", "gender:women")}),
        ("shoes for my wife", {("category", SHOES), ("attribute", "gender:women")}),
        ("tea by Burt's Bees", {("category", "Teas"), ("brand", "Burt's Bees")}),
        ("nothing from Heron", {("not brand", "Heron")}),
        ("no dog food please", {("not category", "Dog Foods"), ("not word", "dog food")}),
        ("clear nail polish", {("word", "clear"), ("category", "Nail Polish")}),
        ("shoes from the brand Clear", {("category", SHOES), ("brand", "Clear")}),
        ("choclate cookies", {("word", "chocolate"), ("category", "Cookies/Cones|Cookies")}),
    ],
)
def test_a_wish_is_what_it_says_of_the_catalogue(wish: str, meant: set[tuple[object, ...]]) -> None:
    understood = read(wish)
    assert said(understood) == meant
    assert understood.not_understood == ()


@pytest.mark.parametrize(
    ("wish", "meant"),
    [
        ("给我的狗找点便宜的，不要鱼", {("price", "cheaper"), ("category", "Dog Foods"), ("not word", "fish")}),
        ("不超过5元的狗粮", {("price", (None, 5.0)), ("category", "Dog Foods")}),
        ("二十元以内的饼干", {("price", (None, 20.0)), ("category", "Cookies/Cones|Cookies")}),
        ("女式红色运动鞋", {("attribute", "gender:women"), ("attribute", "colour:red"), ("category", "Sports Shoes")}),
        ("我不吃鱼了", {("not word", "fish")}),
        ("对花生酱过敏，想要饼干", {("not word", "peanut butter"), ("category", "Cookies/Cones|Cookies")}),
    ],
)
def test_chinese_wishes_find_an_english_catalogue(wish: str, meant: set[tuple[object, ...]]) -> None:
    understood = read(wish)
    assert said(understood) == meant
    assert understood.not_understood == ()


@pytest.mark.parametrize("wish", ["something cheaper for my dog, no fish", "给狗买便宜点的狗粮，不要鱼"])
def test_a_chinese_catalogue_is_found_in_both_languages(wish: str) -> None:
    assert said(read(wish, goods="chinese")) == {("price", "cheaper"), ("category", "狗粮"), ("not word", "鱼")}


def test_stop_showing_means_the_categories_and_not_the_carrots() -> None:
    for wish in ("stop showing me baby things", "别再给我推荐婴儿用品了"):
        assert said(read(wish)) == {("not category", "Baby Foods|Baby Health & Beauty")}, wish


def test_these_brands_are_the_shopper_s_usual_ones() -> None:
    for wish in ("not these brands any more", "stop showing me these brands", "不要这些牌子了"):
        assert said(read(wish, usual=("Lark", "Wren"))) == {("not brand", "Lark|Wren")}, wish
    assert read("not these brands").not_understood == ("not these brands",)


def test_a_diet_leaves_out_what_it_leaves_out() -> None:
    for wish in ("I eat vegan now", "我吃纯素"):
        vegan = read(wish)
        [leaves_out] = vegan.constraints
        assert (leaves_out.kind, leaves_out.wanted) == ("word", False)
        assert {"cheese", "beef", "fish"} <= set(leaves_out.values)
        assert vegan.about == "vegan"


def test_ages_and_occasions_go_to_the_encoder() -> None:
    understood = read("gift for a girl of six")
    assert understood.constraints == ()
    assert {"gift", "girl", "kids", "toy"} <= set(understood.about.split())
    assert understood.not_understood == ()


def test_amounts_are_words_of_the_texts() -> None:
    assert said(read("dog food, 5 lb")) == {("category", "Dog Foods"), ("word", "5 lb")}
    compared = read("dog food under 5 lb")
    assert said(compared) == {("category", "Dog Foods")}
    assert compared.not_understood == ("under 5 lb",)


def test_what_nobody_understands_is_told() -> None:
    understood = read("dog food and a flurbotron, no zorgles")
    assert said(understood) == {("category", "Dog Foods")}
    assert set(understood.not_understood) == {"flurbotron", "zorgles"}
    soft = read("a shiny cookie", words="shiny")
    assert (soft.about, soft.not_understood) == ("shiny cookie", ())


@pytest.mark.parametrize(
    "wish", ["", "   ", ",,,", "!!!", "的", "no", "not", "不要", "a" * 5_000, "no " * 200, "（" * 300]
)
def test_whatever_is_typed_is_read_quickly(wish: str) -> None:
    read(wish)
    began = time.perf_counter()
    read(wish)
    assert time.perf_counter() - began < 0.5
