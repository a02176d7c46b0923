"""What the shop's own system is told: written with what it tells of, sent until it is heard, in nobody's way."""

import base64
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from monitoring.check_params import DriftParams
from monitoring.runs import DriftedShopper, replace_run
from recommender.db.engine import get_engine, session_scope
from recommender.db.tables import Model, OutgoingMessage
from recommender.release.promotion import promote, rollback
from recommender.settings import Settings, get_settings
from recommender.store.outgoing import RETENTION, TRIES, WAITS, queue_message, take_due
from recommender.subject_access.holdings import held, remove
from services.core.circuit_breaker import Breaker
from services.webhooks.sender import MessageSender, headers_of
from tests.monitoring.test_check_params import GOOD
from tests.services.conftest import serving_a_shop
from tests.support.servers.receiver import Receiver, receiving
from tests.support.shops.trained import install_shop

SECRET = "of the shop's own system"
VERDICT: dict[str, Any] = {"drifted": True, "behaviour": {"share": 0.25}, "sentence": "Drift: so it is"}


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch, database: Settings) -> Iterator[Receiver]:
    with receiving(Receiver(SECRET)) as one:
        monkeypatch.setenv("ZHIYIN_WEBHOOK_URL", one.url)
        monkeypatch.setenv("ZHIYIN_WEBHOOK_SECRET", SECRET)
        get_settings.cache_clear()
        yield one
        get_settings.cache_clear()


