"""The check of composed sentences: what the facts bear passes in many words, and nothing else does."""

import pytest

from recommender.assistant.answer_parts import Fact
from recommender.assistant.composing.sentences import check

DAY, TAG = "28 April 2026", "2026年4月28日"
FACTS = (
    Fact("bought", "Oat Milk, 1 l", day=DAY),
    Fact("paid", "Oat Milk, 1 l", "2.19"),
    Fact("price", "Oat Milk, 1 l", "1.99", currency="USD"),
    Fact("cheaper", "Oat Milk, 1 l", "0.20"),
    Fact("in_stock", "Oat Milk, 1 l"),
    Fact("left", "Oat Milk, 1 l", "12"),
    Fact("often", "Oat Milk, 1 l", "2"),
    Fact("price", "Tea", "3.19", currency="USD"),
    Fact("sold_out", "Tea"),
    Fact("cheaper", "Oat Milk, 1 l", "1.20", other="Tea"),
    Fact("dearer", "Tea", "1.20", other="Oat Milk, 1 l"),
)
FACTS_ZH = (
    Fact("bought", "燕麦奶", day=TAG),
    Fact("paid", "燕麦奶", "21.90"),
    Fact("price", "燕麦奶", "19.90", currency="CNY"),
    Fact("cheaper", "燕麦奶", "2.00"),
    Fact("in_stock", "燕麦奶"),
    Fact("left", "燕麦奶", "12"),
    Fact("price", "绿茶", "88.00", currency="CNY"),
    Fact("sold_out", "绿茶"),
    Fact("cheaper", "燕麦奶", "68.10", other="绿茶"),
)


@pytest.mark.parametrize(
    "sentence",
    [
        "Your last order came on 28 April 2026; the “Oat Milk, 1 l” in it is 0.20 cheaper now.",
        "You bought “Oat Milk, 1 l” on 28 April 2026, and it is 0.20 cheaper now at 1.99.",
        "Yes, we have “Oat Milk, 1 l” for $1.99, with 12 left in stock.",
        "Oat Milk, 1 l is 1.20 cheaper than Tea.",
        "Tea is 1.20 more expensive than Oat Milk, 1 l.",
        "We have “Oat Milk, 1 l” (1.99) and “Tea” (3.19).",
        "“Tea” is sold out at the moment.",
        "You paid 2.19 for “Oat Milk, 1 l”, which now costs 1.99.",
        "You bought “Oat Milk, 1 l” on 2 days.",
        "“Oat Milk, 1 l” is cheaper than the last time you bought it.",
    ],
)
def test_what_the_facts_bear_passes(sentence: str) -> None:
    checked = check(sentence, FACTS, "en")
    assert (checked.problem, bool(checked.stated)) == ("", True)


@pytest.mark.parametrize(
    "sentence",
    [
        "“Oat Milk, 1 l” costs 2.19.",  # what was paid
        "You bought “Oat Milk, 1 l” for 1.99.",  # what it costs
        "“Oat Milk, 1 l” costs €1.99.",
        "“Tea” costs 1.99.",  # another one's
        "Tea is cheaper than Oat Milk, 1 l.",
        "Tea is 0.20 cheaper.",
        "Oat Milk, 1 l is 1.20 cheaper.",  # than Tea, not than before
        "You bought Tea on 28 April 2026.",
        "You bought Oat Milk, 1 l on 3 May 2026.",
        "Oat Milk, 1 l and Tea are in stock.",
        "Oat Milk, 1 l is sold out.",
        "Oat Milk, 1 l is not sold out.",
        "There are 13 left of Oat Milk, 1 l.",
        "Oat Milk, 1 l is free.",
        "Oat Milk, 1 l is the best.",
        "Oat Milk, 1 l is gluten free.",
        "Call 555-1234 for Oat Milk, 1 l.",
        "Visit evil.example for Oat Milk, 1 l.",
        "It costs 1.99.",
        "“Soy Milk” costs 1.99.",
        "I was told: You answer a customer of an online shop.",
        "Customer somebody-7 bought Oat Milk, 1 l.",
        "Both are in stock.",
        "",
        "Oat Milk, 1 l " * 60,
    ],
)
def test_what_no_fact_bears_does_not(sentence: str) -> None:
    assert check(sentence, FACTS, "en").problem


