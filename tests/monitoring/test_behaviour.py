"""Everybody's behaviour at a moment: what the view's newest rows say at the end of a day."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from features.building.behaviour import behaviour_at
from features.building.event_log import read_catalogue
from features.building.pipeline import build_features
from features.offline import read_events, read_view
from features.partitions import STAMP
from monitoring.behaviour import draw, states
from monitoring.compared_days import Stretches
from recommender.db.engine import session_scope
from recommender.settings import Settings
from tests.support.servers.databases import install_tables
from tests.support.shops.behaviour_log import LOG_FROM, add, add_items, at, random_events

DAY = timedelta(days=1)


@pytest.fixture
def log(home: Settings) -> pl.DataFrame:
    install_tables()
    add_items()
    add(random_events(5, count=900, shoppers=30))
    build_features(LOG_FROM, at(260))
    return read_events(LOG_FROM, at(260))


@pytest.fixture
def catalogue(log: pl.DataFrame) -> pl.DataFrame:
    with session_scope() as session:
        return read_catalogue(session)


@pytest.mark.parametrize("days", [88, 217, 259])
def test_at_the_end_of_a_day_it_is_what_the_view_has(log: pl.DataFrame, catalogue: pl.DataFrame, days: int) -> None:
    built = read_view("user_behaviour", LOG_FROM.date(), at(days).date() + DAY)
    newest = built.sort(STAMP).unique("user_id", keep="last").sort("user_id").drop(STAMP)
    assert len(newest) > 20
    assert_frame_equal(behaviour_at(log, catalogue, at(days) + DAY).drop(STAMP), newest)


def test_on_other_days_everybody_is_there_too_and_nobody_sees_the_future(
    log: pl.DataFrame, catalogue: pl.DataFrame
) -> None:
    moment = at(217.5)
    found = behaviour_at(log, catalogue, moment)
    before = log.filter(pl.col("time") < moment)
    assert_frame_equal(found, behaviour_at(before, catalogue, moment))
    lately = before.filter(pl.col("time") > moment - 150 * DAY)["user_id"].drop_nulls().unique()
    assert set(lately) <= set(found["user_id"])
    assert (moment - found["last_active_time"] > 3 * DAY).any()


def test_what_reaches_behind_the_memory_is_left_out(log: pl.DataFrame, catalogue: pl.DataFrame) -> None:
    end = at(60)
    stretches = Stretches(end - 3 * DAY, end, (end - 7 * DAY, end - 14 * DAY), 40 * DAY)
    found = states(log, catalogue, draw(log, stretches, 1_000, 0), stretches)
    assert len(found) == 3
    for state in found:
        assert {"purchases_30d", "days_since_last_event"} <= set(state.columns)
        assert not {"purchases_180d", "price_level", "top_categories"} & set(state.columns)
        assert (state["days_since_last_event"] <= 41).all()
    assert datetime(2025, 1, 1, tzinfo=UTC) == LOG_FROM
