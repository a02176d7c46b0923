"""A text LLM adds what the catalogue bears out; one that lies, is slow or is away changes nothing."""

import pytest

from recommender.explain.llm import Guarded, LLMAway
from recommender.explain.llm_openai import RemoteLLM
from recommender.steering.reading.grammar import understand
from recommender.steering.reading.proposals import ask_llm, is_llm_needed, question_of, with_proposals
from tests.support.servers.llm_server import llm_server
from tests.support.shops.wishes import knowing

WISH = "a treat for my schnauzer, no fish"
KNOWN = knowing(words="treat schnauzer")


def test_proposals_are_checked_by_the_catalogue_and_by_the_wish() -> None:
    grammar = understand(WISH, KNOWN)
    assert is_llm_needed(grammar)
    good = {"said": "schnauzer", "kind": "category", "value": "dog food", "wanted": True}
    lies = [
        {"said": "schnauzer", "kind": "category", "value": "Submarines"},
        {"said": "kitten", "kind": "category", "value": "Cat Food"},  # nobody said so
        {"said": "fish", "kind": "word", "value": "fish", "wanted": True},  # the grammar understood that
        {"said": "schnauzer", "kind": "price", "value": "free"},
        "schnauzer",
        {"said": 3},
        None,
    ]
    found = with_proposals(grammar, [good, *lies], KNOWN)
    assert set(grammar.constraints) < set(found.constraints)
    [added] = set(found.constraints) - set(grammar.constraints)
    assert (added.values, added.wanted, added.read_by) == (("Dog Foods",), True, "llm")
    assert found.dropped == len(lies)


@pytest.mark.parametrize("mode", ["lie", "no json", "a list", "nothing", "error", "slow", "drip", "huge"])
def test_an_engine_that_fails_says_so_in_time(mode: str) -> None:
    with llm_server() as spoken:
        spoken.mode = mode
        llm = Guarded(RemoteLLM(spoken.url, "test"))
        with pytest.raises(LLMAway):
            ask_llm(llm, question_of(WISH, understand(WISH, KNOWN), KNOWN), 0.5)
