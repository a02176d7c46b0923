"""Accounts beyond what people do are found by their figures; people of busy and of quiet shops are not."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from recommender.data.account_screening import find_unlikely, without
from tests.support.shops.shop import shop_frame

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
Rows = list[tuple[str | None, str, str, datetime]]


def _frame(rows: Rows) -> pl.DataFrame:
    schema = {name: pl.String() for name in ("user_id", "item_id", "event_type")}
    return pl.DataFrame(rows, pl.Schema({**schema, "time": pl.Datetime("us", "UTC")}), orient="row")


def _people(count: int = 50, a_day: int = 4) -> Rows:
    rng = np.random.default_rng(1)
    return [
        (f"u{user}", f"i{rng.integers(40)}", "purchase", START + timedelta(days=day, minutes=int(rng.integers(600))))
        for user in range(count)
        for day in range(0, 60, 6)
        for _ in range(a_day)
    ]


def probe() -> Rows:
    """A script that buys one thing every five and a half minutes."""
    return [("x", "valve", "purchase", START + timedelta(minutes=5.5 * place)) for place in range(5_000)]


def crawler() -> Rows:
    """Looks at every page of the shop in an hour."""
    return [("x", f"i{place}", "view", START + timedelta(seconds=place)) for place in range(3_500)]


def slow_crawler() -> Rows:
    """Looks at a page every quarter of an hour, day and night."""
    return [("x", f"i{place % 40}", "view", START + timedelta(minutes=15 * place)) for place in range(500)]


def clicker() -> Rows:
    """Puts one thing in the basket once a second for two minutes."""
    return [("x", "i1", "cart", START + timedelta(seconds=place)) for place in range(120)]


def patient_buyer() -> Rows:
    """Buys one thing twelve times a day, in office hours, for a year."""
    return [
        ("x", "i1", "purchase", START + timedelta(days=day, minutes=place)) for day in range(200) for place in range(12)
    ]


def till() -> Rows:
    """One id for everybody who pays in the shop."""
    rng = np.random.default_rng(2)
    return [("x", f"i{rng.integers(40)}", "purchase", START + timedelta(days=day, minutes=int(rng.integers(600))))
            for day in range(30) for _ in range(400)]  # fmt: skip


def raters() -> Rows:
    """People of a film site, who rate hundreds of films in an evening."""
    return [(f"r{user}", f"film{film}", "rating", START + timedelta(seconds=film))
            for user in range(40) for film in range(0, 60 + 17 * user)]  # fmt: skip


def bulk_orders() -> Rows:
    """A workshop whose orders have a line for each piece: eighty of one thing at once, every week."""
    return [("w", "screw", "purchase", START + timedelta(weeks=week)) for week in range(30) for _ in range(80)]


def big_baskets() -> Rows:
    """A household that buys for the month: two hundred things in an hour."""
    return [("h", f"g{place}", "purchase", START + timedelta(weeks=4 * month, seconds=9 * place))
            for month in range(6) for place in range(200)]  # fmt: skip


@pytest.mark.parametrize("script", [probe, crawler, slow_crawler, clicker, patient_buyer, till])
def test_what_no_person_does_is_found_and_says_by_which_figure(script: Callable[[], Rows]) -> None:
    events = _frame(_people() + script())
    found = find_unlikely(events)
    assert found["user_id"].to_list() == ["x"]
    assert found["events"].to_list() == [len(script())]
    assert all("bound " in reason for reason in found["reasons"][0])
    assert without(events, found)["user_id"].unique().sort().to_list() == sorted({str(user) for user, *_ in _people()})


@pytest.mark.parametrize("people", [_people, raters, bulk_orders, big_baskets])
def test_people_are_not(people: Callable[[], Rows]) -> None:
    assert find_unlikely(_frame(people())).is_empty()


@pytest.mark.parametrize("people", [bulk_orders, big_baskets])
def test_people_are_not_among_quieter_ones(people: Callable[[], Rows]) -> None:
    assert find_unlikely(_frame(people() + _people(a_day=1))).is_empty()


def test_the_probe_names_the_item_the_day_and_the_bound() -> None:
    (reasons,) = find_unlikely(_frame(_people() + probe()))["reasons"].to_list()
    assert any(reason.startswith("purchase of valve, 262 times the same with one item in a day") for reason in reasons)
    assert any("active in 20 or more hours on 1" in reason for reason in reasons)


def test_nobody_and_nothing_are_no_accounts() -> None:
    anonymous: Rows = [(None, item, kind, time) for _, item, kind, time in probe()]
    assert find_unlikely(_frame(anonymous)).is_empty()
    assert find_unlikely(_frame([])).is_empty()
    assert len(without(_frame(anonymous), find_unlikely(_frame(probe())))) == len(anonymous)
    assert find_unlikely(shop_frame()).is_empty()