class Clock:
    """The time, which a test moves on."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


def sender_to(receiver: Receiver, clock: Clock) -> MessageSender:
    return MessageSender(get_engine(), Breaker("database", (SQLAlchemyError,)), receiver.url, SECRET, clock)


def write(**data: Any) -> None:
    with session_scope() as session:
        assert queue_message(session, "model.promoted", data, datetime.now(UTC))


def messages() -> list[OutgoingMessage]:
    with session_scope() as session:
        return list(session.scalars(select(OutgoingMessage).order_by(OutgoingMessage.created_at)))


def test_a_message_is_sent_again_under_its_id_until_it_is_heard(receiver: Receiver) -> None:
    clock = Clock()
    sender = sender_to(receiver, clock)
    write(model_version="m1")
    receiver.statuses = [500, 302]
    clock.now += timedelta(seconds=1)
    assert sender.send_due() == 0
    [row] = messages()
    assert (row.tries, row.failure, row.due_at) == (1, "answered 500", clock.now + WAITS[0])
    assert sender.send_due() == 0, "not before its time"
    for wait in WAITS[:2]:
        clock.now += wait
        sender.send_due()
    [row] = messages()
    assert (row.tries, row.failure, row.due_at, row.sent_at) == (3, "", None, clock.now)
    assert len(receiver.ids) == 3
    assert set(receiver.ids) == {row.message_id}
    [heard] = receiver.heard
    assert (heard["type"], heard["data"]) == ("model.promoted", {"model_version": "m1"})
    clock.now += RETENTION + timedelta(days=1)
    with session_scope() as session:
        assert take_due(session, clock.now, 10) == []
    assert messages() == [], "what was sent is forgotten in time"


def test_what_is_never_heard_is_given_up(receiver: Receiver) -> None:
    clock = Clock()
    sender = sender_to(receiver, clock)
    write(model_version="m1")
    receiver.statuses = [503] * TRIES
    for _ in range(TRIES + 3):
        clock.now += max(WAITS) + timedelta(seconds=1)
        sender.send_due()
    [row] = messages()
    assert (row.tries, row.due_at, row.sent_at, row.failure) == (TRIES, None, None, "answered 503")
    assert len(receiver.ids) == TRIES
    write(model_version="m2")
    receiver.statuses = [410]
    sender.send_due()
    assert messages()[-1].due_at is None, "who answers 410 is not asked again"


def test_where_nobody_listens_it_waits(receiver: Receiver) -> None:
    clock = Clock()
    nobody = MessageSender(
        get_engine(), Breaker("database", (SQLAlchemyError,)), "http://127.0.0.1:9/none", SECRET, clock
    )
    write(model_version="m1")
    clock.now += timedelta(seconds=1)
    assert nobody.send_due() == 0
    [row] = messages()
    assert row.failure.startswith("ConnectError")
    assert sender_to(receiver, clock).send_due() == 0, "another sender doesn't have it before its time"
    clock.now += WAITS[0]
    assert sender_to(receiver, clock).send_due() == 1


def test_a_run_that_found_drift_is_told_once(receiver: Receiver) -> None:
    for _ in range(2):
        replace_run("one", DriftParams.of(**GOOD), VERDICT, "x", {"u1": DriftedShopper(0.5)})
    replace_run("calm", DriftParams.of(**GOOD), VERDICT | {"drifted": False}, "x", {})
    [row] = messages()
    assert (row.message_id, row.kind) == ("drift-one", "drift.found")
    assert (row.data["users_drifted"], row.data["sentence"]) == (1, "Drift: so it is")
    assert "u1" not in str(row.data)


def test_a_promotion_and_its_message_are_one(receiver: Receiver, database: Settings) -> None:
    bundle = install_shop(database)
    bundle.save(database.models_dir / "next")
    with session_scope() as session:
        first = session.get_one(Model, "shop-1")
        values = {"path": database.relative(database.models_dir / "next"), "manifest": first.manifest}
        session.add(Model(model_version="next", status="candidate", reason="", created_at=datetime.now(UTC), **values))
    with session_scope() as session, pytest.raises(RuntimeError):  # noqa: PT012 (what is rolled back is both)
        queue_message(session, "model.promoted", {}, datetime.now(UTC))
        session.flush()
        session.rollback()
        raise RuntimeError
    assert messages() == []
    promote("next")
    promote("next")
    rollback()
    promoted, back = messages()
    assert (promoted.data["model_version"], promoted.data["former"]) == ("next", "shop-1")
    assert (back.data["model_version"], back.data["rolled_back"]) == ("shop-1", True)
    assert promoted.data["metrics"]["NDCG@20"] > 0


def test_who_is_erased_is_in_no_message(receiver: Receiver) -> None:
    with session_scope() as session:
        queue_message(session, "assistant.handover", {"question": "Where is it?"}, datetime.now(UTC), user_id="u1")
    with session_scope() as session:
        assert held(session, "u1")["outgoing_messages"][0]["data"] == {"question": "Where is it?"}
        assert remove(session, "u1")["outgoing_messages"] == 1
    assert messages() == []


def test_nothing_is_written_where_nobody_is_to_be_told(database: Settings) -> None:
    with session_scope() as session:
        assert not queue_message(session, "model.promoted", {}, datetime.now(UTC))
        assert session.scalar(select(func.count()).select_from(OutgoingMessage)) == 0


def test_an_address_needs_a_secret_and_to_be_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIYIN_WEBHOOK_URL", "https://shop.example/told")
    with pytest.raises(ValidationError, match="webhook_secret"):
        Settings()
    monkeypatch.setenv("ZHIYIN_WEBHOOK_URL", "file:///etc/passwd")
    with pytest.raises(ValidationError, match="https://"):
        Settings()


def test_a_secret_may_be_written_as_the_standard_s_libraries_write_it() -> None:
    moment, plain = datetime(2026, 5, 1, tzinfo=UTC), b"a secret of bytes"
    written = "whsec_" + base64.b64encode(plain).decode()
    assert headers_of("m", moment, b"{}", written) == headers_of("m", moment, b"{}", plain.decode())


@pytest.mark.slow
def test_a_handover_is_told_while_the_answer_waits_for_nobody(tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("telling")
    with receiving(Receiver(SECRET, hangs=3.0)) as receiver:
        settings = {"ZHIYIN_WEBHOOK_URL": receiver.url, "ZHIYIN_WEBHOOK_SECRET": SECRET}
        with serving_a_shop(home, **settings) as service:
            service.post("/assistant", question="hello")  # its encoder is loaded by now
            for place in range(3):
                began = time.monotonic()
                answer = service.post("/assistant", user_id="u1", question="I want to talk to a person").json()
                assert answer["handover"], place
                assert time.monotonic() - began < 2.5, "the receiver takes three seconds"
            receiver.wait_for(3)
            shown = service.send("GET", "/metrics").text
    assert [one["type"] for one in receiver.heard] == ["assistant.handover"] * 3
    assert receiver.heard[0]["data"]["question"] == "I want to talk to a person"
    assert (receiver.heard[0]["data"]["user_id"], receiver.heard[0]["data"]["reason"]) == ("u1", "asked")
    assert 'zhiyin_messages_total{kind="assistant.handover",outcome="sent"}' in shown
