"""Currencies by code or sign, and rates as a setting says them."""

import pytest

from recommender.utils.currencies import check_currency, convert, parse_rates, read_currency


@pytest.mark.parametrize(
    ("said", "base", "code"),
    [
        ("eur", "", "EUR"), ("\u20ac", "", "EUR"), ("US $", "", "USD"), ("$", "", "$"), ("$", "CAD", "CAD"),
        ("$", "EUR", "$"), ("\u00a5", "JPY", "JPY"), ("kr", "NOK", "NOK"), ("Points", "", "Points"), (" ", "", ""),
    ],
)  # fmt: skip
def test_a_sign_of_several_is_the_shop_s_own_if_it_may_be(said: str, base: str, code: str) -> None:
    assert read_currency(said, base) == code


def test_rates_convert_to_a_hundredth() -> None:
    rates = parse_rates(" usd = 0.92, GBP=1.17 ,")
    assert rates == {"USD": 0.92, "GBP": 1.17}
    assert convert(21.5, "USD", rates) == 19.78
    assert convert(21.5, "JPY", rates) is None


@pytest.mark.parametrize("text", ["USD", "USD=", "USD=0", "USD=-1", "USD=inf", "dollar=1", "=1"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write"):
        parse_rates(text)


def test_a_shop_s_currency_is_a_code() -> None:
    assert (check_currency(" eur "), check_currency("")) == ("EUR", "")
    with pytest.raises(ValueError, match="EUR"):
        check_currency("Euro")
