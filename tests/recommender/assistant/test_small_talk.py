"""What is said to greetings and thanks, in both languages."""

import pytest

from recommender.assistant.intents import read_intent
from recommender.assistant.small_talk import small_talk


@pytest.mark.parametrize(
    ("text", "language", "begins"),
    [
        ("hello", "en", "Hello!"),
        ("thank you", "en", "You are welcome!"),
        ("你好", "zh", "您好"),
        ("谢谢", "zh", "不客气"),
    ],
)
def test_small_talk_is_answered_in_its_language(text: str, language: str, begins: str) -> None:
    part = small_talk(text, read_intent(text, language), language)
    assert part is not None
    assert part.kind == "greeting"
    assert part.text.startswith(begins)


def test_a_question_is_no_small_talk() -> None:
    text = "do you sell a lawn mower?"
    assert small_talk(text, read_intent(text, "en"), "en") is None
