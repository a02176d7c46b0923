"""What is read of English sentences whose facts are marked: who did what with which item, and what is unknown."""

import pytest

from recommender.explain.claims import Claim
from recommender.explain.parse_en import read_english


def claims(marked: str) -> set[tuple[str, str, str]]:
    reading = read_english(marked)
    assert reading.unknown == "", reading.unknown
    return {(one.kind, one.value, one.about) for one in reading.claims}


@pytest.mark.parametrize(
    ("marked", "deed"),
    [
        ("You bought ⟨I⟩.", ("deed", "purchase", "I")),
        ("You've looked at this.", ("deed", "view", "I")),
        ("You put ⟨O⟩ in your basket.", ("deed", "cart", "O")),
        ("You saved ⟨O⟩.", ("deed", "favorite", "O")),
        ("This is like ⟨O⟩, which you rated.", ("deed", "rating", "O")),
        ("It fits what you bought lately: ⟨O⟩.", ("deed", "purchase", "O")),
        ("You picked up ⟨I⟩, and you reviewed it.", ("deed", "review", "I")),
    ],
)
def test_who_did_what_with_which_item(marked: str, deed: tuple[str, str, str]) -> None:
    assert deed in claims(marked)


def test_what_is_only_wished_or_possible_is_no_deed() -> None:
    assert claims("You may want to buy ⟨I⟩.") == set()
    assert claims("You might like it.") == set()
    assert ("prefers", "love", "") in claims("You love ⟨I⟩.")


def test_what_people_do_is_no_deed_of_the_shopper() -> None:
    found = claims("Shoppers who bought ⟨O⟩ often pick ⟨I⟩ next.")
    assert ("group", "shoppers", "O") in found
    assert not [one for one in found if one[0] == "deed"]
    assert ("group", "people", "I") in claims("People who choose this often pick ⟨O⟩.")


def test_items_days_and_numbers_are_mentions_and_claims() -> None:
    reading = read_english("You bought ⟨I⟩ on ⟨N⟩ different days, most recently on ⟨D⟩; both are in ⟨C⟩.")
    assert reading.mentions == {"I", "N", "D", "C"}
    assert {one.kind for one in reading.claims} == {"deed", "number", "days", "last", "day", "category"}


@pytest.mark.parametrize(
    ("marked", "unknown"),
    [
        ("⟨I⟩ cures colds.", "cures"),
        ("You didn't buy ⟨I⟩.", "didn't"),
        ("You bought ⟨I⟩ 400 times.", "400"),
        ("You bought ⟨N⟩ ⟨I⟩.", "a number without its unit"),
        ("Only 4.99!", "only"),
        ("¡Esto!", "¡"),
        ("你好", "你"),
        ("", ""),
    ],
)
def test_the_first_word_that_is_not_known_ends_the_reading(marked: str, unknown: str) -> None:
    assert read_english(marked).unknown == unknown


def test_capitals_and_typographic_apostrophes_do_not_count() -> None:
    assert read_english("You’ve BOUGHT ⟨I⟩") == read_english("you've bought ⟨I⟩")
    assert read_english("You bought this.").claims == [Claim("deed", "purchase", "I")]
