"""Connections to PostgreSQL that give up a server which doesn't answer.

A server's own time-outs end what it works on; nothing but a clock on this side ends the wait for one that is stopped or
cut off. It knows psycopg, which an installation on SQLite doesn't have.
"""

from typing import Any

from psycopg import Connection, OperationalError
from psycopg.errors import _WaitTimeout

from recommender.db.timeouts import Patience

LOCK_SHARE = 0.6  # of the time for a statement: who waits for a lock is told so, and not that the server is slow
SLACK_SECONDS = 1.0  # for the server to end a statement in order before the connection is given up


class HangingServer(OperationalError):
    """The server didn't answer in time; the connection is given up."""


class PatientConnection(Connection[Any]):
    """Gives up a server that doesn't answer within `wait_seconds`, and the connection with it."""

    wait_seconds: float | None = None

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Waits as psycopg does, but for `wait_seconds` at most (None: without end) where no `timeout` is given.

        Raises `HangingServer` when the time is over; the connection is closed then.
        """
        try:
            return super().wait(gen, interval, self.wait_seconds if timeout is None else timeout)
        except _WaitTimeout:
            self.pgconn.finish()
            raise HangingServer(f"no answer within {self.wait_seconds or timeout} s") from None


def connect(patience: Patience, *args: Any, **parameters: Any) -> PatientConnection:
    """A connection with this patience; time-outs that the address names itself count instead of it."""
    connection = PatientConnection.connect(*args, **{**patience.parameters(), **parameters})
    seconds = patience.statement_seconds
    if seconds is not None:
        connection.wait_seconds = seconds + SLACK_SECONDS
        milliseconds = int(seconds * 1000)
        connection.execute(f"SET statement_timeout = {milliseconds}")  # by a statement: poolers refuse it as an option
        connection.execute(f"SET lock_timeout = {int(milliseconds * LOCK_SHARE)}")
        connection.commit()
    return connection
