"""Sends the shop's own system what it is to be told: signed, again and again until it is heard, in nobody's way.

One thread a worker; each message is taken by one of them at a time. The form is that of the Standard Webhooks: an id
that stays the same, the time, and a signature of both with the body.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx
import orjson
import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from recommender.db.engine import first_line, session_scope, writing
from recommender.db.tables import OutgoingMessage
from recommender.store.outgoing import is_any_due, note_failed, note_sent, take_due
from recommender.utils.background_worker import BackgroundWorker
from services.core.circuit_breaker import Away, Breaker
from services.core.metrics import meters

log = structlog.get_logger(__name__)
LOOKS_APART = 1.0  # seconds
SECONDS = 10.0  # until an answer is there
AT_ONCE = 10
GONE = 410  # whoever answers so wants nothing of the kind any more
PREFIX = "whsec_"  # of a secret that is written in base64


@dataclass(slots=True)
class MessageSender:
    """`send_due` does one round; `start` repeats it, where there is an address."""

    engine: Engine
    database: Breaker
    url: str
    secret: str
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    _worker: BackgroundWorker = field(init=False)

    def __post_init__(self) -> None:
        self._worker = BackgroundWorker("webhooks", self._round)

    def start(self) -> None:
        """Starts the rounds on a thread; without an address there is nobody to tell, and no thread."""
        if self.url:
            self._worker.start()

    def stop(self) -> None:
        """Sends nothing further, and waits two seconds at most for what is under way."""
        self._worker.stop(2)  # who doesn't answer holds up no end; what was under way is sent again

    def _round(self) -> float:
        try:
            self.send_due()
        except (Away, SQLAlchemyError) as failure:
            log.warning("messages to the shop's system wait for the database", reason=first_line(failure))
        return LOOKS_APART

    def send_due(self) -> int:
        """Answers how many were sent."""
        now = self.now()
        with self.database.guard(), session_scope(self.engine) as session:
            if not is_any_due(session, now):
                return 0
        with self.database.guard(), writing(self.engine) as session:
            messages = list(take_due(session, now, AT_ONCE))
        with httpx.Client(timeout=SECONDS, follow_redirects=False) as client:
            return sum(self._send(client, message) for message in messages if not self._worker.is_stopping)

    def _send(self, client: httpx.Client, message: OutgoingMessage) -> bool:
        body = orjson.dumps({"type": message.kind, "timestamp": message.created_at, "data": message.data})
        try:
            answer = client.post(
                self.url, content=body, headers=headers_of(message.message_id, self.now(), body, self.secret)
            )
            failure = "" if answer.is_success else f"answered {answer.status_code}"
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            answer, failure = None, f"{type(error).__name__}: {first_line(error)}"
        self._note(message, failure, answer is not None and answer.status_code == GONE)
        return not failure

    def _note(self, message: OutgoingMessage, failure: str, for_good: bool) -> None:
        with self.database.guard(), writing(self.engine) as session:
            if not failure:
                note_sent(session, message.message_id, self.now())
                outcome = "sent"
            else:
                given_up = note_failed(session, message.message_id, failure, self.now(), for_good)
                outcome = "given_up" if given_up else "failed"
        meters().messages.labels(message.kind, outcome).inc()
        if failure:
            details = {
                "kind": message.kind,
                "message_id": message.message_id,
                "tries": message.tries,
                "failure": failure,
            }
            log.warning(
                "the shop's system was not told" if outcome == "failed" else "the shop's system is not told", **details
            )


def headers_of(message_id: str, now: datetime, body: bytes, secret: str) -> Mapping[str, str]:
    """What makes a message known, timed and signed."""
    moment = str(int(now.timestamp()))
    signed = hmac.digest(_key(secret), f"{message_id}.{moment}.".encode() + body, hashlib.sha256)
    return {
        "Content-Type": "application/json",
        "User-Agent": "Zhiyin",
        "webhook-id": message_id,
        "webhook-timestamp": moment,
        "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
    }


def _key(secret: str) -> bytes:
    if not secret.startswith(PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        return secret.encode()
