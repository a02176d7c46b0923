"""Weights of event types as a setting says them."""

import pytest

from recommender.utils.weight_setting import NAMES, check_weights, parse_weights


def test_named_weights_are_read_and_the_last_word_counts() -> None:
    assert parse_weights("cart=0.5, favorite = 1,view=0") == {"cart": 0.5, "favorite": 1.0, "view": 0.0}
    assert parse_weights("cart=0.5,cart=0.7,,") == {"cart": 0.7}
    for text in ("", " , "):
        assert parse_weights(text) == {}
        assert check_weights(text) == text


@pytest.mark.parametrize("text", ["favorite", "dance=1", "购物车=1", "=1", "cart:0.5"])
def test_what_is_no_weight_is_named_with_those_there_are(text: str) -> None:
    with pytest.raises(ValueError, match=rf"is no weight: write cart=0.5, of {', '.join(NAMES)}"):
        check_weights(text)


@pytest.mark.parametrize("number", ["2", "-0.1", "nan", "inf"])
def test_a_weight_beyond_its_bounds_is_refused_by_name(number: str) -> None:
    with pytest.raises(ValueError, match=f"the weight of cart is {number}: it is from 0 to 1"):
        parse_weights(f"cart={number}")


def test_a_weight_that_is_no_number_says_which() -> None:
    with pytest.raises(ValueError, match=r"the weight of cart is 'half', which is no number: write cart=0.5"):
        parse_weights("cart=half")
