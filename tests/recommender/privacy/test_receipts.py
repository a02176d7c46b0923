"""What is left of an erasure: its receipt, and the models that had learned from the shopper."""

from datetime import UTC, datetime, timedelta

import pytest

from recommender.db.engine import session_scope
from recommender.db.tables import Erasure, Event, Model
from recommender.privacy.erasure import digest, request_erasure
from recommender.privacy.receipts import find_receipt, is_receipt, new_receipt, note_models, receipt_of, unlearned
from recommender.settings import Settings
from tests.support.servers.databases import install_tables

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _tables(home: Settings) -> None:
    install_tables()


def erasure_of(user: str) -> Erasure:
    return Erasure(digest=digest(user), user_id=user, requested_at=NOW, removed={"database.events": 2})


def test_receipts_are_random_and_known_by_their_form() -> None:
    made = {new_receipt() for _ in range(100)}
    assert len(made) == 100
    assert all(map(is_receipt, made))
    receipt = new_receipt()
    for other in ("", receipt[:-1], f"{receipt}0", receipt.upper().replace("0", "A") + "\n", f"{receipt}\n", "g" * 32):
        assert not is_receipt(other), other


def test_who_shows_a_receipt_is_told_how_far_the_erasure_is() -> None:
    with session_scope() as session:
        request_erasure(session, "u1", NOW, "shop")
    with session_scope() as session:
        [row] = session.query(Erasure)
        assert row.receipt is not None
        told = find_receipt(session, row.receipt)
        assert told is not None
        assert (told.requested_at, told.done_at, told.removed, told.models, told.log_cleared) == (
            NOW,
            None,
            {},
            [],
            False,
        )
        row.done_at = row.log_cleared_at = NOW + timedelta(minutes=1)
        row.removed = {"online": 1}
        session.flush()
        done = find_receipt(session, told.receipt)
        assert done is not None
        assert (done.done_at, done.removed, done.log_cleared) == (NOW + timedelta(minutes=1), {"online": 1}, True)
        assert find_receipt(session, new_receipt()) is None


def test_an_erasure_of_a_release_without_receipts_is_given_one_that_stays() -> None:
    with session_scope() as session:
        session.add(erasure_of("u1"))
    with session_scope() as session:
        [row] = session.query(Erasure)
        first = receipt_of(row).receipt
        assert is_receipt(first)
    with session_scope() as session:
        [row] = session.query(Erasure)
        assert receipt_of(row).receipt == first


def test_models_that_were_made_after_the_shopper_s_first_event_had_learned_from_them() -> None:
    with session_scope() as session:
        for version, status, days in (
            ("before", "retired", 0), ("after", "promoted", 2), ("refused", "rejected", 3), ("latest", "candidate", 4),
        ):  # fmt: skip
            session.add(Model(model_version=version, status=status, path=version, manifest={},
                              created_at=NOW + timedelta(days=days)))  # fmt: skip
        for number, days in enumerate((1, 5)):
            session.add(Event(event_id=f"e{number}", user_id="u1", item_id="i", event_type="view",
                              time=NOW + timedelta(days=days)))  # fmt: skip
        row = erasure_of("u1")
        session.add(row)
        session.flush()
        for _ in range(2):  # to be done once, and harmless when it is done again
            note_models(session, row, "u1")
        session.flush()
        assert row.models == ["after", "latest"]
        assert unlearned(session) == {"after": 1}
        counts = {one.model_version: one.erased_shoppers for one in session.query(Model)}
        assert counts == {"before": 0, "after": 1, "refused": 0, "latest": 1}


def test_of_who_did_nothing_no_model_has_learned() -> None:
    with session_scope() as session:
        session.add(Model(model_version="m", status="promoted", path="m", manifest={}, created_at=NOW))
        row = erasure_of("quiet")
        session.add(row)
        session.flush()
        note_models(session, row, "quiet")
        assert row.models == []
        assert unlearned(session) == {}
