"""The small language of sentences, and its form as a grammar."""

from random import Random

import pytest

from recommender.explain.grammar import Text, to_grammar
from tests.support.facts import drawn


def sentences(root: str, rules: dict[str, str], draws: int = 200) -> set[str]:
    grammar, random = to_grammar(root, rules), Random(1)
    return {drawn(grammar, random) for _ in range(draws)}


def test_a_choice_is_one_of_its_parts_and_may_be_nothing() -> None:
    assert sentences("[a|b]", {}) == {"a", "b"}
    assert sentences("tea[| pot]", {}) == {"tea", "tea pot"}
    assert sentences("[a|b[c|d]]", {}) == {"a", "bc", "bd"}
    assert sentences("", {}) == {""}


def test_names_stand_for_patterns_and_texts_are_copied_brackets_and_all() -> None:
    rules = {"who": "[you|we]", "item": Text('Tea [20|40] {bags}, "best"\\')}
    assert sentences("{who} have {item}", rules) == {f"{who} have {rules['item']}" for who in ("you", "we")}


def test_a_title_breaks_no_line_of_the_grammar() -> None:
    assert to_grammar("{item}", {"item": Text("a\nb")}).count("\n") == 1
    assert sentences("{item}", {"item": Text("茶\n杯")}) == {"茶 杯"}


def test_only_rules_that_are_used_are_written_and_each_once() -> None:
    rules = {"one": "{two_words}", "two_words": "x", "unused": "y"}
    lines = to_grammar("{one}{one}", rules).split("\n")
    assert [line.split(" ::= ")[0] for line in lines] == ["root", "one", "two-words"]
    assert sentences("{one}{one}", rules) == {"xx"}


def test_a_name_without_a_rule_is_an_error() -> None:
    with pytest.raises(KeyError, match="missing"):
        to_grammar("{missing}", {})
