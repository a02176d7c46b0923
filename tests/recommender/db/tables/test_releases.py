"""Trials as rows: one runs at most on both databases, and counts are a worker's minute."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError, StatementError

from recommender.db.engine import session_scope
from recommender.db.tables import CANARY_OUTCOMES, Canary, ReleaseCount
from recommender.settings import Settings

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def canary(running: bool | None, **more: Any) -> Canary:
    plain = {
        "model_version": "m",
        "incumbent": "n",
        "share": 0.1,
        "reason": "r",
        "started_by": "ann",
        "started_at": NOW,
    }
    return Canary(running=running, **plain | more)


def test_one_runs_at_most_and_any_number_have_ended(database: Settings) -> None:
    with session_scope() as session:
        session.add_all([canary(None, outcome=outcome) for outcome in CANARY_OUTCOMES])
        session.add(canary(True))
    with pytest.raises(IntegrityError), session_scope() as session:
        session.add(canary(True))
    with pytest.raises(StatementError, match="bored"), session_scope() as session:
        session.add(canary(None, outcome="bored"))
    with session_scope() as session:
        assert session.query(Canary).filter(Canary.running.is_(True)).one().shadow is False


def test_counts_are_kept_once_for_a_worker_s_minute_and_role(database: Settings) -> None:
    row = {"model_version": "m", "role": "canary", "minute": NOW, "worker": "w", "overlap": 0.0, "times": [1, 0]}
    row |= dict.fromkeys(("answers", "errors", "degraded", "slow", "dropped"), 0)
    with session_scope() as session:
        for changes in ({}, {"worker": "x"}, {"role": "shadow"}):
            session.execute(insert(ReleaseCount), row | changes)
    with pytest.raises(IntegrityError), session_scope() as session:
        session.execute(insert(ReleaseCount), row)
    with pytest.raises(StatementError, match="bystander"), session_scope() as session:
        session.execute(insert(ReleaseCount), row | {"role": "bystander"})
