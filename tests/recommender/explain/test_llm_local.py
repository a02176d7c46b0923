"""The text LLM in this process: the real GGUF file, and files that are none."""

import time
from pathlib import Path

import pytest

from recommender.explain.facts import Fact, Facts
from recommender.explain.llm import LLMAway, Prompt
from recommender.explain.llm_local import LocalLLM, model_file
from recommender.explain.prompts import prompt_for
from recommender.explain.verify import check
from tests.support.facts import DAY, ITEM, OTHER

BOUGHT = Facts(ITEM, (Fact("again", (), "purchase", 7, DAY),))


def asked(facts: Facts, language: str = "en") -> Prompt:
    prompt = prompt_for(facts, language)
    assert prompt is not None
    return prompt


@pytest.fixture(scope="module")
def smollm2() -> LocalLLM:
    return LocalLLM(model_file("smollm2"))


@pytest.mark.parametrize("language", ["en", pytest.param("zh", marks=pytest.mark.slow)])
def test_the_model_in_process_words_the_facts(smollm2: LocalLLM, language: str) -> None:
    for facts in (BOUGHT, Facts(ITEM, (Fact("transitions", (OTHER,), "view"),))):
        written = smollm2.write(asked(facts, language), 120)
        assert check(written.text, facts, language).problem == "", written.text
        assert written.tokens > 5


def test_the_model_in_process_keeps_to_its_time(smollm2: LocalLLM) -> None:
    smollm2.write(asked(BOUGHT), 120)
    started = time.monotonic()
    with pytest.raises(LLMAway, match="timeout"):
        smollm2.write(asked(BOUGHT), 0.05)
    assert time.monotonic() - started < 20


def test_a_file_that_is_no_model_is_away_and_no_crash(tmp_path: Path) -> None:
    file = tmp_path / "no.gguf"
    file.write_bytes(b"nothing")
    with pytest.raises(LLMAway, match="absent"):
        LocalLLM(file).write(asked(BOUGHT), 5)
    with pytest.raises(ValueError, match="llm: 'none-such'"):
        model_file("none-such")


def test_a_name_without_a_file_says_what_to_give(tmp_path: Path) -> None:
    for name in (str(tmp_path), str(tmp_path / "none.gguf"), ""):
        with pytest.raises(ValueError, match="give 'smollm2', 'none' or the path of a GGUF file"):
            model_file(name)
    own = tmp_path / "own.gguf"
    own.touch()
    assert model_file(str(own)) == own
    assert LocalLLM(own).model_id == "own"


def test_who_waits_too_long_for_another_call_is_told(tmp_path: Path) -> None:
    llm = LocalLLM(tmp_path / "any.gguf")
    with llm._lock, pytest.raises(LLMAway, match="busy") as away:
        llm.write(asked(BOUGHT), 0.05)
    assert away.value.reason == "timeout"
