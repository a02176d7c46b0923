"""Drift runs as rows: which is the newest, who drifted farthest, and who has a new profile by it."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from recommender.db.engine import session_scope
from recommender.db.tables import DriftedUser, DriftRun
from recommender.drift import runs
from recommender.drift.runs import (
    drifted_users,
    find_run,
    list_runs,
    mark_refreshed,
    mark_taken_back,
    newest_run,
    refreshed_users,
)
from recommender.settings import Settings
from tests.support.servers.databases import install_tables

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def add(session: Session, name: str, until: int, created: int = 0, **distances: float) -> None:
    """A run whose interval ends so many days from now, with its shoppers."""
    end = NOW + timedelta(days=until)
    session.add(
        DriftRun(
            drift_run_id=name, current_from=NOW, current_until=end, reference_from=NOW, reference_until=NOW,
            drifted=True, share=0.5, details={}, report_path="p", created_at=NOW + timedelta(days=created),
        )
    )  # fmt: skip
    session.flush()
    session.add_all(DriftedUser(drift_run_id=name, user_id=user, distance=far) for user, far in distances.items())


@pytest.fixture
def shop(home: Settings) -> Settings:
    """Two runs of one interval and an earlier one."""
    install_tables()
    with session_scope() as session:
        add(session, "remade", 7, created=2, ann=0.25, bob=0.9, cat=0.5, dan=0.9)
        add(session, "made", 7, created=1, ann=0.1)
        add(session, "earlier", 1, created=5)
    return home


def run_of(name: str) -> DriftRun:
    run = find_run(name)
    assert run is not None
    return run


def test_the_newest_is_the_last_made_of_the_last_interval(shop: Settings) -> None:
    assert run_of("made").drift_run_id == "made"
    newest = find_run()
    assert newest is not None
    assert newest.drift_run_id == "remade"
    assert find_run("gone") is None
    assert [one.drift_run_id for one in list_runs()] == ["remade", "made", "earlier"]
    assert [one.drift_run_id for one in list_runs(limit=1)] == ["remade"]


def test_without_runs_there_is_no_newest(session: Session) -> None:
    assert newest_run(session) is None


def test_shoppers_come_the_farthest_first_and_may_be_bounded(shop: Settings) -> None:
    assert drifted_users("remade") == ["bob", "dan", "cat", "ann"]
    assert drifted_users("remade", at_most=2) == ["bob", "dan"]
    assert drifted_users("remade", farther_than=0.5) == ["bob", "dan"]
    assert drifted_users("remade", farther_than=0.4, at_most=3) == ["bob", "dan", "cat"]
    assert drifted_users("gone") == []


def test_who_has_a_new_profile_waits_no_more_until_it_is_taken_back(
    shop: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "IDS_A_STATEMENT", 2)
    assert mark_refreshed("remade", ["cat", "ann", "bob", "nobody"]) == 3
    assert refreshed_users("remade") == ["ann", "bob", "cat"]
    assert drifted_users("remade", waiting=True) == ["dan"]
    assert drifted_users("remade", waiting=True, at_most=1) == [], "the farthest is refreshed already"
    assert run_of("remade").users_refreshed == 3
    assert refreshed_users("made") == []
    assert mark_taken_back("remade", ["ann", "dan"]) == 2
    assert refreshed_users("remade") == ["bob", "cat"]
    assert run_of("remade").users_refreshed == 2


def test_who_was_refreshed_before_keeps_the_moment_of_it(shop: Settings) -> None:
    def moment() -> datetime | None:
        with session_scope() as session:
            return session.get_one(DriftedUser, ("remade", "ann")).refreshed_at

    mark_refreshed("remade", ["ann"])
    first = moment()
    assert first is not None
    mark_refreshed("remade", ["ann", "bob"])
    assert moment() == first
    assert mark_refreshed("remade", []) == 2
