"""What a wish leaves out, in the catalogue's names, and what is left of the wish without it."""

import pytest

from recommender.search.text.normalization import fold
from recommender.steering.constraints import Constraint
from recommender.steering.reading.unwanted import deny, take_unwanted
from tests.support.shops.wishes import knowing

Brief = tuple[str, tuple[str, ...], bool]


def brief(one: Constraint) -> Brief:
    return one.kind, one.values, one.wanted


def read(wish: str, usual: tuple[str, ...] = ()) -> tuple[str, list[Brief], list[str]]:
    left, constraints, lost = take_unwanted(fold(wish), knowing(usual_brands=usual))
    return " ".join(left.split()), list(map(brief, constraints)), lost


@pytest.mark.parametrize(
    ("wish", "left", "denied"),
    [
        ("cookies without peanut butter", "cookies", [("word", ("peanut butter",), False)]),
        ("tea, no sugar", "tea,", [("word", ("sugar",), False)]),
        ("I hate fish and cheese", "", [("word", ("fish",), False), ("category", ("Cheese",), False),
                                        ("word", ("cheese",), False)]),
        ("stop showing me baby things", "", [("category", ("Baby Foods", "Baby Health & Beauty"), False)]),
        ("nothing from Heron", "", [("brand", ("Heron",), False)]),
        ("no dog food", "", [("category", ("Dog Foods",), False), ("word", ("dog food",), False)]),
        ("dog food", "dog food", []),
        ("", "", []),
    ],
)  # fmt: skip
def test_what_is_denied_is_taken_out_of_the_wish(wish: str, left: str, denied: list[Brief]) -> None:
    assert read(wish) == (left, denied, [])


def test_both_scripts_of_chinese_deny_the_same() -> None:
    for wish in ("别再推荐鱼了", "別再推薦魚了", "我对鱼过敏", "我對魚過敏"):
        assert read(wish)[1] == [("word", ("fish",), False)], wish


def test_a_verb_denies_up_to_the_end_of_its_clause() -> None:
    left, denied, _ = read("I hate fish, but show me cookies")
    assert denied == [("word", ("fish",), False)]
    assert "cookies" in left


def test_what_names_nothing_is_told_and_comes_to_nothing() -> None:
    assert read("tea without zorgles") == ("tea", [], ["zorgles"])


def test_these_brands_are_wanted_or_not_as_the_wish_says() -> None:
    assert read("these brands", ("Lark",))[1] == [("brand", ("Lark",), True)]
    assert read("不要这些牌子", ("Lark", "Wren"))[1] == [("brand", ("Lark", "Wren"), False)]
    assert read("not these brands") == ("", [], ["not these brands"])


def test_a_denied_phrase_without_a_word_that_says_something_is_nothing() -> None:
    for phrase in ("", "the", "things", "用品"):
        assert list(deny(phrase, knowing())) == [], phrase
