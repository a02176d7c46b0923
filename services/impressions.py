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
from sqlalchemy import Engine
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from recommender.database import writing
from recommender.privacy.erasure import erased
from recommender.tables import Recommendation
from services.metrics import meters

log = structlog.get_logger(__name__)
BATCH = 500
SPOOL_LIMIT = 64 * 1024 * 1024  # bytes waiting for the database, about 100,000 answers


class Impressions:
    """`record` is called on the request path; everything else happens on the writer's thread."""

    def __init__(self, folder: Path, engine: Engine, interval_seconds: float = 0.25) -> None:
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
            if self._waiting + len(line) > SPOOL_LIMIT:
                meters().impressions_lost.inc()
                return
            os.write(self._file, line)
            self._waiting += len(line)
            self._written += len(line)

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
        with self._lock:
            if self._written:
                os.close(self._file)
                self._file, self._path = self._new_segment()
                self._written = 0
        try:
            for path in sorted(self.folder.glob("*.jsonl"), key=lambda path: path.stat().st_mtime):
                self._take(path)
        except (SQLAlchemyError, OSError) as failure:
            log.warning("impressions wait on disk", reason=str(failure).splitlines()[0])
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
            found = (_row(line) for line in lines if line.endswith(b"\n"))
            rows = list({row["recommendation_id"]: row for row in found}.values())
            for start in range(0, len(rows), BATCH):
                self._insert(rows[start : start + BATCH])
            path.unlink(missing_ok=True)
            with self._lock:
                self._waiting = max(0, self._waiting - sum(map(len, lines)))
        except BlockingIOError:
            return
        finally:
            os.close(file)

    def _insert(self, rows: list[dict[str, Any]]) -> None:
        """What is there already, from a spool that was read before, stays as it is."""
        with writing(self.engine) as session:
            gone = erased(session, {row["user_id"] for row in rows if row["user_id"] is not None})
            rows = [row for row in rows if row["user_id"] not in gone]
            if not rows:
                return
            connection = session.connection()
            dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
            new = connection.execute(dialect.insert(Recommendation).on_conflict_do_nothing(), rows).rowcount
        meters().impressions.inc(max(new, 0))


def _row(line: bytes) -> dict[str, Any]:
    row: dict[str, Any] = orjson.loads(line)
    row["time"] = datetime.fromisoformat(row["time"])
    return row
