"""What a command of training was told, as parameters."""

from datetime import UTC, datetime

import pytest

from recommender.settings import Settings
from tests.support.servers.databases import install_tables
from tests.support.shops.shop import SHOP_UNTIL, fill_shop
from training.command_params import moment_of, params_of


def test_a_moment_without_a_zone_is_in_utc() -> None:
    assert moment_of("2017-12-31") == datetime(2017, 12, 31, tzinfo=UTC)
    assert moment_of("2017-12-31T12:00") == datetime(2017, 12, 31, 12, tzinfo=UTC)
    assert moment_of("2017-12-31T12:00+08:00") == datetime(2017, 12, 31, 4, tzinfo=UTC)


@pytest.mark.parametrize("given", ["yesterday", "2017-13-01", "", "31.12.2017"])
def test_what_is_no_moment_is_named_with_how_to_write_one(given: str) -> None:
    with pytest.raises(ValueError, match=r"^until: .* isn't a day or time like 2017-12-31"):
        moment_of(given)


def test_without_a_moment_data_end_at_the_midnight_after_the_last_event(home: Settings) -> None:
    install_tables()
    fill_shop()
    assert moment_of(None) == SHOP_UNTIL


def test_what_was_told_is_taken_and_more_reaches_the_parameters(home: Settings) -> None:
    install_tables()
    fill_shop()
    params = params_of("2026-05-01", 100, 10, seed=7)
    assert (params.until, params.days, params.test_days, params.seed) == (SHOP_UNTIL, 100, 10, 7)
    with pytest.raises(ValueError, match="test_days"):
        params_of("2026-05-01", 10, 10)
