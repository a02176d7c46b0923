"""Experiments as rows: one runs at most, on both databases, and any number have ended."""

from datetime import UTC, datetime

import pytest
from sqlalchemy.exc import IntegrityError

from recommender.db.engine import session_scope
from recommender.db.tables import Experiment, SalesReport
from recommender.settings import Settings

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def experiment(name: str, running: bool | None) -> Experiment:
    arms = [{"name": "a", "share": 0.5, "changes": {}}]
    return Experiment(experiment_id=name, running=running, arms=arms, reason="r", started_by="ann", started_at=NOW)


def test_one_runs_at_most(database: Settings) -> None:
    with session_scope() as session:
        session.add_all([experiment("one", None), experiment("two", None), experiment("three", True)])
    with pytest.raises(IntegrityError), session_scope() as session:
        session.add(experiment("four", True))
    with session_scope() as session:
        session.get_one(Experiment, "three").running = None
        session.flush()
        session.add(experiment("five", True))
    with session_scope() as session:
        assert session.get_one(Experiment, "five").arms == [{"name": "a", "share": 0.5, "changes": {}}]


def test_reports_are_numbered_as_they_are_made(database: Settings) -> None:
    with session_scope() as session:
        for place in range(3):
            session.add(SalesReport(made_at=NOW, since=NOW, until=NOW, content={"place": place}))
            session.flush()
    with session_scope() as session:
        newest = session.query(SalesReport).order_by(SalesReport.id.desc()).first()
        assert newest is not None
        assert newest.content == {"place": 2}
