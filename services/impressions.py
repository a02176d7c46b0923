"""Remembers what was shown, without delaying the answer and without losing it.

An answer is appended to a spool file (that survives kill -9 of the service); a thread writes the spool into the
`recommendations` table in batches. While the database is away the spool grows, up to a limit; what comes after
that is counted as lost. A row goes in once, however often its spool is read.
"""

import fcntl
import os
import threading
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import structlog
from sqlalchemy import Engine, text
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from recommender.database import first_line, writing
from recommender.privacy.erasure import anybody_erased, erased
from services.metrics import meters

log = structlog.get_logger(__name__)
BATCH = 1000
# a row of JSON has the columns' names and types, but for SQLite's time: UTC, without a zone, microseconds spelled out
FROM_JSON = {
    "sqlite": text("""
        INSERT INTO recommendations
            (recommendation_id, user_id, session_id, scenario, model_version, profile_version, items, time)
        SELECT json_extract(value, '$.recommendation_id'), json_extract(value, '$.user_id'),
            json_extract(value, '$.session_id'), json_extract(value, '$.scenario'),
            json_extract(value, '$.model_version'), json_extract(value, '$.profile_version'),
            json_extract(value, '$.items'),
            replace(substr(json_extract(value, '$.time'), 1, 19), 'T', ' ')
                || CASE json_extract(value, '$.time') LIKE '%.%'
                    WHEN 1 THEN substr(json_extract(value, '$.time'), 20, 7) ELSE '.000000' END
        FROM json_each(:rows) WHERE true ON CONFLICT DO NOTHING
    """),
    "postgresql": text("""
        INSERT INTO recommendations
            (recommendation_id, user_id, session_id, scenario, model_version, profile_version, items, time)
        SELECT recommendation_id, user_id, session_id, scenario, model_version, profile_version, items, time
        FROM json_to_recordset(CAST(:rows AS json)) AS shown (
            recommendation_id text, user_id text, session_id text, scenario text, model_version text,
            profile_version integer, items json, time timestamptz)
        ON CONFLICT DO NOTHING
    """),
}
SPOOL_LIMIT = 64 * 1024 * 1024  # bytes waiting for the database, about 100,000 answers
VERSION_7, ITS_BITS = 7 << 76 | 2 << 62, 0xF << 76 | 3 << 62


def new_id(now: datetime) -> str:
    """A UUID of version 7 (RFC 9562): it begins with the time, so that a moment's rows are together in an index."""
    made = int(now.timestamp() * 1000) << 80 | int.from_bytes(os.urandom(10))
    return f"{made & ~ITS_BITS | VERSION_7:032x}"


class Impressions:
    """`record` is called on the request path; everything else happens on the writer's thread."""

    def __init__(self, folder: Path, engine: Engine, interval_seconds: float = 0.5) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.engine, self.interval = folder, engine, interval_seconds
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._waiting = sum(path.stat().st_size for path in folder.glob("*.jsonl"))
        self._file, self._path = self._new_segment()
        self._written = 0
        self._thread = threading.Thread(target=self._run, name="impressions", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Writes what is waiting and ends; what the database doesn't take stays on disk for the next start."""
        self._stopping.set()
        self._thread.join(30)
        os.close(self._file)
        if not self._path.stat().st_size:
            self._path.unlink()

    def record(self, row: dict[str, Any]) -> None:
        """Takes one row of the recommendations table."""
        line = orjson.dumps(row) + b"\n"
        with self._lock:
            if self._waiting + len(line) > SPOOL_LIMIT or not self._appended(line):
                meters().impressions_lost.inc()
                return
            self._waiting += len(line)
            self._written += len(line)

    def _appended(self, line: bytes) -> bool:
        """Whether the disk took the whole line; of one that it took a part of nothing stays."""
        try:
            whole = os.write(self._file, line) == len(line)
        except OSError:  # a full disk, say: the answer goes out all the same
            whole = False
        if not whole:
            os.ftruncate(self._file, self._written)
        return whole

    def _new_segment(self) -> tuple[int, Path]:
        path = self.folder / f"{uuid.uuid4().hex}.jsonl"
        file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
        fcntl.flock(file, fcntl.LOCK_EX)  # the file belongs to a living process while this is held
        return file, path

    def _run(self) -> None:
        while not self._stopping.wait(self.interval):
            self._drain()
        self._drain()

    def _drain(self) -> None:
        try:
            if self._written:
                full, fresh = self._file, self._new_segment()  # made outside the lock: an answer waits for no disk
                with self._lock:
                    (self._file, self._path), self._written = fresh, 0
                os.close(full)
            for path in sorted(self.folder.glob("*.jsonl"), key=lambda path: path.stat().st_mtime):
                self._take(path)
        except (SQLAlchemyError, OSError) as failure:
            log.warning("impressions wait on disk", reason=first_line(failure))
            self._stopping.wait(1)
        except Exception:  # nothing may end the writer
            log.exception("impressions wait on disk")
            self._stopping.wait(1)

    def _take(self, path: Path) -> None:
        """Moves one segment into the database, unless a living process still writes or moves it."""
        try:
            file = os.open(path, os.O_RDONLY)
        except FileNotFoundError:  # another worker took it
            return
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
            whole = [line for line in lines if line.endswith(b"\n")]
            for start in range(0, len(whole), BATCH):
                self._insert(whole[start : start + BATCH])
            path.unlink(missing_ok=True)
            taken = sum(map(len, lines))
            with self._lock:
                self._waiting = max(0, self._waiting - taken)
        except BlockingIOError:
            return
        finally:
            os.close(file)

    def _insert(self, lines: list[bytes]) -> None:
        """A line that can't be read, and never will be, must not keep what comes after it waiting."""
        try:
            self._write(lines)
        except (ValueError, KeyError, TypeError, DBAPIError) as failure:
            whole = [line for line in lines if _readable(line)]
            if len(whole) < len(lines):
                self._lose(len(lines) - len(whole), failure)
                self._insert(whole)
            elif isinstance(failure, DataError | IntegrityError) and len(lines) == 1:
                self._lose(1, failure)
            elif isinstance(failure, DataError | IntegrityError):
                for line in lines:
                    self._insert([line])
            else:
                raise

    def _lose(self, count: int, failure: Exception) -> None:
        log.error("impressions can't be read and are lost", count=count, reason=type(failure).__name__)
        meters().impressions_lost.inc(count)

    def _write(self, lines: list[bytes]) -> None:
        """One statement reads the lines as they are: while the database works, this process answers.

        What is there already, from a spool that was read before, stays as it is.
        """
        with writing(self.engine) as session:
            lines = _without_erased(session, lines)
            if not lines:
                return
            connection = session.connection()
            statement = FROM_JSON[connection.dialect.name]
            new = connection.execute(statement, {"rows": f"[{b','.join(lines).decode()}]"}).rowcount
        meters().impressions.inc(max(new, 0))


def _readable(line: bytes) -> bool:
    try:
        row = orjson.loads(line)
    except ValueError:
        return False
    return isinstance(row, dict) and "user_id" in row


def _without_erased(session: Session, lines: list[bytes]) -> list[bytes]:
    if not anybody_erased(session):
        return lines
    users = [orjson.loads(line)["user_id"] for line in lines]
    gone = erased(session, {user for user in users if user is not None})
    return [line for line, user in zip(lines, users, strict=True) if user not in gone]
