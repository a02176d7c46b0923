"""Point-in-time joins return every row and nothing from the future; what was written offline can be read again."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import polars as pl
import pytest

from features import partitions
from features.building.pipeline import build_features
from features.offline import historical, read_view, write_profiles
from features.partitions import SCHEMAS, seed_views
from features.privacy import forget_offline
from features.profile_rows import from_row
from features.store import ensure_feature_service, get_store
from recommender.data.side_info import NOTHING
from recommender.settings import Settings
from tests.support.profiles import AS_OF, assert_same, some_profile
from tests.support.servers.databases import install_tables
from tests.support.shops.behaviour_log import add, at, day, event, random_events

SHOPPER = "shopper 0 😀"
ASKED = ["user_behaviour:purchases_7d", "user_behaviour:last_active_time", "user_behaviour:top_categories"]


@pytest.fixture
def shop(home: Settings) -> Settings:
    install_tables()
    return home


def asked_at(rows: list[tuple[str, float]]) -> pd.DataFrame:
    return pd.DataFrame({"user_id": [user for user, _ in rows], "event_timestamp": [at(number) for _, number in rows]})


def test_a_row_knows_only_the_days_that_had_ended(shop: Settings) -> None:
    add([event("1", "u", at(1.5)), event("2", "u", at(2.5))])
    build_features(at(0), at(20))
    moments = [1.4, 1.99, 2.0, 2.6, 3.0, 30.0]
    found = historical(asked_at([("u", moment) for moment in moments]), ASKED)
    assert found["purchases_7d"].fillna(-1).to_list() == [-1, -1, 1, 1, 2, 0]  # the last: nothing for over a week


def test_every_row_comes_back_in_its_order(shop: Settings) -> None:
    add(random_events(1, count=200))
    build_features(at(0), at(260))
    rng = np.random.default_rng(1)
    rows = [(f"shopper {rng.integers(7)} 😀", float(rng.integers(0, 270))) for _ in range(3_000)]  # many of them twice
    frame = asked_at(rows).assign(label=range(3_000))
    found = historical(frame, ASKED)
    pd.testing.assert_frame_equal(found[["user_id", "label"]], frame[["user_id", "label"]])
    assert found["purchases_7d"].notna().sum() > 1_000
    one = historical(frame.iloc[[17]], ASKED)
    assert one["last_active_time"].equals(found["last_active_time"].iloc[[17]].reset_index(drop=True))


def test_a_planted_future_event_changes_no_training_row(shop: Settings) -> None:
    add(random_events(2))
    build_features(at(0), at(260))
    frame = asked_at([(f"shopper {user} 😀", number + 0.3) for user in range(5) for number in range(1, 200)])
    before = historical(frame, ASKED)
    add([event("planted", SHOPPER, at(199.5)), event("planted too", "shopper 1 😀", at(230))])
    build_features(at(0), at(260))
    pd.testing.assert_frame_equal(historical(frame, ASKED), before)
    after = historical(asked_at([(SHOPPER, 200.0)]), ["user_behaviour:purchases_1d"])
    assert after["purchases_1d"].item() >= 1  # while the day after does see it


def test_times_do_not_depend_on_the_machines_zone(shop: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    add([event("1", "u", at(1.99)), event("2", "u", at(2.01))])
    build_features(at(0), at(4))
    found = historical(asked_at([("u", 2.0), ("u", 3.0)]), ["user_behaviour:purchases_1d"])
    assert found["purchases_1d"].to_list() == [1, 1]
    shanghai = asked_at([("u", 2.5)]).assign(event_timestamp=pd.Timestamp(at(2.5)).tz_convert("Asia/Shanghai"))
    assert historical(shanghai, ["user_behaviour:purchases_7d"])["purchases_7d"].to_list() == [1]


def test_a_model_version_names_its_features_once(backend: Settings) -> None:
    name = ensure_feature_service("2026-03-01.1")
    assert ensure_feature_service("2026-03-01.1") == name == "recommender_2026-03-01.1"
    ensure_feature_service("other")
    service = get_store().get_feature_service(name)
    assert {view.name for view in service.feature_view_projections} == {"user_profile", "user_behaviour"}
    add([event("1", "u", at(1.5))])
    build_features(at(0), at(3))
    found = historical(asked_at([("u", 2.5)]), name)
    assert found["purchases_7d"].to_list() == [1]
    assert "vector" in found


def test_profiles_are_kept_by_day_and_moment(shop: Settings) -> None:
    first, second = some_profile("知音"), some_profile("b", events=0)
    assert write_profiles([first, second], AS_OF) == 2
    assert write_profiles([first], AS_OF) == 1  # again: nothing doubles
    rows = read_view("user_profile", AS_OF.date(), AS_OF.date() + pd.Timedelta(days=1))
    assert rows["user_id"].to_list() == ["b", "知音"]
    assert_same(from_row("知音", rows.row(1, named=True)), first)
    frame = pd.DataFrame({"user_id": ["知音"], "event_timestamp": [AS_OF]})
    assert historical(frame, ["user_profile:profile_version"])["profile_version"].to_list() == [1]


def test_partitions_of_an_earlier_release_get_the_columns_that_came_later(shop: Settings) -> None:
    profile = some_profile("u")
    write_profiles([profile], AS_OF)
    seed_views()
    for path in (shop.offline_dir / "user_profile").glob("day=*/*.parquet"):
        pl.read_parquet(path, hive_partitioning=False).drop("background").write_parquet(path)
    tomorrow = AS_OF + timedelta(days=1)
    write_profiles([some_profile("u", seed=1, as_of=tomorrow)], tomorrow)  # before anything was brought up to date
    seed_views()
    rows = read_view("user_profile", AS_OF.date(), (AS_OF + timedelta(days=2)).date())
    assert rows.schema == SCHEMAS["user_profile"]
    assert rows["background"].null_count() == 1
    assert_same(from_row("u", rows.row(0, named=True)), replace(profile, background=NOTHING))
    found = historical(pd.DataFrame({"user_id": ["u"], "event_timestamp": [AS_OF]}), ["user_profile:background"])
    assert found["background"].isna().all()


def test_days_of_an_earlier_release_can_be_read_and_built_anew(shop: Settings) -> None:
    add([event("1", "u", at(1.5)), event("2", "u", at(40.5))])
    build_features(at(0), at(42))
    seed_views()
    for path in (shop.offline_dir / "user_behaviour").glob("day=*/*.parquet"):
        rows = pl.read_parquet(path, hive_partitioning=False).drop("last_active_time", "last_purchase_time")
        rows.with_columns(days_since_last_event=0.5, days_since_last_purchase=0.5).write_parquet(path)
    seed_views()  # as the store does when it is opened
    asked = [f"user_behaviour:{name}" for name in ("purchases_7d", "last_active_time")]
    moments = asked_at([("u", 2.5), ("u", 41.5)])
    found = historical(moments, asked)
    assert found["purchases_7d"].to_list() == [1, 1]
    assert found["last_active_time"].isna().all()
    build_features(at(40), at(42))
    assert historical(moments, asked)["last_active_time"].isna().to_list() == [True, False]


def test_asking_for_nothing_is_refused(shop: Settings) -> None:
    with pytest.raises(ValueError, match="entity_df has no row"):
        historical(asked_at([]), ASKED)
    assert isinstance(read_view("user_behaviour", day(0), day(1)), pl.DataFrame)


def test_profiles_added_to_a_large_day_leave_its_full_files_as_they_are(
    shop: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "PART_ROWS", 4)
    profiles = [some_profile(f"u{number}", seed=number) for number in range(10)]
    for start in range(0, 10, 2):
        write_profiles(profiles[start : start + 2], AS_OF)
    full, _, last = partitions.parts_of("user_profile", AS_OF.date())
    before = full.stat().st_mtime_ns
    again = replace(profiles[9], summary="told anew")
    assert write_profiles([again, some_profile("u10")], AS_OF) == 2
    assert full.stat().st_mtime_ns == before < last.stat().st_mtime_ns
    rows = read_view("user_profile", AS_OF.date(), AS_OF.date() + pd.Timedelta(days=1))
    assert sorted(rows["user_id"].to_list()) == sorted(f"u{number}" for number in range(11))
    assert rows.filter(pl.col("user_id") == "u9")["summary"].to_list() == ["told anew"]
    frame = pd.DataFrame({"user_id": ["u0", "u9"], "event_timestamp": [AS_OF, AS_OF]})
    assert historical(frame, ["user_profile:summary"])["summary"].to_list() == [profiles[0].summary, "told anew"]
    assert forget_offline(["u0", "u9"], ["user_profile"]) == {"user_profile": 2}
    rows = read_view("user_profile", AS_OF.date(), AS_OF.date() + pd.Timedelta(days=1))
    assert len(rows) == 9
