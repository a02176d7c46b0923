"""The guard of a text LLM, with an HTTP endpoint that behaves, or doesn't."""

import time

import pytest

from recommender.explain.facts import Fact, Facts
from recommender.explain.llm import Guarded, load_llm
from recommender.explain.llm_openai import RemoteLLM
from recommender.explain.prompts import prompt_for
from recommender.explain.writer import write_sentence
from recommender.settings import Settings
from tests.support.facts import DAY, ITEM
from tests.support.servers.llm_server import llm_server

BOUGHT = Facts(ITEM, (Fact("again", (), "purchase", 7, DAY),))
PLAIN = "The deterministic sentence."


def test_an_endpoint_is_asked_for_what_the_facts_say_and_nothing_else() -> None:
    with llm_server() as server:
        llm = load_llm(Settings(llm_url=server.url, llm_model="m", llm_key="sk-1", llm_grammar=True))
        assert llm is not None
        sentence = write_sentence(llm, BOUGHT, PLAIN, "en", 10)
        assert (sentence.explained_by, sentence.refused) == ("llm", "")
        assert "7 days" in sentence.text
        assert server.keys == ["Bearer sk-1"]
        assert server.asked[0]["grammar"].startswith("root ::= ")
        assert set(server.asked[0]) == {"model", "messages", "max_tokens", "temperature", "stream", "grammar"}
        assert (llm.counts.outcomes["written"], llm.counts.tokens) == (1, 9)


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        ("slow", "timeout"),
        ("drip", "timeout"),
        ("huge", "nonsense"),
        ("error", "refused"),
        ("no json", "nonsense"),
        ("no choices", "nonsense"),
        ("a list", "nonsense"),
        ("no text", "nonsense"),
        ("nothing", "nonsense"),
    ],
)
def test_an_endpoint_that_misbehaves_costs_a_moment_and_then_rests(mode: str, reason: str) -> None:
    with llm_server() as server:
        server.mode = mode
        llm = Guarded(RemoteLLM(server.url, "m"), rest_seconds=60)
        started = time.monotonic()
        sentence = write_sentence(llm, BOUGHT, PLAIN, "en", 0.5)
        assert (sentence.text, sentence.explained_by, sentence.refused) == (PLAIN, "template", reason)
        assert time.monotonic() - started < 3
        server.mode = "good"
        again = write_sentence(llm, BOUGHT, PLAIN, "en", 0.5)
        assert again.refused == "resting"
        assert len(server.asked) == 1
        assert llm.counts.outcomes == {reason: 1, "resting": 1}


def test_an_endpoint_that_lies_is_not_shown_and_goes_on_being_asked() -> None:
    with llm_server() as server:
        server.mode = "lie"
        llm = Guarded(RemoteLLM(server.url, "m"))
        sentence = write_sentence(llm, BOUGHT, PLAIN, "en", 5)
        assert (sentence.text, sentence.explained_by) == (PLAIN, "template")
        assert sentence.refused.partition(":")[0] in ("number", "word")
        server.mode = "good"
        assert write_sentence(llm, BOUGHT, PLAIN, "en", 5).explained_by == "llm"


def test_nobody_listening_is_absent_and_mends_after_its_rest() -> None:
    with llm_server() as server:
        url = server.url
    llm = Guarded(RemoteLLM(url, "m"), rest_seconds=0.2)
    assert write_sentence(llm, BOUGHT, PLAIN, "en", 1).refused == "absent"
    assert not llm.open
    time.sleep(0.3)
    assert llm.open


def test_titles_too_long_for_a_sentence_are_left_to_the_template() -> None:
    long = Facts(type(ITEM)("x" * 500), (Fact("popular"),))
    assert prompt_for(long, "en") is None
    assert load_llm(Settings(llm="none")) is None
