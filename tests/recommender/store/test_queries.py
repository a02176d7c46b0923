"""Shared reads and writes, on both databases."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from recommender.data.history import TYPE_CODES, History
from recommender.db.engine import session_scope
from recommender.db.tables import Event, Model
from recommender.profiles.profile import Affinity, Profile
from recommender.settings import Settings
from recommender.store import queries

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def event(number: int, user: str = "ann", **more: object) -> dict[str, object]:
    row = {"event_id": f"e{number}", "user_id": user, "item_id": f"i{number}", "event_type": "view"}
    return {**row, "time": START + timedelta(hours=number), **more}


def profile(user: str, version: int = 1) -> Profile:
    history = History.of([])
    vector = np.arange(4, dtype=np.float32)
    affinity = Affinity("category", "Tea", 0.5, ("e2", "e1"))
    return Profile(user, version, "m1", START, vector, (affinity,), history, "Likes tea.")


def test_events_are_kept_once(database: Settings) -> None:
    with session_scope() as session:
        assert queries.add_events(session, [event(1), event(2), event(1)]) == (2, 1)
    with session_scope() as session:
        assert queries.add_events(session, [event(2), Event(**event(3))]) == (1, 1)
        assert queries.add_events(session, []) == (0, 0)


def test_an_event_with_an_unknown_field_is_refused(database: Settings) -> None:
    with session_scope() as session, pytest.raises(ValueError, match="an event has no colour"):
        queries.add_events(session, [event(1, colour="red")])


def test_a_history_is_in_order_of_time_and_id(database: Settings) -> None:
    rows = [
        event(3),
        event(1, event_type="purchase", value=2.5),
        event(2, item_id=None, event_type="search", text="tea"),
    ]
    rows.append(event(9, time=START + timedelta(hours=1, microseconds=-1)))
    with session_scope() as session:
        queries.add_events(session, rows)
        history = queries.load_history(session, "ann")
        same = History.of(Event(**row) for row in rows)
    for name in ("event_ids", "item_ids", "event_types", "times"):
        assert getattr(history, name).tolist() == getattr(same, name).tolist()
    np.testing.assert_array_equal(history.values, same.values)
    assert history.event_ids.tolist() == ["e9", "e1", "e2", "e3"]
    assert history.event_types[1] == TYPE_CODES["purchase"]


def test_a_history_ends_before_the_moment_and_keeps_the_latest(database: Settings) -> None:
    with session_scope() as session:
        queries.add_events(session, [event(number) for number in range(6)])
        until = START + timedelta(hours=4)
        assert queries.load_history(session, "ann", until).event_ids.tolist() == ["e0", "e1", "e2", "e3"]
        assert queries.load_history(session, "ann", until, limit=2).event_ids.tolist() == ["e2", "e3"]
        assert len(queries.load_history(session, "nobody")) == 0


def test_many_histories_are_those_one_would_load(database: Settings) -> None:
    users = [f"u{number % 700}" for number in range(2_000)]
    with session_scope() as session:
        queries.add_events(session, [event(number, user) for number, user in enumerate(users)])
        histories = queries.load_histories(session, {*users, "nobody"}, START + timedelta(hours=1_900), limit=2)
        assert histories.keys() == set(users)
        for user in ("u0", "u499", "u699"):
            alone = queries.load_history(session, user, START + timedelta(hours=1_900), limit=2)
            assert histories[user].event_ids.tolist() == alone.event_ids.tolist()


def test_profiles_are_kept_by_version(database: Settings) -> None:
    with session_scope() as session:
        assert queries.next_versions(session, ["ann", "bob"]) == {"ann": 1, "bob": 1}
        assert queries.save_profiles(session, [profile("ann"), profile("bob")], "retrain", START) == 2
        assert queries.save_profiles(session, [profile("ann"), profile("ann", 2)], "event", START) == 1
        assert queries.next_versions(session, ["ann", "bob"]) == {"ann": 3, "bob": 2}
        kept = queries.latest_profiles(session, ["ann", "bob", "nobody"])
        assert {user: row.version for user, row in kept.items()} == {"ann": 2, "bob": 1}
        assert np.frombuffer(kept["ann"].vector, "<f4").tolist() == [0, 1, 2, 3]
        assert kept["ann"].affinities == [{"kind": "category", "key": "Tea", "weight": 0.5, "evidence": ["e2", "e1"]}]


def test_the_model_in_service_is_the_last_promoted(database: Settings) -> None:
    with session_scope() as session:
        assert queries.promoted_model(session) is None
        for day, status in enumerate(("retired", "promoted", "candidate")):
            promoted = START + timedelta(days=day)
            row = Model(model_version=f"m{day}", status=status, path="", manifest={}, created_at=START)
            row.promoted_at = promoted
            session.add(row)
        session.flush()
        model = queries.promoted_model(session)
        assert model is not None
        assert model.model_version == "m1"


def test_the_time_span_of_the_log(database: Settings) -> None:
    with session_scope() as session:
        assert queries.time_span(session) is None
        queries.add_events(session, [event(5), event(2)])
        assert queries.time_span(session) == (START + timedelta(hours=2), START + timedelta(hours=5))
