"""The two languages' patterns ask for the same values."""

from dataclasses import fields
from string import Formatter

import pytest

from recommender.assistant.product_phrases import CHINESE, ENGLISH, Phrases


def placeholders(pattern: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(pattern) if name}


@pytest.mark.parametrize("name", [one.name for one in fields(Phrases) if one.name != "to_order"])
def test_both_languages_name_the_same_placeholders(name: str) -> None:
    assert placeholders(getattr(ENGLISH, name)) == placeholders(getattr(CHINESE, name))


def test_both_languages_know_the_same_states_of_goods_on_order() -> None:
    assert set(ENGLISH.to_order) == set(CHINESE.to_order) == {"preorder", "backorder"}
