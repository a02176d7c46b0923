"""Building offline features: right numbers, the same bytes again, and nobody sees the future."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest

from features.building.behaviour import Behaviour, build_behaviour
from features.building.pipeline import BuildSummary, build_features
from features.building.unbuilt_days import unbuilt_days
from features.offline import read_events, read_view
from features.partitions import SCHEMAS, existing_days, midnight
from recommender.db.engine import session_scope
from recommender.db.tables import Event
from recommender.settings import Settings
from tests.features.building.plain_windows import user_rows
from tests.support.servers.databases import install_tables
from tests.support.shops.behaviour_log import (
    BRANDS,
    CATEGORIES,
    ITEMS,
    LOG_FROM,
    add,
    add_items,
    at,
    day,
    event,
    random_events,
)

DAYS, DAY = 260, timedelta(days=1)
CATALOGUE = {item: (CATEGORIES[n % 3], BRANDS[n % 2]) for n, item in enumerate(ITEMS[:-1])}
SHOPPER = "shopper 0 😀"


@pytest.fixture
def shop(home: Settings) -> Settings:
    """A database with a catalogue and no event."""
    install_tables()
    add_items()
    return home


def files(settings: Settings) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in settings.offline_dir.rglob("*.parquet")}


def same(built: pl.DataFrame, rows: list[dict[str, Any]]) -> None:
    """Both hold the same rows; real numbers agree to float32."""
    order = [built.columns[0], "event_timestamp"]
    columns, expected = built.columns, pd.DataFrame(rows)
    assert set(expected.columns) == set(columns)
    left, right = built.sort(order).to_pandas(), expected[columns].sort_values(order).reset_index(drop=True)
    for frame in (left, right):
        for name in ("event_timestamp", "last_active_time", "last_purchase_time"):
            frame[name] = pd.to_datetime(frame[name], utc=True).dt.as_unit("us")
        for name in (name for name in columns if name.endswith("_weights")):
            frame[name] = [[round(float(share), 6) for share in shares] for shares in frame[name]]
        for name in (name for name in columns if name in ("top_categories", "top_brands")):
            frame[name] = [list(keys) for keys in frame[name]]
    pd.testing.assert_frame_equal(left, right, check_dtype=False, rtol=1e-5)


@pytest.mark.parametrize(("seed", "first"), [(1, 0), (2, DAYS - 75)])
def test_windows_are_what_a_plain_recomputation_gives(shop: Settings, seed: int, first: int) -> None:
    events = random_events(seed, count=250, shoppers=3)
    add(events)
    summary = build_features(LOG_FROM, at(DAYS))
    days = [day(number) for number in range(first, first + 75)]
    same(read_view("user_behaviour", days[0], days[-1] + DAY), user_rows(events, CATALOGUE, days))
    assert (summary.days, summary.events) == (DAYS, len(events))


def test_the_event_log_is_the_database_day_by_day(database: Settings) -> None:
    events = random_events(3, count=60)
    add(events)
    build_features(LOG_FROM, at(DAYS))
    built = read_events(LOG_FROM, at(DAYS))
    assert built.schema == SCHEMAS["events"]
    expected = pl.DataFrame(events, schema=dict(SCHEMAS["events"])).sort("time", "event_id")
    assert built.sort("time", "event_id").equals(expected)
    cut = read_events(at(20.5), at(90.25))
    assert cut.equals(built.filter((pl.col("time") >= at(20.5)) & (pl.col("time") < at(90.25))))


def test_a_second_build_writes_the_same_bytes(shop: Settings) -> None:
    add(random_events(4))
    build_features(LOG_FROM, at(DAYS))
    first = files(shop)
    build_features(LOG_FROM, at(DAYS))
    assert files(shop) == first


def test_an_interval_in_parts_gives_the_same_bytes_as_the_whole(shop: Settings) -> None:
    add(random_events(5))
    build_features(LOG_FROM, at(DAYS))
    whole = files(shop)
    for path in whole:
        path.unlink()
    for number in range(0, DAYS, 65):
        build_features(at(number), at(number + 65))
    assert files(shop) == whole


def test_events_of_the_future_change_no_row_of_the_past(shop: Settings) -> None:
    add(random_events(6))
    build_features(LOG_FROM, at(DAYS))
    before = files(shop)
    add([event("planted", SHOPPER, at(200)), event("planted at midnight", SHOPPER, at(150), event_type="view")])
    build_features(LOG_FROM, at(DAYS))
    changed = {path for path, content in files(shop).items() if before.get(path) != content}
    assert changed
    assert min(path.parent.name for path in changed) == f"day={day(150)}"  # rows that describe the planted day itself


def test_late_events_come_in_by_building_from_their_day_on(shop: Settings) -> None:
    events = random_events(7)
    late = [row for row in events if at(100) <= row["time"] < at(101)] or [event("late", SHOPPER, at(100.5))]
    add([row for row in events if row not in late])
    build_features(LOG_FROM, at(DAYS))
    add(late)
    build_features(at(100), at(DAYS))
    after = files(shop)
    for path in after:
        path.unlink()
    build_features(LOG_FROM, at(DAYS))
    assert files(shop) == after


def test_a_day_without_events_keeps_no_partition(shop: Settings) -> None:
    add([event("only", SHOPPER, at(3.5))])
    build_features(at(2), at(6))
    assert (
        len(read_view("user_behaviour", day(0), day(9))) == 2
    )  # the day itself and the next, on which a window empties
    with session_scope() as session:
        session.query(Event).delete()
    assert build_features(at(2), at(6)) == BuildSummary(4, 0, 0)
    assert read_view("user_behaviour", day(0), day(9)).is_empty()


def test_quiet_days_get_their_rows_with_the_next_day_that_is_built(shop: Settings) -> None:
    add([event("early", SHOPPER, at(3.5)), event("late", "somebody else", at(40.5))])
    build_features(at(0), at(4))
    build_features(at(40), at(41))
    in_two = read_view("user_behaviour", day(0), day(41))
    assert [(stamp - LOG_FROM).days for stamp in in_two["event_timestamp"]] == [4, 5, 11, 34, 41]
    assert unbuilt_days(at(0), at(41)) == []
    build_features(at(0), at(41))
    assert read_view("user_behaviour", day(0), day(41)).equals(in_two)


def test_a_days_build_reads_those_alone_whose_values_change(shop: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    add(random_events(10, count=900, shoppers=40))
    build_features(LOG_FROM, at(DAYS))
    before, read = files(shop), []

    def watch(log: Sequence[pl.LazyFrame], catalogue: pl.DataFrame, users: pl.Enum) -> Behaviour:
        read.append(set(users.categories))
        return build_behaviour(log, catalogue, users)

    monkeypatch.setattr("features.building.pipeline.build_behaviour", watch)
    known = existing_days("events")
    chosen = next(one for one in reversed(known) if one - DAY in known)
    build_features(midnight(chosen), midnight(chosen + DAY))
    assert files(shop) == before
    rows = read_view("user_behaviour", chosen, chosen + DAY)
    assert set(rows["user_id"]) == read[0]
    assert 0 < len(rows) < 20


def test_other_days_are_left_alone(shop: Settings) -> None:
    add(random_events(8))
    build_features(LOG_FROM, at(DAYS))
    before = files(shop)
    add([event("planted", SHOPPER, at(10.5))])
    build_features(at(10.2), at(10.9))  # a day that is touched is built whole
    changed = {path.parent.name for path, content in files(shop).items() if before.get(path) != content}
    assert changed == {f"day={day(10)}"}


def test_intervals_that_make_no_sense_are_named(shop: Settings) -> None:
    with pytest.raises(ValueError, match=r"start .* has no zone"):
        build_features(LOG_FROM.replace(tzinfo=None), at(1))
    with pytest.raises(ValueError, match="lies before start"):
        build_features(at(1), at(0))
    assert build_features(at(1), at(1)) == BuildSummary(0, 0, 0)
    with pytest.raises(ValueError, match="'user_behavior' is unknown; there are"):
        read_view("user_behavior", day(0), day(1))


def test_a_reader_never_sees_half_a_partition(shop: Settings) -> None:
    add(random_events(9, count=50))
    build_features(LOG_FROM, at(DAYS))
    left = [path for path in shop.offline_dir.rglob("*") if path.is_file() and path.name != "part-0.parquet"]
    assert left == []
