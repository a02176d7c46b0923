"""The settings that say in which currency a shop counts, and what others are worth in it."""

from functools import cached_property
from typing import Annotated

from pydantic import AfterValidator, Field

from recommender.home import Home
from recommender.utils.currencies import check_currency, check_rates, parse_rates


class CurrencySettings(Home):
    """The shop's own currency, in which features, price levels, offers and models reckon, and rates of others."""

    currency: Annotated[str, AfterValidator(check_currency)] = Field(
        "", description="The shop's own currency, as EUR; unset: each item's own is the first that it had."
    )
    currency_rates: Annotated[str, AfterValidator(check_rates)] = Field(
        "",
        description="What one of another currency is worth in the shop's own, as USD=0.92,GBP=1.17: prices and values "
        "in these alone are converted.",
    )

    @cached_property
    def rates(self) -> dict[str, float]:
        """`currency_rates` by currency."""
        return parse_rates(self.currency_rates)
