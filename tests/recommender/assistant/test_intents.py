"""What a question is after, in both languages."""

import pytest

from recommender.assistant.intents import language_of, read_intent


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("what did I buy last?", "records"),
        ("how much did I spend?", "spent"),
        ("do you sell a lawn mower?", "goods"),
        ("is it cheaper?", "prices_now"),
        ("is it in stock?", "stock_now"),
        ("hello", "greeting"),
        ("我上次买了什么？", "records"),
        ("我花了多少钱？", "spent"),
        ("有没有割草机？", "goods"),
    ],
)
def test_a_question_is_after_what_its_words_say(question: str, wanted: str) -> None:
    assert getattr(read_intent(question, language_of(question)), wanted)


def test_the_words_that_could_be_goods_are_kept() -> None:
    assert "mower" in read_intent("do you sell a lawn mower?", "en").about
    assert read_intent("有没有割草机？", "zh").about == ("割草机",)


def test_one_chinese_character_makes_a_text_chinese() -> None:
    assert [language_of(text) for text in ("tea", "tea 茶", "")] == ["en", "zh", "en"]
