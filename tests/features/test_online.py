"""The online store, SQLite and Redis alike: profiles come back exactly, fresh ones win, and it may be away."""

import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pandas as pd
import pytest

from features.building.pipeline import build_features
from features.online import (
    OnlineStoreUnavailable,
    clear_log,
    forget,
    forget_behaviour,
    limit_waits,
    never_wait,
    push_profiles,
    read_behaviour,
    read_done,
    read_mark,
    read_profile,
    read_profiles,
)
from features.profile_rows import FEATURES, to_frame, to_row
from features.store import close_stores, ensure_feature_service, get_store, materialize
from features.values import entity_key, to_values
from recommender.data.behaviour import NOTHING_DONE
from recommender.data.side_info import NOTHING
from recommender.settings import Settings, get_settings
from tests.support.profiles import AS_OF, assert_same, some_profile
from tests.support.servers.databases import install_tables
from tests.support.servers.local import free_port
from tests.support.shops.behaviour_log import add, at, event

IDS = ["7", "with space", "知音 😀", "a|b,c\"d'", "é" * 64]


def test_profiles_come_back_exactly(backend: Settings) -> None:
    profiles = [some_profile(user, events, seed=events) for user, events in zip(IDS, (0, 1, 20, 500, 3), strict=True)]
    assert push_profiles(profiles) == len(profiles)
    for profile in profiles:
        assert_same(read_profile(profile.user_id), profile)
    assert list(read_profiles([*IDS, "nobody"])) == IDS
    assert read_profile("nobody") is None
    assert read_profiles([]) == {}
    assert push_profiles([]) == 0


def test_what_is_pushed_is_what_feast_would_push(backend: Settings) -> None:
    profiles = [some_profile(user, events, seed=events) for user, events in zip(IDS, (0, 1, 20, 500, 3), strict=True)]
    push_profiles(profiles)
    ours = stored(IDS)
    for user in IDS:
        forget(user)
    get_store().push("profile_push", to_frame(profiles).to_pandas())
    assert ours == stored(IDS)


def stored(users: list[str]) -> list[Any]:
    """Moment and values of each shopper's profile, as the online store keeps them."""
    store = get_store()
    online, view = store._get_provider().online_store, store.get_feature_view("user_profile")
    found = online.online_read(store.config, view, [entity_key(user) for user in users], list(FEATURES))
    return [(time, {name: value.SerializeToString() for name, value in values.items()}) for time, values in found]


def test_the_newest_profile_is_the_one_that_is_read(backend: Settings) -> None:
    first, second = some_profile("u", version=3), some_profile("u", version=4, seed=1)
    push_profiles([second, first])
    assert_same(read_profile("u"), second)  # of the same moment: the higher version
    assert push_profiles([first]) == 0
    assert push_profiles([some_profile("u", version=9, as_of=AS_OF - timedelta(microseconds=1))]) == 0
    assert_same(read_profile("u"), second)
    restarted = some_profile("u", events=2, version=1, as_of=AS_OF + timedelta(microseconds=1))
    assert push_profiles([restarted, some_profile("v")]) == 2
    assert_same(read_profile("u"), restarted)


def test_a_row_of_an_earlier_release_lacks_what_came_later(backend: Settings) -> None:
    profile = some_profile("u")
    row = {name: value for name, value in to_values(to_row(profile)).items() if name != "background"}
    store = get_store()
    view = store.get_feature_view("user_profile")
    entity = [(entity_key("u"), row, profile.as_of, None)]
    store._get_provider().online_write_batch(store.config, view, entity, progress=None)
    assert_same(read_profile("u"), replace(profile, background=NOTHING))


def test_a_forgotten_shopper_is_gone_and_the_others_are_not(backend: Settings) -> None:
    add([event("1", "u", at(1.5)), event("2", "v", at(1.5))])
    build_features(at(0), at(3))
    materialize(at(0), at(3))
    push_profiles([some_profile("u"), some_profile("v")])
    forget("u")
    forget("nobody")
    assert read_profile("u") is None
    assert read_behaviour(["u", "v"])["purchases_7d"].to_list()[1:] == [1.0]
    assert read_behaviour(["u"])["purchases_7d"].isna().all()
    assert_same(read_profile("v"), some_profile("v"))
    push_profiles([some_profile("u", as_of=AS_OF - timedelta(days=1))])  # and may come back
    assert read_profile("u") is not None


