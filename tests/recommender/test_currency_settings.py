"""The shop's own currency and what others are worth in it, as an operator writes them."""

import pytest
from pydantic import ValidationError

from recommender.settings import Settings


def test_rates_are_read_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIYIN_CURRENCY", "EUR")
    monkeypatch.setenv("ZHIYIN_CURRENCY_RATES", "USD=0.92,GBP=1.17")
    settings = Settings()
    assert settings.currency == "EUR"
    assert list(settings.rates.items()) == [("USD", 0.92), ("GBP", 1.17)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CURRENCY", "euros and cents"),
        ("CURRENCY_RATES", "USD"),
        ("CURRENCY_RATES", "USD=0"),
        ("CURRENCY_RATES", "USD=x"),
    ],
)
def test_what_says_no_currency_or_no_rate_is_refused(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"ZHIYIN_{name}", value)
    with pytest.raises(ValidationError, match=name.lower()):
        Settings()
