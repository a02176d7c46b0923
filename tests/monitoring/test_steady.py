"""A shop of steady weeks with a weekly rhythm: no window is called drift, until something happens.

Most shoppers come at weekends, some twice a week and some once a month; nobody changes. Profiles are of many ages.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import delete, select

from features.building.pipeline import build_features
from monitoring.check_params import least_reference
from monitoring.drift import DriftParams, check_drift
from recommender.db.engine import close_engines, session_scope
from recommender.db.tables import Event
from recommender.drift.runs import find_run
from recommender.models.bundle import ModelBundle
from recommender.profiles.profile import build_profiles
from recommender.settings import get_settings
from recommender.store.queries import add_events, load_histories, next_versions, save_profiles
from tests.support.servers.databases import install_tables
from tests.support.shops.shop import CATEGORIES, SHOP_FROM, SHOP_UNTIL, leaning
from tests.support.shops.trained import install_shop

SHOPPERS, DAY = 240, timedelta(days=1)
LENGTHS = range(2, 15)
WINDOWS = 22
STATED_RATE = 0.05


def steady_events() -> list[dict[str, Any]]:
    rng = np.random.default_rng(11)
    rows: list[dict[str, Any]] = []
    for number in range(SHOPPERS):
        habit = int(rng.choice([3, 7, 7, 14, 28]))
        weekend = rng.random() < 0.6
        for week in range(18):
            for turn in range(2 if habit == 3 else 1):
                if rng.random() > 7 / max(habit, 7) * 0.9:
                    continue
                day = int(rng.choice([5, 6]) if weekend and turn == 0 else rng.integers(0, 5))
                moment = SHOP_FROM + timedelta(days=4 + 7 * week + day, minutes=int(rng.integers(480, 1_200)))
                rows += _visit(rng, number, moment, len(rows))
    return [row for row in rows if row["time"] < SHOP_UNTIL]


def _visit(rng: np.random.Generator, number: int, moment: datetime, count: int) -> list[dict[str, Any]]:
    tastes = [leaning(number) if rng.random() < 0.8 else str(rng.choice(CATEGORIES)) for _ in range(5)]
    return [
        {
            "event_id": f"steady-{count + step}",
            "user_id": f"steady {number}",
            "item_id": f"{tastes[step].lower()}-{rng.integers(10)}",
            "event_type": "purchase",
            "value": float(np.round(rng.gamma(2, 3), 2)),
            "quantity": 1.0,
            "time": moment + timedelta(minutes=step),
        }
        for step in range(int(rng.integers(2, 5)))
    ]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModelBundle]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZHIYIN_HOME", str(tmp_path_factory.mktemp("steady") / "var"))
        patch.delenv("ZHIYIN_DATABASE_URL", raising=False)
        _forget()
        install_tables()
        bundle = install_shop(get_settings())
        with session_scope() as session:
            session.execute(delete(Event))
            add_events(session, steady_events())
        build_features(SHOP_FROM, SHOP_UNTIL)
        yield bundle
    _forget()


def _forget() -> None:
    get_settings.cache_clear()
    close_engines()


def window(until: datetime, days: int) -> DriftParams:
    start = until - days * DAY
    return DriftParams.of(
        current_from=start,
        current_until=until,
        reference_from=start - max(28 * DAY, least_reference(days * DAY)),
        reference_until=start,
    )


def refresh(bundle: ModelBundle, as_of: datetime) -> None:
    """Everybody's profile as of this moment."""
    users = [f"steady {number}" for number in range(SHOPPERS)]
    with session_scope() as session:
        histories, versions = load_histories(session, users, as_of), next_versions(session, users)
        shoppers = [(user, histories[user], versions[user]) for user in users if user in histories]
        save_profiles(session, build_profiles(bundle, shoppers, as_of), "retrain", as_of)


def verdict(params: DriftParams) -> dict[str, Any]:
    run = find_run(check_drift(params))
    assert run is not None
    return run.details


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_steady_weeks_stay_quiet_whatever_the_window(shop: ModelBundle) -> None:
    """Windows of 2 to 14 days that end on every weekday, against profiles that are 1 to 20 days old."""
    alarms, checked, drifted = [], 0, 0
    for number in range(WINDOWS):
        until = SHOP_UNTIL - (2 * WINDOWS - 2 * number) * DAY
        refresh(shop, until - (1 + 3 * number % 20) * DAY)
        found = verdict(window(until, LENGTHS[number % len(LENGTHS)]))
        checked += found["shoppers"]["checked"]
        drifted += found["shoppers"]["drifted_count"]
        alarms += [found["sentence"]] if found["drifted"] else []
    assert len(alarms) <= STATED_RATE * WINDOWS, alarms
    assert checked > 1_000
    assert drifted / checked < 2 * STATED_RATE


def test_three_days_without_a_sunday_are_no_drift(shop: ModelBundle) -> None:
    """Wednesday to Friday, when few come: in the weeks before it was the same."""
    until = SHOP_UNTIL - 6 * DAY  # the end of a Friday
    assert (until - DAY).weekday() == 4
    found = verdict(window(until, 3))
    assert not found["drifted"], found["sentence"]
    assert found["behaviour"]["share"] < 0.2


@pytest.mark.slow
@pytest.mark.parametrize("days", [3, 7])
def test_a_third_of_the_shoppers_away_is_seen(shop: ModelBundle, days: int) -> None:
    until = SHOP_UNTIL - 4 * DAY  # the end of a Sunday
    assert not verdict(window(until, days))["drifted"]
    away = [f"steady {number}" for number in range(0, SHOPPERS, 3)]
    theirs = Event.user_id.in_(away), Event.time >= until - days * DAY, Event.time < until
    with session_scope() as session:
        columns = Event.__table__.columns.keys()
        kept = [{name: getattr(row, name) for name in columns} for row in session.scalars(select(Event).where(*theirs))]
        session.execute(delete(Event).where(*theirs))
    build_features(until - days * DAY, SHOP_UNTIL)
    found = verdict(window(until, days))
    with session_scope() as session:
        session.add_all(Event(**row) for row in kept)
    build_features(until - days * DAY, SHOP_UNTIL)
    assert found["activity"]["drifted"], found["sentence"]
    assert found["sentence"].startswith("Drift: ")


@pytest.mark.slow
def test_another_taste_is_seen_in_profiles_and_shoppers(shop: ModelBundle) -> None:
    until = SHOP_UNTIL - 4 * DAY
    refresh(shop, until - 7 * DAY)
    changed = [
        {
            "event_id": f"new-{number}-{step}",
            "user_id": f"steady {number}",
            "item_id": f"{leaning(number + 3).lower()}-{step % 10}",
            "event_type": "purchase",
            "value": 5.0,
            "time": until - timedelta(hours=40 - step),
        }
        for number in range(0, SHOPPERS, 2)
        for step in range(12)
    ]
    with session_scope() as session:
        add_events(session, changed)
    build_features(until - 7 * DAY, SHOP_UNTIL)
    found = verdict(window(until, 7))
    with session_scope() as session:
        session.execute(delete(Event).where(Event.event_id.in_([row["event_id"] for row in changed])))
    build_features(until - 7 * DAY, SHOP_UNTIL)
    assert found["shoppers"]["drifted"], found["sentence"]
    assert found["shoppers"]["drifted_count"] > SHOPPERS / 4
