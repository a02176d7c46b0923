"""The text LLM behind an endpoint: what is sent, and what an answer that is none is called."""

import time

import pytest

from recommender.explain.llm import LLMAway, Prompt
from recommender.explain.llm_openai import MAX_BYTES, RemoteLLM
from tests.support.servers.llm_server import llm_server

PROMPT = Prompt("Write.", (("q", "a"),), "茶是热门商品。", "root ::= x", 50)


def test_a_prompt_is_sent_as_a_chat_and_the_answer_comes_trimmed() -> None:
    with llm_server() as server:
        server.text = "  好茶。 "
        answer = RemoteLLM(server.url + "/", "model-1").write(PROMPT, 5)
        [body] = server.asked
    assert (answer.text, answer.tokens) == ("好茶。", 9)
    assert 0 < answer.seconds < 5
    assert [turn["role"] for turn in body["messages"]] == ["system", "user", "assistant", "user"]
    assert (body["model"], body["max_tokens"], body["stream"]) == ("model-1", 50, False)


def test_a_grammar_is_sent_only_to_an_endpoint_that_takes_one_and_a_key_only_where_there_is_one() -> None:
    with llm_server() as server:
        RemoteLLM(server.url, "m").write(PROMPT, 5)
        RemoteLLM(server.url, "m", key="sk-1", grammar=True).write(PROMPT, 5)
        assert ["grammar" in body for body in server.asked] == [False, True]
        assert server.keys == [None, "Bearer sk-1"]


@pytest.mark.parametrize(
    ("mode", "reason", "detail"),
    [
        ("error", "refused", "status 500"),
        ("huge", "nonsense", f"more than {MAX_BYTES} bytes"),
        ("no json", "nonsense", "not a chat completion"),
        ("a list", "nonsense", "not a chat completion"),
        ("no text", "nonsense", "its content is no text"),
        ("nothing", "nonsense", "not a chat completion"),
    ],
)
def test_an_answer_that_is_none_says_why(mode: str, reason: str, detail: str) -> None:
    with llm_server() as server:
        server.mode = mode
        with pytest.raises(LLMAway, match=detail) as away:
            RemoteLLM(server.url, "m").write(PROMPT, 5)
    assert away.value.reason == reason


@pytest.mark.parametrize("mode", ["slow", "drip"])
def test_one_deadline_holds_for_the_whole_answer(mode: str) -> None:
    with llm_server() as server:
        server.mode = mode
        began = time.monotonic()
        with pytest.raises(LLMAway) as away:
            RemoteLLM(server.url, "m").write(PROMPT, 0.3)
    assert away.value.reason == "timeout"
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/v1", "http://[::bad/v1", "http:///v1"])
def test_where_nobody_answers_the_engine_is_absent(url: str) -> None:
    with pytest.raises(LLMAway) as away:
        RemoteLLM(url, "m").write(PROMPT, 1)
    assert away.value.reason == "absent"
