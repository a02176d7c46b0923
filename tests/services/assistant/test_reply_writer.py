"""The first part that holds facts is worded by a text LLM, over real HTTP; whatever else there is stays as it was."""

from collections.abc import Iterator

import pytest

from recommender.assistant.answer_parts import Fact, Part
from recommender.assistant.pipeline import Answer
from recommender.explain.llm import Guarded
from recommender.explain.llm_openai import RemoteLLM
from services.assistant.reply_writer import ReplyWriter
from tests.support.servers.llm_server import Spoken, llm_server

HELLO = Part("greeting", "Hello.")
MOWER = Part("catalogue", "We have “Lawn mower” (9.00).", facts=(Fact("price", "Lawn mower", "9.00"),))
QUESTION = "do you sell a lawn mower?"


@pytest.fixture
def spoken() -> Iterator[Spoken]:
    with llm_server() as server:
        yield server


@pytest.fixture
def writer(spoken: Spoken) -> ReplyWriter:
    return ReplyWriter(Guarded(RemoteLLM(spoken.url, "m"), rest_seconds=60), 1.0)


def test_only_parts_with_facts_are_worth_writing(writer: ReplyWriter, spoken: Spoken) -> None:
    plain = Answer((HELLO,))
    assert not writer.would_write(plain)
    assert writer.would_write(Answer((HELLO, MOWER)))
    assert writer.reword(QUESTION, plain, "en", set()) is plain
    assert spoken.asked == []


def test_the_first_part_with_facts_is_worded_and_the_others_stay(writer: ReplyWriter, spoken: Spoken) -> None:
    spoken.text = "Yes, the “Lawn mower” costs 9.00."
    degraded: set[str] = set()
    parts = writer.reword(QUESTION, Answer((HELLO, MOWER, MOWER)), "en", degraded).parts
    assert (parts[0], parts[2]) == (HELLO, MOWER)
    assert (parts[1].text, parts[1].composed_by) == (spoken.text, "llm")
    assert (len(spoken.asked), degraded) == (1, set())


def test_a_failure_is_said_and_the_model_is_left_alone(writer: ReplyWriter, spoken: Spoken) -> None:
    spoken.mode = "error"
    for _ in range(2):
        degraded: set[str] = set()
        assert writer.reword(QUESTION, Answer((MOWER,)), "en", degraded).parts == (MOWER,)
        assert degraded == {"llm"}
    assert len(spoken.asked) == 1
