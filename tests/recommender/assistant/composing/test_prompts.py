"""What the text LLM is asked: facts in words, each once, and a question without personal data."""

from typing import get_args

import pytest

from recommender.assistant.answer_parts import Fact, FactKind
from recommender.assistant.composing.prompts import (
    LONGEST_QUESTION,
    MAX_TOKENS,
    MOST_FACTS,
    prompt_for,
    without_personal_data,
)
from recommender.assistant.composing.sentences import check


def lines(*facts: Fact, question: str = "tea?", language: str = "en") -> list[str]:
    return prompt_for(question, facts, language).question.splitlines()


@pytest.mark.parametrize(
    ("fact", "english", "chinese"),
    [
        (Fact("price", "Tea", "3.19"), "“Tea” costs 3.19 now.", "“Tea”现在的价格是3.19。"),
        (Fact("price", "Tea", "3.19", currency="USD"), "“Tea” costs 3.19 USD now.", "“Tea”现在的价格是3.19 USD。"),
        (Fact("sold_out", "Tea"), "“Tea” is sold out.", "“Tea”缺货。"),
        (Fact("bought", "Tea", day="3 May"), "The customer bought “Tea” on 3 May.", "顾客在3 May买过“Tea”。"),
        (
            Fact("cheaper", "Tea", "1.00"),
            "“Tea” is 1.00 cheaper than when the customer bought it.",
            "“Tea”比顾客购买时便宜1.00。",
        ),
        (Fact("dearer", "Tea", "1.00", other="Mug"), "“Tea” is 1.00 dearer than “Mug”.", "“Tea”比“Mug”贵1.00。"),
        (Fact("in_stock", "{price}"), "“{price}” is in stock.", "“{price}”有货。"),
    ],
)
def test_a_fact_in_words(fact: Fact, english: str, chinese: str) -> None:
    assert lines(fact) == ["Facts:", f"- {english}", "The customer's question: tea?"]
    assert lines(fact, language="zh") == ["事实：", f"- {chinese}", "顾客的问题： tea?"]


@pytest.mark.parametrize("kind", get_args(FactKind))
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_kind_of_fact_has_words(kind: FactKind, language: str) -> None:
    told = lines(Fact(kind, "Tea", "2", "3 May"), language=language)[1]
    assert "“Tea”" in told
    assert "{" not in told


_COPIED = ("price", "in_stock", "sold_out", "preorder", "backorder", "left", "cheapest", "dearest")


@pytest.mark.parametrize(("kind", "language"), [(kind, language) for kind in _COPIED for language in ("en", "zh")])
def test_a_fact_that_is_copied_as_it_was_told_passes_the_check(kind: FactKind, language: str) -> None:
    fact = Fact(kind, "Tea", "3" if kind in ("price", "left") else "")
    told = lines(fact, language=language)[1].removeprefix("- ")
    assert check(told, (fact,), language).stated == {fact}


def test_a_fact_is_told_once_and_only_the_first_ones_are() -> None:
    assert len(lines(*[Fact("in_stock", "Tea")] * 3)) == 3
    many = lines(*(Fact("in_stock", f"Tea {place}") for place in range(MOST_FACTS + 5)))
    assert many[-2] == f"- “Tea {MOST_FACTS - 1}” is in stock."
    assert lines() == ["Facts:", "The customer's question: tea?"]


def test_a_long_question_is_cut() -> None:
    assert lines(question="a" * 999)[-1] == "The customer's question: " + "a" * LONGEST_QUESTION


@pytest.mark.parametrize(("language", "word"), [("en", "Facts:"), ("zh", "事实：")])
def test_the_examples_are_of_the_language_and_of_the_questions_form(language: str, word: str) -> None:
    prompt = prompt_for("tea?", (), language)
    assert prompt.examples
    assert all(question.startswith(word) for question, _ in prompt.examples)
    assert (prompt.grammar, prompt.max_tokens) == (None, MAX_TOKENS)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("I am jo@shop.example, hello", "I am … hello"),
        ("call +44 20 7946 0958 now", "call … now"),
        ("order 123456?", "order …?"),
        ("我的电话是13800138000，谢谢", "我的电话是…，谢谢"),
        ("two\nlines\t here", "two lines here"),
        ("12 mugs below 20.50", "12 mugs below 20.50"),
        ("", ""),
    ],
)
def test_personal_data_are_left_out(text: str, left: str) -> None:
    assert without_personal_data(text) == left
    assert lines(question=text)[-1].removeprefix("The customer's question: ").strip().endswith(left)
