"""What templates tell of goods: price, stock, the cheapest, a comparison; and the facts beside the words."""

import pytest

from recommender.assistant import product_answers as answers
from recommender.assistant.answer_parts import Fact, Source
from recommender.assistant.goods import Good

TEA = Good("tea", "Black tea", 3.5, "EUR", "in_stock", 4)
OOLONG = Good("oolong", "Oolong", 4.0, "EUR", "out_of_stock")
MUG = Good("mug", "Mug", 9.0, "EUR", "preorder")
LEASH = Good("leash", "Dog leash")


def test_what_is_there_comes_before_what_is_sold_out() -> None:
    part = answers.describe_found([OOLONG, TEA, MUG], "en")
    assert part.text == "We have “Black tea” (3.50), “Mug” (9.00), on pre-order. “Oolong” is sold out at the moment."
    assert [source.id for source in part.sources] == ["tea", "mug", "oolong"]


def test_several_sold_out_goods_are_told_in_the_plural() -> None:
    gone = Good("x", "Matcha", availability="out_of_stock")
    assert answers.describe_found([OOLONG, gone], "en").text == "“Oolong”, “Matcha” are sold out at the moment."


def test_a_name_is_told_once_and_no_more_than_a_few_are() -> None:
    many = [TEA, TEA, *(Good(str(number), f"Tea {number}") for number in range(9))]
    assert len(answers.describe_found(many, "en").sources) == answers.SHOWN


def test_prices_say_beside_them_what_is_not_in_stock() -> None:
    assert answers.describe_price([TEA, OOLONG, LEASH], "en").text == (
        "“Black tea” costs 3.50; “Oolong” costs 4.00 and is sold out at the moment."
    )
    assert answers.describe_price([LEASH], "en") == answers.describe_found([LEASH], "en")
    assert answers.describe_price([TEA], "zh").text == "“Black tea”的价格是3.50。"


@pytest.mark.parametrize(
    ("good", "text"),
    [
        (TEA, "“Black tea” (3.50) is in stock, 4 left."),
        (Good("t", "Tea", stock=answers.COUNTED + 1), "“Tea” is in stock."),
        (OOLONG, "“Oolong” is sold out at the moment."),
        (MUG, "“Mug” (9.00) is on pre-order."),
        (Good("b", "Bench", availability="backorder"), "“Bench” is on back-order."),
        (LEASH, "We have “Dog leash”."),
    ],
)
def test_stock_is_told_as_the_shop_says_it(good: Good, text: str) -> None:
    assert answers.describe_stock([good], "en").text == text


def test_the_state_is_the_first_fact_of_an_answer_about_stock() -> None:
    assert answers.describe_stock([TEA], "en").facts[0] == Fact("in_stock", "Black tea")


def test_the_cheapest_and_the_dearest_are_of_what_can_be_bought() -> None:
    cheapest = answers.describe_extreme([MUG, TEA, OOLONG], "en", cheapest=True)
    assert cheapest.text == "The cheapest is “Black tea” (3.50)."
    assert cheapest.facts[0] == Fact("cheapest", "Black tea")
    assert answers.describe_extreme([TEA, MUG], "en", cheapest=False).text == "The most expensive is “Mug” (9.00)."
    assert answers.describe_extreme([LEASH], "en", cheapest=True) == answers.describe_found([LEASH], "en")


def test_a_comparison_tells_both_prices_the_gap_and_what_is_sold_out() -> None:
    part = answers.describe_compared([OOLONG, TEA], "en")
    assert part.text == (
        "“Oolong” costs 4.00, “Black tea” costs 3.50. “Black tea” is 0.50 cheaper than “Oolong”."
        " “Oolong” is sold out at the moment."
    )
    assert Fact("cheaper", "Black tea", "0.50", other="Oolong") in part.facts
    assert Fact("dearer", "Oolong", "0.50", other="Black tea") in part.facts


def test_equal_prices_are_told_as_the_same() -> None:
    assert "cost the same" in answers.describe_compared([TEA, Good("t", "Tea", 3.5)], "en").text


def test_a_comparison_of_goods_without_prices_tells_that_they_are_there() -> None:
    assert answers.describe_compared([LEASH], "en").text == "We have “Dog leash”."


def test_what_comes_near_leaves_out_what_is_sold_out() -> None:
    assert answers.describe_near([OOLONG, TEA], "en").text == (
        "I find nothing that fits all of that. This comes closest: “Black tea” (3.50)."
    )
    assert answers.describe_near([OOLONG], "en").text == "I find no such product in our shop."


def test_a_proposal_names_the_good_with_its_price() -> None:
    part = answers.propose_basket(TEA, "en")
    assert (part.kind, part.text) == ("basket", "Shall I put “Black tea” (3.50) into your basket?")
    assert part.sources == (Source("item", "tea", "Black tea"),)


def test_facts_are_only_what_the_shop_says() -> None:
    assert answers.facts_of(TEA) == (
        Fact("price", "Black tea", "3.50", currency="EUR"),
        Fact("in_stock", "Black tea"),
        Fact("left", "Black tea", "4"),
    )
    assert answers.facts_of(LEASH) == ()


def test_nothing_cheaper_is_said_in_the_language_of_the_question() -> None:
    assert answers.deny_cheaper("en").text == "I find nothing cheaper of that kind."
    assert answers.deny_cheaper("zh").text == "没有找到更便宜的同类商品。"
