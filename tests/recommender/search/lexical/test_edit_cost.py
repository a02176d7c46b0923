"""What it costs to write one word as another: slips of keyboard and tongue cost one, other letters two."""

from itertools import product
from random import Random

import pytest
from rapidfuzz.distance import OSA

from recommender.search.lexical.edit_cost import LIKELY, UNLIKELY, slip_cost


@pytest.mark.parametrize(
    ("written", "meant", "cost"),
    [
        ("coffee", "coffee", 0),
        ("", "", 0),
        ("cofee", "coffee", LIKELY),  # a letter left out
        ("cofffee", "coffee", LIKELY),  # doubled
        ("shmapoo", "shampoo", LIKELY),  # two swapped
        ("cpffee", "coffee", LIKELY),  # the key beside it
        ("coffea", "coffee", LIKELY),  # a vowel for a vowel
        ("koffee", "coffee", LIKELY),  # sounds like it
        ("hoffee", "coffee", UNLIKELY),
        ("coffeeb", "coffee", UNLIKELY),  # a letter put in, far from its neighbour
        ("coffeer", "coffee", LIKELY),  # the key beside the last one
        ("", "tea", 3 * LIKELY),
        ("茶", "酒", UNLIKELY),
    ],
)
def test_a_slip_costs_what_it_is(written: str, meant: str, cost: int) -> None:
    assert slip_cost(written, meant) == cost


def test_the_cost_lies_between_one_and_two_for_each_edit() -> None:
    random = Random(3)
    for _ in range(300):
        one, other = ("".join(random.choices("aeqzm", k=random.randint(0, 6))) for _ in range(2))
        edits = OSA.distance(one, other)
        assert edits * LIKELY <= slip_cost(one, other) <= edits * UNLIKELY, (one, other)
        assert slip_cost(one, one) == 0


def test_a_substitution_of_neighbours_costs_the_same_both_ways() -> None:
    for one, other in product("aqwsz", repeat=2):
        assert slip_cost(one, other) == slip_cost(other, one), (one, other)
