"""The newest row before a moment says what a plain recomputation at that moment gives, whatever the log."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.building.behaviour import EPOCH, build_behaviour, list_changes
from features.partitions import SCHEMAS, STAMP
from recommender.data.returns import without_returned
from recommender.db.tables import STORED_TYPES
from tests.features.building.plain_windows import Catalogue, former_row, user_features
from tests.support.shops.behaviour_log import BRANDS, CATEGORIES, LOG_FROM, at

USERS, ITEMS, DAYS = ("ann", "知音", None), ("tea", "cup", "pot", "tin"), 420
CATALOGUE: Catalogue = {item: (CATEGORIES[n % 3], BRANDS[n % 2]) for n, item in enumerate(ITEMS[:-1])}
FIRST = (LOG_FROM.date() - EPOCH).days
DAY = timedelta(days=1)
Log = list[dict[str, Any]]

acts = st.fixed_dictionaries({
    "user_id": st.sampled_from(USERS),
    "item_id": st.sampled_from((*ITEMS, None)),
    "event_type": st.sampled_from(STORED_TYPES),
    "value": st.sampled_from((None, 0.0, 0.01, 4.99, 120.0)),
    "quantity": st.sampled_from((None, 0.0, 1.0, 3.0)),
    "day": st.one_of(st.integers(0, DAYS - 1), st.sampled_from((0, 1, 7, 30, 179, 180, 181))),
    "second": st.integers(0, 86_399),
})  # fmt: skip


def event_of(number: int, act: dict[str, Any]) -> dict[str, Any]:
    made = {"event_id": f"e{number}", "text": None, "session_id": None, "time": at(act["day"] + act["second"] / 86_400)}
    return {name: value for name, value in (act | made).items() if name in SCHEMAS["events"]}


logs = st.lists(acts, max_size=25).map(lambda rows: [event_of(number, row) for number, row in enumerate(rows)])
moments = st.lists(st.floats(0, DAYS + 200, allow_nan=False), min_size=1, max_size=6)


def frame_of(log: Log) -> pl.DataFrame:
    return pl.DataFrame(log, schema=dict(SCHEMAS["events"]))


def rows_of(log: Log, first: int, after: int) -> pl.DataFrame:
    """The rows of these days of the log, from events of these days and of the half year before them."""
    names = {"item_id": pl.String, "category": pl.String, "brand": pl.String}
    catalogue = pl.DataFrame([(item, *facts) for item, facts in CATALOGUE.items()], schema=names, orient="row")
    events = frame_of([row for row in log if at(first - 180) <= row["time"] < at(after)])
    halves = [events.filter(pl.col("time") < at(first)).lazy(), events.filter(pl.col("time") >= at(first)).lazy()]
    users, asked = list_changes(halves, FIRST + first, FIRST + after)
    return build_behaviour(halves, catalogue, users).at(asked)


def newest(rows: pl.DataFrame, user: str, moment: datetime) -> dict[str, Any] | None:
    known = rows.filter(pl.col("user_id") == user, pl.col(STAMP) <= moment).sort(STAMP)
    return known.row(-1, named=True) if len(known) else None


def expected(log: Log, user: str, moment: datetime) -> dict[str, Any]:
    """The windows that end with the last whole day before the moment, as it was known then."""
    end = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    known = without_returned(frame_of([row for row in log if row["time"] < end])).to_dicts()
    return user_features([row for row in known if row["user_id"] == user], end, CATALOGUE)


def check(row: dict[str, Any], features: dict[str, Any]) -> None:
    for name, value in features.items():
        if name.startswith("top_") and not name.endswith("_weights"):
            weights = "top_category_weights" if name == "top_categories" else "top_brand_weights"
            shares = dict(zip(value, features[weights], strict=True))
            assert dict(zip(row[name], row[weights], strict=True)) == pytest.approx(shares, abs=2e-6)
        elif not name.endswith("_weights"):
            assert row[name] == (pytest.approx(value, rel=1e-5, abs=1e-5) if isinstance(value, float) else value), name


@settings(max_examples=120, deadline=None)
@given(logs, moments)
def test_a_reader_gets_what_was_so_at_the_moment(log: Log, asked: list[float]) -> None:
    rows = rows_of(log, 0, DAYS + 200)
    for user in ("ann", "知音"):
        own = [row for row in log if row["user_id"] == user]
        for moment in map(at, asked):
            former = former_row([row for row in own if row["event_type"] != "return"], moment)
            for each in {moment, former or moment}:  # where a reader used to get a row, it gets the same still
                row = newest(rows, user, each)
                if row is not None:
                    check(row, expected(log, user, each))
                else:
                    end = each.replace(hour=0, minute=0, second=0, microsecond=0)
                    assert all(one["time"] >= end for one in own), "who did something has a row"


@settings(max_examples=60, deadline=None)
@given(logs, st.lists(st.integers(1, DAYS + 199), max_size=4))
def test_days_in_parts_are_the_days_as_a_whole(log: Log, cuts: list[int]) -> None:
    bounds = [0, *sorted(set(cuts)), DAYS + 200]
    parts = [rows_of(log, first, after) for first, after in pairwise(bounds)]
    assert pl.concat(parts).equals(rows_of(log, 0, DAYS + 200))


@settings(max_examples=60, deadline=None)
@given(logs, acts, st.integers(1, DAYS))
def test_what_happens_later_changes_no_row(log: Log, act: dict[str, Any], day: int) -> None:
    planted = event_of(-1, act | {"day": day})
    before = rows_of(log, 0, DAYS + 200).filter(pl.col(STAMP) <= at(day))
    assert rows_of([*log, planted], 0, DAYS + 200).filter(pl.col(STAMP) <= at(day)).equals(before)


def test_silence_empties_the_windows_one_by_one() -> None:
    bought = {"user_id": "ann", "item_id": "tea", "event_type": "purchase", "value": 2.0, "quantity": 1.0}
    rows = rows_of([bought | {"event_id": "1", "text": None, "session_id": None, "time": at(0.5)}], 0, 400)
    assert [(stamp - LOG_FROM) // DAY for stamp in rows[STAMP]] == [1, 2, 8, 31, 181]
    for days, counts in ((1.9, [1, 1, 1, 1]), (7.9, [0, 1, 1, 1]), (30.9, [0, 0, 1, 1]), (180.9, [0, 0, 0, 1])):
        row = newest(rows, "ann", at(days))
        assert row is not None
        assert [row[f"purchases_{window}d"] for window in (1, 7, 30, 180)] == counts
    (last,) = rows.tail(1).to_dicts()
    assert (last["purchases_180d"], last["price_level"], last["top_brands"], last["last_active_time"]) == (
        0, None, [], None,
    )  # fmt: skip
