"""Refreshing profiles: versions in the database, the newest online; twice the same changes nothing."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from zlib import crc32

import numpy as np
import pytest
from sqlalchemy import func, select

from features.offline import read_view
from features.online import PUSH_LOCKS, read_profile
from features.partitions import only_one
from features.privacy import erase, finish_erasures
from features.writing import is_writing_since_before, writing_profiles
from monitoring.check_params import DriftParams
from monitoring.runs import DriftedShopper, replace_run
from recommender.db.engine import get_engine, one_shopper_at_a_time, session_scope
from recommender.db.tables import Event, ProfileVersion
from recommender.drift.decisions import AlreadyDecided, Choice, decide, take_back
from recommender.drift.runs import find_run
from recommender.privacy.erasure import STRAGGLERS, request_erasure
from recommender.settings import Settings
from recommender.store.queries import latest_profiles
from tests.monitoring.test_check_params import GOOD
from tests.support.servers.databases import install_tables
from tests.support.shops.shop import SHOP_UNTIL, SHOPPERS, leaning
from tests.support.shops.trained import install_shop
from training.profiles import NoModel, refresh_drifted, refresh_profiles
from training.undo_refresh import undo_refresh

EARLIER = SHOP_UNTIL - timedelta(days=7)
RUN = {"drifted": True, "behaviour": {"share": 0.0}, "as_of": SHOP_UNTIL.isoformat()}


def _versions() -> int:
    with session_scope() as session:
        return session.scalar(select(func.count()).select_from(ProfileVersion)) or 0


def test_profiles_are_built_kept_and_pushed_once(backend: Settings) -> None:
    with pytest.raises(NoModel, match="no model is in service"):
        refresh_profiles(SHOP_UNTIL, None, "retrain")
    install_shop(backend)
    assert refresh_profiles(EARLIER, None, "retrain") == dict.fromkeys(
        ("shoppers", "built", "saved", "pushed"), SHOPPERS
    )
    online = read_profile("u5")
    assert online is not None
    assert (online.version, online.model_version, online.as_of) == (1, "shop-1", EARLIER)
    assert leaning(5) in online.summary

    again = refresh_profiles(EARLIER, None, "retrain")
    assert (again["built"], again["saved"], _versions()) == (SHOPPERS, 0, SHOPPERS)

    later = refresh_profiles(SHOP_UNTIL, ["u5", "u7", "nobody", "u5"], "drift:1")
    assert later == {"shoppers": 3, "built": 2, "saved": 2, "pushed": 2}
    assert (_profile_version("u5"), _profile_version("u6")) == (2, 1)
    with session_scope() as session:
        kept = latest_profiles(session, ["u5"])["u5"]
    assert (kept.reason, kept.as_of, kept.version) == ("drift:1", SHOP_UNTIL, 2)

    # a profile that has seen more is not taken back to an earlier moment
    assert refresh_profiles(EARLIER, ["u5"], "retrain")["saved"] == 0
    assert _profile_version("u5") == 2

    # events that came late make a new version of the same moment
    with session_scope() as session:
        late = SHOP_UNTIL - timedelta(minutes=5)
        session.add(Event(event_id="late", user_id="u5", item_id="toys-1", event_type="purchase", time=late))
    assert refresh_profiles(SHOP_UNTIL, ["u5", "u7"], "late")["saved"] == 1


def _profile_version(user_id: str) -> int:
    profile = read_profile(user_id)
    assert profile is not None
    return profile.version


@contextmanager
def refreshing(users: list[str], reason: str, held: AbstractContextManager[object]) -> Iterator[threading.Thread]:
    """A refresh in another thread that comes as far as what is held, until the block ends."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            refresh_profiles(SHOP_UNTIL, users, reason)
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run)
    with held:
        thread.start()
        yield thread
    thread.join(120)
    assert not thread.is_alive()
    assert failures == []


