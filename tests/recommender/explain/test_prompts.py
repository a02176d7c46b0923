"""What a text LLM is asked: the facts, told in the language, and the grammar of true answers."""

from random import Random

import pytest

from recommender.explain.facts import Fact, Facts, ItemDescription
from recommender.explain.prompts import LONGEST_TEXTS, grammar, prompt_for
from tests.support.facts import DAY, ITEM, OTHER, all_facts, drawn

LANGUAGES = ("en", "zh")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_question_tells_every_fact_and_names_nothing_else(language: str) -> None:
    for facts in all_facts():
        prompt = prompt_for(facts, language)
        assert prompt is not None
        assert len(prompt.question.splitlines()) == len(facts.facts)
        assert "{" not in prompt.question
        for title in facts.main.titles:
            assert f"“{title}”" in prompt.question
        assert prompt.messages()[-1] == {"role": "user", "content": prompt.question}


def test_a_question_says_what_was_done_how_often_and_when() -> None:
    again = prompt_for(Facts(ITEM, (Fact("again", (), "purchase", 7, DAY),)), "en")
    assert again is not None
    assert again.question == f"The shopper bought “{ITEM.title}” on 7 days, the last time on 28 October 2026."
    once = prompt_for(Facts(ITEM, (Fact("again", (), "favorite", 1, DAY),)), "zh")
    assert once is not None
    assert once.question == f"顾客在2026年10月28日收藏过“{ITEM.title}”。"


def test_what_two_items_share_is_a_line_of_its_own() -> None:
    facts = Facts(ITEM, (Fact("text", (OTHER,), "view"), Fact("shared", ("茶",))))
    prompt = prompt_for(facts, "zh")
    assert prompt is not None
    assert prompt.question.splitlines()[1] == "两者都属于“茶”。"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sentence_copies_titles_with_braces_and_quotes_as_they_are(language: str) -> None:
    item = ItemDescription('Set {item} [a|b] "x" \\ 茶')
    facts = Facts(item, (Fact("text", ("Other {other}",)),))
    random = Random(4)
    said = {drawn(grammar(facts, language), random) for _ in range(60)}
    assert all("“Other {other}”" in sentence for sentence in said)
    assert any(f"“{item.title}”" in sentence for sentence in said)
    assert prompt_for(facts, language) is not None


@pytest.mark.parametrize("language", LANGUAGES)
def test_where_both_items_have_one_title_the_item_is_not_named_by_it(language: str) -> None:
    facts = Facts(ITEM, (Fact("text", (ITEM.title,)),))
    random = Random(4)
    for _ in range(40):
        assert drawn(grammar(facts, language), random).count(f"“{ITEM.title}”") == 1


def test_longer_titles_may_take_more_tokens_and_too_long_ones_are_not_asked() -> None:
    short = prompt_for(Facts(ItemDescription("a"), (Fact("popular"),)), "en")
    long = prompt_for(Facts(ItemDescription("a" * LONGEST_TEXTS), (Fact("popular"),)), "en")
    assert short is not None
    assert long is not None
    assert long.max_tokens - short.max_tokens == LONGEST_TEXTS - 1
    assert prompt_for(Facts(ItemDescription("a" * LONGEST_TEXTS), (Fact("text", ("b",)),)), "en") is None