def test_behaviour_online_is_the_latest_built(backend: Settings) -> None:
    add([event("1", "u 😀", at(0.5), value=2.5), event("2", "u 😀", at(4.5), value=4.0)])
    build_features(at(0), at(5))
    materialize(at(0), at(5))
    row = read_behaviour(["nobody", "u 😀"]).iloc[1]
    assert (row["user_id"], row["purchases_1d"], row["purchases_7d"], row["spend_7d"]) == ("u 😀", 1, 2, 6.5)
    assert read_behaviour([]).empty
    materialize(at(0), at(1))  # an old interval again: the newest stays
    assert read_behaviour(["u 😀"]).iloc[0]["purchases_7d"] == 2


def test_windows_that_emptied_on_quiet_days_are_empty_online(backend: Settings) -> None:
    add([event("1", "u", at(0.5)), event("2", "v", at(20.5))])
    build_features(at(0), at(1))
    materialize(at(0), at(1))
    assert read_behaviour(["u"]).iloc[0]["purchases_7d"] == 1
    build_features(at(20), at(21))
    materialize(at(20), at(21))
    row = read_behaviour(["u"]).iloc[0]
    assert (row["purchases_7d"], row["purchases_30d"]) == (0, 1)
    assert pd.Timestamp(row["last_active_time"]) == pd.Timestamp(at(0.5))


def test_the_store_costs_nothing_after_its_first_call(backend: Settings) -> None:
    assert get_store() is get_store()
    assert get_store().config.registry.cache_ttl_seconds == 600


def test_a_redis_that_is_away_is_said_so(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIYIN_REDIS_URL", f"redis://127.0.0.1:{free_port()}/0")
    get_settings.cache_clear()
    for ask in (lambda: read_profile("u"), lambda: push_profiles([some_profile("u")]), lambda: forget("u")):
        with pytest.raises(OnlineStoreUnavailable, match="does not answer"):
            ask()


def test_a_lost_sqlite_store_is_said_so(home: Settings) -> None:
    push_profiles([some_profile("u")])
    close_stores()
    shutil.rmtree(home.feast_dir)
    home.feast_dir.write_text("a file in the folder's place")
    with pytest.raises(OnlineStoreUnavailable, match="does not answer"):
        read_profile("u")


def test_the_log_of_a_store_in_files_is_taken_in(backend: Settings) -> None:
    push_profiles([some_profile("u")])
    clear_log()
    if backend.redis_url is None:
        with sqlite3.connect(f"file:{backend.feast_dir / 'online.db'}?immutable=1", uri=True) as plain:
            assert plain.execute("SELECT count(*) FROM zhiyin_user_profile").fetchone()[0] > 0
    assert_same(read_profile("u"), some_profile("u"))


def test_behaviour_alone_is_forgotten_and_the_profile_stays(backend: Settings) -> None:
    add([event("e1", "u", at(3)), event("e2", "v", at(3))])
    build_features(at(0), at(5))
    materialize(at(0), at(5))
    push_profiles([some_profile("u")])
    service = ensure_feature_service("m")
    assert read_done("u", service) == read_done("v", service) != NOTHING_DONE
    forget_behaviour("u")
    assert read_done("u", service) == NOTHING_DONE
    assert read_done("v", service) != NOTHING_DONE
    assert_same(read_profile("u"), some_profile("u"))


def waits_ms() -> int:
    store = get_store()
    connection = store._get_provider().online_store._get_conn(store.config)
    return int(connection.execute("PRAGMA busy_timeout").fetchone()[0])


def test_the_event_loop_waits_for_nobody_and_the_others_so_long(home: Settings) -> None:
    install_tables()
    assert read_mark("nobody") is None
    assert waits_ms() == 30_000
    never_wait()
    assert waits_ms() == 50
    limit_waits(5)
    with ThreadPoolExecutor(1) as other:
        assert other.submit(waits_ms).result() == 5_000
    assert read_mark("nobody") is None
