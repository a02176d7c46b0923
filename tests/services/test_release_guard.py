"""New models are watched, counted and taken out; a model that stands is left alone."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from recommender.db.engine import get_engine, session_scope
from recommender.db.tables import Canary as CanaryRow
from recommender.db.tables import GuardrailDecision, Model, ReleaseCount
from recommender.release.canary import Canary
from recommender.settings import Settings
from services.core.metrics import meters
from services.release_guard import Guard
from services.state.model import ModelInService, OnTrial
from services.state.release_counter import CANARY, CURRENT, ReleaseCounter
from tests.support.servers.databases import install_tables

NOW = datetime.now(UTC)


@pytest.fixture
def guard(home: Settings) -> Guard:
    """A model in service for long, and one before it whose folder is there."""
    install_tables()
    for version, status, days in (("former", "retired", 40), ("old", "promoted", 20)):
        (home.models_dir / version).mkdir(parents=True)
        moment = NOW - timedelta(days=days)
        with session_scope() as session:
            row = {"reason": "", "path": f"models/{version}", "manifest": {}, "created_at": moment}
            session.add(Model(model_version=version, status=status, promoted_at=moment, **row))
    engine = get_engine(home.sqlalchemy_url)
    return Guard(engine, home, ModelInService(home.root), ReleaseCounter(engine, 1.0))


def try_out(guard: Guard) -> None:
    with session_scope() as session:
        row = {"incumbent": "old", "share": 0.5, "reason": "", "started_by": "somebody", "started_at": NOW}
        session.add(Model(model_version="new", status="candidate", reason="", path="", manifest={}, created_at=NOW))
        session.add(CanaryRow(model_version="new", running=True, **row))
    guard.models.canary = OnTrial(Canary(1, "new", "old", 0.5, False, NOW), released=None)  # type: ignore[arg-type]


def answers() -> int:
    with session_scope() as session:
        return session.scalar(select(func.sum(ReleaseCount.answers))) or 0


def test_answers_of_a_model_that_has_stood_for_long_are_written_once_a_minute(guard: Guard) -> None:
    found = []
    for seconds in (0, 10, 59, 60, 61):
        guard.counter.made("old", CURRENT, 0.0, set())
        guard(NOW + timedelta(seconds=seconds))
        found.append(answers())
    assert found == [1, 1, 1, 4, 4]


def test_it_is_judged_by_nobody(guard: Guard) -> None:
    for _ in range(60):
        guard.counter.failed("old", CURRENT, 0.0)
    guard(NOW)
    with session_scope() as session:
        assert session.scalar(select(func.count()).select_from(GuardrailDecision)) == 0


def test_those_of_one_that_was_promoted_lately_are_written_at_once_until_its_time_is_over(guard: Guard) -> None:
    with session_scope() as session:
        session.get_one(Model, "old").promoted_at = NOW
    over, found = NOW + timedelta(hours=guard.settings.guardrail_hours + 1), []
    for moment in (NOW, NOW + timedelta(seconds=1), over, over + timedelta(seconds=1)):
        guard.counter.made("old", CURRENT, 0.0, set())
        guard(moment)
        found.append(answers())
    assert found == [1, 2, 3, 3]


def test_a_canary_that_fails_is_ended_once_and_counted(guard: Guard) -> None:
    try_out(guard)
    guard(NOW)
    before = meters().guardrails.labels("errors")._value.get()
    for _ in range(60):
        guard.counter.failed("new", CANARY, 0.0)
        guard.counter.made("old", CURRENT, 0.0, set())
    for _ in range(2):
        guard(datetime.now(UTC))
    with session_scope() as session:
        (decision,) = session.scalars(select(GuardrailDecision)).all()
    assert (decision.model_version, decision.figure) == ("new", "errors")
    assert meters().guardrails.labels("errors")._value.get() == before + 1


def test_a_canary_that_answers_goes_on(guard: Guard) -> None:
    try_out(guard)
    guard(NOW)
    for _ in range(60):
        guard.counter.made("new", CANARY, 0.0, set())
        guard.counter.made("old", CURRENT, 0.0, set())
    guard(datetime.now(UTC))
    with session_scope() as session:
        assert session.scalar(select(func.count()).select_from(GuardrailDecision)) == 0
        assert session.scalars(select(CanaryRow.running)).one() is True