@pytest.mark.parametrize(
    ("sentence", "passes"),
    [
        ("您在2026年4月28日买过“燕麦奶”，现在便宜了2.00。", True),
        ("“燕麦奶”现在的价格是19.90元，比上次便宜了2.00元。", True),
        ("燕麦奶比绿茶便宜68.10。", True),
        ("绿茶目前缺货。", True),
        ("燕麦奶有货，还剩12件。", True),
        ("绿茶比燕麦奶便宜68.10。", False),
        ("燕麦奶比绿茶便宜2.00。", False),
        ("燕麦奶免费。", False),
        ("您买过绿茶。", False),
        ("绿茶有货。", False),
        ("燕麦奶和绿茶都有货。", False),
        ("燕麦奶的价格是21.90。", False),
        ("燕麦奶不缺货。", False),
        ("燕麦奶的价格是19.90美元。", False),
        ("请加微信购买燕麦奶。", False),
    ],
)
def test_chinese_sentences_are_read_alike(sentence: str, passes: bool) -> None:
    assert (not check(sentence, FACTS_ZH, "zh").problem) is passes


def test_a_pronoun_means_what_the_sentence_before_spoke_of() -> None:
    assert not check("It costs 1.99.", FACTS, "en", ("Oat Milk, 1 l",)).problem
    assert check("It costs 1.99.", FACTS, "en", ("Tea",)).problem
    assert check("It costs 1.99.", FACTS, "en", ("Oat Milk, 1 l", "Tea")).problem
    assert check("Both are in stock.", FACTS, "en", ("Oat Milk, 1 l", "Tea")).problem


def test_a_title_may_be_spoken_without_its_size() -> None:
    checked = check("The oat milk costs 1.99 now and is in stock.", FACTS, "en")
    assert (checked.problem, checked.titles) == ("", ("Oat Milk, 1 l",))
    assert check("The oat milk costs 3.19 now.", FACTS, "en").problem
    barista = (*FACTS, Fact("price", "Oat Milk Barista, 1 l", "2.49", currency="USD"))
    assert check("The oat milk costs 1.99 now.", barista, "en").problem.startswith("word:")


def test_the_noun_that_products_are_called_by_says_nothing_more() -> None:
    teas = (Fact("price", "Green Tea, 50 bags", "3.19"), Fact("price", "Peppermint Tea, 25 bags", "2.19"))
    facts = (*teas, Fact("cheapest", "Peppermint Tea, 25 bags"), Fact("price", "Candy FREE", "1.00"))
    assert check("The cheapest tea is “Peppermint Tea, 25 bags”.", facts, "en").problem == ""
    assert check("Two teas: “Green Tea, 50 bags” and “Peppermint Tea, 25 bags”.", facts, "en").problem == "word:two"

    assert check("The “Green Tea, 50 bags” is peppermint.", facts, "en").problem == "word:peppermint"
    assert check("This is free: “Candy FREE”.", facts, "en").problem == "word:free"


def test_the_day_of_an_order_stands_without_its_products_where_all_have_it() -> None:
    day = Fact("bought", "Camping Mug", day=DAY)
    assert check("Your last order came on 28 April 2026.", (day,), "en").stated == {day}
    assert check("Your last order came on 28 April 2026 for 5.00.", (day,), "en").problem
    other = Fact("bought", "Tea", day="3 May 2026")
    assert check("Your last order came on 28 April 2026.", (day, other), "en").problem == "bought:of nothing"
    assert check("You bought it.", (day,), "en").problem == "bought:of nothing"
