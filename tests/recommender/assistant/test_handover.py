"""The summary for whoever takes a conversation over."""

from typing import get_args

import pytest

from recommender.assistant.answer_parts import Source
from recommender.assistant.handover import MOST_BEFORE, summarise
from recommender.assistant.pipeline import Reason

FOUND = [Source("faq", "1", "What is your return policy?", 0.3)]


def test_a_summary_gives_reason_questions_and_what_was_found_a_line_each() -> None:
    assert summarise("And gifts?", ["Can I return it?"], "unsure", FOUND, "en").splitlines() == [
        "Why a person: nothing that was found is sure to answer the question",
        "Asked: And gifts?",
        "Asked before: Can I return it?",
        "Closest that was found: What is your return policy?",
    ]


def test_lines_without_content_are_left_out() -> None:
    assert summarise("转人工", [], "asked", [], "zh").splitlines() == ["转人工原因：顾客希望人工服务", "问题：转人工"]


def test_only_the_last_questions_are_quoted() -> None:
    before = [f"question {number}" for number in range(MOST_BEFORE + 2)]
    quoted = summarise("?", before, "unsure", [], "en").splitlines()[2]
    assert quoted == "Asked before: question 2; question 3; question 4"


def test_a_question_of_several_lines_takes_one() -> None:
    assert len(summarise("one\ntwo\nthree", [], "others", [], "en").splitlines()) == 2


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_reason_is_said_in_its_own_words(language: str) -> None:
    said = {summarise("?", [], reason, [], language).splitlines()[0] for reason in get_args(Reason)}
    assert len(said) == len(get_args(Reason))
