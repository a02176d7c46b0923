"""How a question about goods reads after the shopper's earlier ones."""

import pytest

from recommender.assistant.conversation import MOST_TURNS, Topic, is_bare, read_in_context, topic_of
from recommender.assistant.intents import language_of


def queries(text: str, *before: str) -> tuple[str, ...]:
    return read_in_context(text, before, language_of(text)).queries


def test_a_whole_question_stands_for_itself() -> None:
    read = read_in_context("do you have a dog leash?", ["do you have vegan sausages?"], "en")
    assert (read.queries, read.is_follow_up) == (("dog leash",), False)


def test_a_question_without_goods_is_about_the_topic() -> None:
    read = read_in_context("is it in stock?", ["do you have vegan sausages?"], "en")
    assert (read.queries, read.is_follow_up) == (("vegan sausages",), True)


def test_a_narrower_question_is_tried_with_the_topic_first() -> None:
    assert queries("and without sugar?", "do you have oat milk?") == (
        "oat milk without sugar",
        "oat milk without sugar",
        "without sugar",
    )


def test_a_question_that_goes_on_is_tried_with_the_topic_and_with_its_last_word() -> None:
    assert queries("and pork?", "do you have vegan sausages?") == ("vegan sausages pork", "pork sausages", "pork")
    assert queries("那全脂呢", "有燕麦奶吗") == ("燕麦奶 全脂", "全脂 麦奶", "全脂")


def test_a_comparison_names_its_own_goods() -> None:
    read = read_in_context("which is cheaper, tea or milk?", ["do you have soap?"], "en")
    assert (read.queries, read.is_follow_up) == (("tea", "milk"), False)


def test_the_topic_keeps_what_was_asked_for_first_as_its_base() -> None:
    assert topic_of(["do you have oat milk?", "without sugar"]) == Topic("oat milk without sugar", "oat milk")


def test_the_last_goods_are_the_topic() -> None:
    assert topic_of(["do you have oat milk?", "do you have a dog leash?"]) == Topic("dog leash", "dog leash")


def test_questions_of_long_ago_are_no_topic() -> None:
    assert topic_of(["do you have oat milk?", *["hello"] * MOST_TURNS]) != Topic("oat milk", "oat milk")
    assert topic_of([]) is None


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("vegan sausages", True),
        ("I wonder whether my parcel will arrive tomorrow", False),
        ("燕麦奶", True),
        ("我想知道我的包裹明天能不能送到", False),
    ],
)
def test_a_short_question_is_bare(text: str, bare: bool) -> None:
    assert is_bare(text) is bare
