"""Which numbers shoppers rate in, and what they are in stars."""

import math

import pytest

from recommender.utils.rating_scale import MANY, STARS, Scale, check_scale, in_stars, infer_scale, parse_scale


@pytest.mark.parametrize(
    ("given", "scale"),
    [
        ([1, 3, 5], "1..5"), ([4.5], "1..5"), ([7, 10], "1..10"), ([0, 85], "0..100"), ([6, 250], "0..250"),
        ([0, 1], "0..1"), ([0.3, 0.9], "0..1"), ([1], "1..5"), ([0], "1..5"), ([-1, 1], "-1..1"), ([-3, 2], "-5..5"),
        ([-300, 2], "-300..300"), ([], "1..5"),
    ],
)  # fmt: skip
def test_the_smallest_usual_scale_that_holds_what_was_given(given: list[float], scale: str) -> None:
    assert str(infer_scale(dict.fromkeys(given, 3), {})) == scale


def test_reviews_count_only_beyond_what_words_amount_to() -> None:
    assert infer_scale({1.0: 5, 5.0: 5}, {4.0: 9}) == STARS
    assert infer_scale({1.0: 5, 5.0: 5}, {8.0: 9}) == Scale(1, 10)
    assert infer_scale({}, {4.0: 9}) == STARS


def test_among_many_ratings_a_few_slips_are_no_scale() -> None:
    slips = {1.0: MANY, 5.0: MANY, 55.0: 2}
    assert infer_scale(slips, {}) == STARS
    assert infer_scale(slips | {55.0: 20}, {}) == Scale(0, 100)
    assert infer_scale({1.0: 10, 5.0: 10, 55.0: 1}, {}) == Scale(0, 100)  # of few ratings each counts


@pytest.mark.parametrize("scale", ["1..10", "0..100", "-1..1", "0..1", "1..5"])
def test_ratings_become_stars_and_come_back(scale: str) -> None:
    read = parse_scale(scale)
    assert read is not None
    assert in_stars(read.low, read.low, read.high) == 1
    assert in_stars(read.high, read.low, read.high) == 5
    for stars in (1, 2.5, 5):
        assert in_stars(read.from_stars(stars), read.low, read.high) == pytest.approx(stars)
        assert read.holds(read.from_stars(stars))
    assert str(read) == scale


def test_a_scale_holds_its_ends_and_0_and_nothing_beyond() -> None:
    assert all(map(STARS.holds, (0, 1, 4.5, 5)))
    assert not any(map(STARS.holds, (5.1, -0.1, math.nan)))
    assert Scale(-1, 1).holds(-1)
    assert not Scale(-1, 1).holds(-1.5)


@pytest.mark.parametrize(
    ("text", "message"),
    [("10", "write its ends as 1..10, or auto"), ("5..1", "goes up from its low end"), ("1..1", "goes up"),
     ("nan..5", "goes up"), ("0..inf", "goes up"), ("a..b", "write its ends as 1..10, or auto"),
     ("", "write its ends")],
)  # fmt: skip
def test_what_is_no_scale_is_refused_with_what_to_write(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_scale(text)


def test_auto_is_learned_from_the_ratings() -> None:
    assert parse_scale(" Auto ") is None
    assert check_scale("auto") == "auto"
