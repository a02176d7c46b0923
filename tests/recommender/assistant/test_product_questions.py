"""What a question about goods asks for, and what is left of it to search for."""

import pytest

from recommender.assistant.intents import language_of
from recommender.assistant.product_questions import MOST_COMPARED, ProductQuestion, named, read_product_question


def read(text: str) -> ProductQuestion:
    return read_product_question(text, language_of(text))


@pytest.mark.parametrize(
    ("text", "kind", "queries"),
    [
        ("do you sell oolong tea?", "find", ("oolong tea",)),
        ("how much is the black tea?", "price", ("black tea",)),
        ("are vegan sausages in stock?", "stock", ("vegan sausages",)),
        ("the cheapest oat milk", "cheapest", ("oat milk",)),
        ("what is the most expensive mug?", "dearest", ("mug",)),
        ("cheaper oat milk", "cheaper", ("oat milk",)),
        ("cheaper?", "cheaper", ()),
        ("which is cheaper, black tea or oolong tea?", "compare", ("black tea", "oolong tea")),
        ("有燕麦奶吗？", "find", ("燕麦奶",)),
        ("燕麦奶多少钱", "price", ("燕麦奶",)),
        ("最便宜的燕麦奶", "cheapest", ("燕麦奶",)),
        ("燕麦奶和全脂牛奶哪个便宜", "compare", ("燕麦奶", "全脂牛奶")),
    ],
)
def test_the_kind_and_the_goods_are_read(text: str, kind: str, queries: tuple[str, ...]) -> None:
    question = read(text)
    assert (question.kind, question.queries) == (kind, queries)


def test_a_comparison_of_one_thing_is_none() -> None:
    assert read("compare black tea").kind == "find"


def test_no_more_than_a_few_things_are_compared() -> None:
    assert len(read("compare tea, milk, mugs, soap and bread").queries) == MOST_COMPARED


def test_only_words_that_ask_for_goods_make_a_question_explicit() -> None:
    assert [read(text).explicit for text in ("do you have tea", "how much is tea", "tea")] == [True, True, False]


def test_what_says_only_how_goods_must_be_narrows() -> None:
    assert [read(text).narrows for text in ("without sugar", "under 3", "oat milk without sugar")] == [
        True,
        True,
        False,
    ]


def test_a_pronoun_points_at_goods_spoken_of_before() -> None:
    assert read("is it in stock?").points
    assert not read("is tea in stock?").points


def test_the_first_sentence_that_names_goods_is_searched_for() -> None:
    assert read("Hello! Do you have oat milk? I need it today.").queries == ("oat milk",)


def test_loose_words_at_the_ends_name_nothing() -> None:
    assert named("and for tea, but", "en") == "tea"
    assert named("的", "zh") == ""
