"""The LLM words the facts, the check reads it, and what doesn't pass is not shown."""

import pytest

from recommender.explain.facts import Fact, Facts, ItemDescription
from recommender.explain.llm import Guarded
from recommender.explain.llm_openai import RemoteLLM
from recommender.explain.writer import write_sentence
from tests.support.facts import DAY, ITEM
from tests.support.servers.llm_server import llm_server

BOUGHT = Facts(ITEM, (Fact("again", (), "purchase", 7, DAY),))
PLAIN = "The deterministic sentence."


@pytest.mark.parametrize(
    ("language", "answer", "text"),
    [
        ("en", "You bought this on 7 days", "You bought this on 7 days."),
        ("en", '"You bought this on 7 days."', "You bought this on 7 days."),  # quoted as a whole
        ("en", " You bought\n this on 7 days! ", "You bought this on 7 days!"),
        ("zh", "您在7天里买过这件商品", "您在7天里买过这件商品。"),
        ("zh", "您在7天里买过这件商品。", "您在7天里买过这件商品。"),
    ],
)
def test_an_answer_is_one_line_that_ends(language: str, answer: str, text: str) -> None:
    with llm_server() as server:
        server.text = answer
        sentence = write_sentence(Guarded(RemoteLLM(server.url, "m")), BOUGHT, PLAIN, language, 5)
    assert (sentence.text, sentence.explained_by, sentence.refused) == (text, "llm", "")
    assert sentence.written is not None
    assert sentence.written.tokens == 9


def test_what_the_llm_made_up_is_kept_for_the_record_and_not_shown() -> None:
    with llm_server() as server:
        server.text = "You bought this on 8 days."
        sentence = write_sentence(Guarded(RemoteLLM(server.url, "m")), BOUGHT, PLAIN, "en", 5)
    assert (sentence.text, sentence.explained_by, sentence.refused) == (PLAIN, "template", "word:8")
    assert sentence.written is not None
    assert sentence.written.text == server.text


def test_without_an_engine_or_facts_or_with_titles_too_long_nobody_is_asked() -> None:
    with llm_server() as server:
        llm = Guarded(RemoteLLM(server.url, "m"))
        long = Facts(ItemDescription("x" * 500), (Fact("popular"),))
        assert write_sentence(None, BOUGHT, PLAIN, "en", 1).refused == "none"
        assert write_sentence(llm, None, PLAIN, "en", 1).refused == "none"
        assert write_sentence(llm, long, PLAIN, "en", 1).refused == "long"
        assert server.asked == []
