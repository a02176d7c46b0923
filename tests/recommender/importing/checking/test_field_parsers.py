"""By which form each field is read."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from recommender.importing.checking.field_parsers import TITLE, parsers_of
from recommender.importing.checking.rows import Rules
from recommender.importing.column_names import Kind

NOW = datetime(2026, 6, 1, tzinfo=UTC)
RULES = Rules.of(NOW)


def read(kind: Kind, field: str, value: object, rules: Rules = RULES) -> tuple[object, bool]:
    """The value, and whether it has a problem."""
    values, problems = parsers_of(kind, rules)[field](pl.Series([value]))
    return values[0], any(problem.where.fill_null(False)[0] for problem in problems)


@pytest.mark.parametrize(
    ("kind", "field", "value", "read_as"),
    [
        (Kind.ITEMS, "price", "12,50 €", 12.5), (Kind.ITEMS, "kind", "ARTICLE", "article"),
        (Kind.ITEMS, "hidden", "是", True), (Kind.ITEMS, "title", "  茶 ", "茶"),
        (Kind.USERS, "consent", "no", False), (Kind.LINKS, "weight", "0.5", 0.5),
        (Kind.EVENTS, "quantity", "-2", -2.0), (Kind.EVENTS, "user_id", "007", "007"),
    ],
)  # fmt: skip
def test_a_field_is_read_by_its_form(kind: Kind, field: str, value: str, read_as: object) -> None:
    assert read(kind, field, value) == (read_as, False)


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        (Kind.ITEMS, "title", "x" * (TITLE + 1)), (Kind.ITEMS, "hidden", "perhaps"), (Kind.USERS, "consent", "5"),
        (Kind.LINKS, "weight", "-1"), (Kind.EVENTS, "user_id", "x" * 1_000), (Kind.EVENTS, "time", "someday"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_a_problem(kind: Kind, field: str, value: str) -> None:
    assert read(kind, field, value)[1]


def test_what_has_happened_lies_not_ahead_and_what_will_be_available_may() -> None:
    later = (NOW + timedelta(days=30)).isoformat()
    assert read(Kind.EVENTS, "time", later)[1]
    assert not read(Kind.ITEMS, "available_from", later)[1]


def test_times_without_a_zone_are_of_the_shop_s() -> None:
    local = "2026-05-01 08:00"
    assert read(Kind.EVENTS, "time", local, replace(RULES, zone="Asia/Shanghai"))[0] == datetime(2026, 5, 1, tzinfo=UTC)