def _stored(user_id: str) -> tuple[int, int, bool]:
    """How many versions the database and the offline store hold of the shopper's profile, and whether one is online."""
    with session_scope() as session:
        kept = session.scalar(select(func.count()).select_from(ProfileVersion).where(ProfileVersion.user_id == user_id))
    rows = read_view("user_profile", SHOP_UNTIL.date(), SHOP_UNTIL.date() + timedelta(days=1))
    return kept or 0, len(rows.filter(rows["user_id"] == user_id)), read_profile(user_id) is not None


def _wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_who_is_erased_while_a_refresh_looks_gets_no_profile(backend: Settings) -> None:
    """The refresh has built the profile; before it can save it, the shopper asks to be erased."""
    install_shop(backend)
    engine, now = get_engine(), datetime.now(UTC)

    @contextmanager
    def asking() -> Iterator[None]:
        with session_scope() as session:
            one_shopper_at_a_time(session, ["u5"])
            request_erasure(session, "u5", now, "shopper")
            yield

    with refreshing(["u5", "u6"], "drift:1", asking()):
        time.sleep(3)  # it waits for its turn, or has long been through
    assert _stored("u5") == (0, 0, False)
    assert _stored("u6") == (1, 1, True)
    assert erase(engine, "u5", now, "shopper") is False


def test_an_erasure_ends_only_after_the_refreshes_that_began_before_it(backend: Settings) -> None:
    """The refresh has looked and saved, and pushes after the erasure has been through all stores."""
    install_shop(backend)
    engine, now = get_engine(), datetime.now(UTC)
    with refreshing(["u5"], "drift:1", only_one(f"push-{crc32(b'u5') % PUSH_LOCKS}")):
        _wait_until(lambda: _stored("u5")[:2] == (1, 1))
        erase(engine, "u5", now, "shopper")
        assert finish_erasures(engine, now + 2 * STRAGGLERS) == []
    assert _stored("u5")[2], "the refresh pushed what the sweep had removed; nothing was tried"
    assert finish_erasures(engine, now + 3 * STRAGGLERS) == ["u5"]
    assert _stored("u5") == (0, 0, False)


def test_an_erasure_does_not_wait_for_refreshes_that_died_or_began_later(home: Settings) -> None:
    install_tables()
    code = "import os\nfrom features.writing import writing_profiles\nwith writing_profiles():\n    os._exit(1)"
    subprocess.run([sys.executable, "-c", code], check=False)
    began = datetime.now(UTC)
    assert not is_writing_since_before(began)
    with writing_profiles():
        assert not is_writing_since_before(began)
        assert is_writing_since_before(datetime.now(UTC) + timedelta(seconds=1))
    assert not is_writing_since_before(datetime.now(UTC) + timedelta(seconds=1))


def test_a_refresh_is_taken_back_for_who_has_done_nothing_since(backend: Settings) -> None:
    install_shop(backend)
    refresh_profiles(EARLIER, None, "retrain")
    before = {user_id: read_profile(user_id) for user_id in ("u5", "u7", "u9")}
    found = {"u5": DriftedShopper(0.5), "u7": DriftedShopper(0.5)}
    replace_run("run", DriftParams.of(**GOOD), RUN, "run/report.html", found)
    decide("run", Choice("refresh", "Ann", "command"))
    assert refresh_drifted("run")["saved"] == 2
    refresh_profiles(SHOP_UNTIL + timedelta(hours=1), ["u7"], "event")
    changed_version = _profile_version("u7")
    take_back("run", "Bob")
    assert undo_refresh("run") == {"shoppers": 2, "taken_back": 1, "kept": 1}
    back = read_profile("u5")
    assert back is not None
    assert before["u5"] is not None
    assert (back.version, back.summary) == (3, before["u5"].summary)
    assert np.allclose(back.vector, before["u5"].vector, atol=1e-5)
    assert back.history.last_event_time == before["u5"].history.last_event_time
    assert _profile_version("u7") == changed_version
    assert undo_refresh("run")["taken_back"] == 0
    assert refresh_drifted("run")["shoppers"] == 0  # nobody waits for what was taken back
    run = find_run("run")
    assert run is not None
    assert run.users_refreshed == 1
    with pytest.raises(AlreadyDecided, match="taken back by Bob"):
        take_back("run", "Cid")
