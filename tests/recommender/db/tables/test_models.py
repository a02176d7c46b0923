"""Models, drift runs and embeddings as rows: known words only, shoppers of a run that is there, bytes as they were."""

from datetime import UTC, datetime

import numpy as np
import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import Session

from recommender.db.tables import MODEL_STATUSES, DriftDecision, DriftedUser, Embedding, Model

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def model(name: str, status: str) -> Model:
    return Model(model_version=name, status=status, path="p", manifest={"metrics": {"a": 0.5}}, created_at=NOW)


def test_a_model_has_one_of_the_known_statuses(session: Session) -> None:
    session.add_all(model(status, status) for status in MODEL_STATUSES)
    session.flush()
    session.expire_all()
    found = session.get_one(Model, "candidate")
    assert (found.reason, found.erased_shoppers, found.promoted_at) == ("", 0, None)
    assert found.manifest == {"metrics": {"a": 0.5}}
    session.add(model("x", "splendid"))
    with pytest.raises(StatementError, match="splendid"):
        session.flush()


def test_a_shopper_drifts_in_a_run_that_is_there(session: Session) -> None:
    with pytest.raises(IntegrityError, match="FOREIGN KEY"):
        session.execute(insert(DriftedUser), {"drift_run_id": "gone", "user_id": "ann", "distance": 0.5})


@pytest.mark.parametrize(("field", "word"), [("action", "panic"), ("door", "window")])
def test_a_decision_is_one_that_there_is_by_a_door_that_there_is(session: Session, field: str, word: str) -> None:
    row = {
        "drift_run_id": "r", "action": "refresh", "note": "", "decided_by": "ann", "door": "page", "decided_at": NOW,
    }  # fmt: skip
    with pytest.raises(StatementError, match=word):
        session.execute(insert(DriftDecision), row | {field: word})
    session.execute(insert(DriftDecision), row)
    with pytest.raises(IntegrityError):
        session.execute(insert(DriftDecision), row | {"action": "dismiss"})


def test_a_vector_s_bytes_come_back_by_encoder_and_text(session: Session) -> None:
    vector = np.random.default_rng(0).standard_normal(8).astype("<f4")
    session.add_all(Embedding(encoder_id=name, content_hash="h", vector=vector.tobytes()) for name in ("a", "b"))
    session.flush()
    session.expire_all()
    found = session.get_one(Embedding, ("b", "h"))
    np.testing.assert_array_equal(np.frombuffer(found.vector, "<f4"), vector)
