"""Prices as shops write them."""

import pytest

from recommender.importing.fields.money import amount


@pytest.mark.parametrize(
    ("text", "comma", "value", "currency"),
    [
        ("€12,50", False, 12.5, "EUR"),
        ("1.234,56", False, 1234.56, ""),
        ("1.234", True, 1234, ""),
        ("1,299", False, 1299, ""),
        ("CHF 1’299.90", False, 1299.9, "CHF"),
        ("€ 0,999", False, 0.999, "EUR"),  # a price of fuel, or of a screw: no thousands begin with 0
        ("0.999 €", True, 0.999, "EUR"),
        ("-3,5", True, -3.5, ""),
    ],
)
def test_a_price_is_read_as_it_was_meant(text: str, comma: bool, value: float, currency: str) -> None:
    assert amount(text, comma) == (value, currency)


@pytest.mark.parametrize("text", ["on request", "", "1.2.3", "012.345,00"])
def test_what_is_no_price_is_none(text: str) -> None:
    assert amount(text, comma=True) is None
