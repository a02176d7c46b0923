"""Categories by what their names mean: near enough, and no further than a little from the nearest."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recommender.steering.reading.meanings import LEAST, MARGIN, MOST, Meanings

# cosines with (1, 0) are the first coordinates
COSINES = {"Sports Shoes": 0.9, "Trainers": 0.9 - MARGIN / 2, "Boots": 0.9 - 2 * MARGIN, "Tea": 0.1}


def encode(names: Sequence[str]) -> NDArray[np.float32]:
    """Vectors of other lengths than 1."""
    return 3 * np.array([[COSINES[name], (1 - COSINES[name] ** 2) ** 0.5] for name in names], dtype=np.float32)


def towards(phrase: str) -> NDArray[np.float32]:
    return np.array([5.0, 0.0], dtype=np.float32)


def test_the_nearest_names_come_first_and_those_further_off_not_at_all() -> None:
    assert Meanings.of(list(COSINES), encode).nearest("sneakers", towards) == ("Sports Shoes", "Trainers")
    assert Meanings.of(["Tea", "Boots"], encode).nearest("sneakers", towards) == ("Boots",)


def test_below_the_least_cosine_nothing_is_meant() -> None:
    assert COSINES["Tea"] < LEAST
    assert Meanings.of(["Tea"], encode).nearest("sneakers", towards) == ()


def test_at_most_a_few_names_are_meant() -> None:
    many = Meanings([f"n{place}" for place in range(9)], np.ones((9, 1), dtype=np.float32))
    assert many.nearest("x", lambda _: np.ones(1, dtype=np.float32)) == ("n0", "n1", "n2")
    assert MOST == 3


def test_without_names_or_while_nobody_reads_nothing_is_meant() -> None:
    def never(phrase: str) -> NDArray[np.float32]:
        raise AssertionError("read for nothing")

    assert Meanings.of([], encode).nearest("sneakers", never) == ()
    assert Meanings.of(list(COSINES), encode).nearest("sneakers", lambda _: None) == ()
    assert Meanings.of(list(COSINES), encode).nearest("", lambda _: np.zeros(2, dtype=np.float32)) == ()
