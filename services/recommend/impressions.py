"""Remembers what was shown, without delaying the answer and without losing it.

An answer is appended to a spool file (that survives kill -9 of the service); a thread writes the spool into the
tables `recommendations` and `impression_evidence` in batches. While the database is away the spool grows, up to a
limit; what comes after that is counted as lost. Why items were shown is left out when half of that is reached, since it
takes most of the room. A row goes in once, however often its spool is read.
"""

import fcntl
import os
import threading
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from recommender.db.engine import first_line, writing
from recommender.privacy.erasure import anybody_erased, erased
from recommender.store.identity.visit_claims import Visitors
from recommender.store.identity.visits import ErasedVisit, is_any_claimed
from recommender.store.impression_evidence import taken_back, trim_evidence
from recommender.utils.background_worker import BackgroundWorker
from services.core.metrics import meters
from services.recommend.impression_rows import WITH_EVIDENCE, insert_evidence, insert_impressions, line_of

log = structlog.get_logger(__name__)
BATCH = 1000
SPOOL_LIMIT = 64 * 1024 * 1024  # bytes waiting for the database, about 100,000 answers
MIB = 1024 * 1024
AGAIN_SECONDS = 1.0  # longer until the next try, where the database took nothing
ROWS_A_TRIM = 1000  # of evidence, after which what is too old leaves
NO_SHOPPER = b'"user_id":null'
VERSION_7, ITS_BITS = 7 << 76 | 2 << 62, 0xF << 76 | 3 << 62


def new_id(now: datetime) -> str:
    """A UUID of version 7 (RFC 9562): it begins with the time, so that a moment's rows are together in an index."""
    made = int(now.timestamp() * 1000) << 80 | int.from_bytes(os.urandom(10))
    return f"{made & ~ITS_BITS | VERSION_7:032x}"


def made_at(recommendation_id: str) -> datetime | None:
    """When `new_id` made this id; None for one that it did not make."""
    try:
        parsed = uuid.UUID(recommendation_id)
    except ValueError:
        return None
    return datetime.fromtimestamp((parsed.int >> 80) / 1000, UTC) if parsed.version == 7 else None


class Impressions:
    """`record` is called on the request path; everything else happens on the writer's thread."""

    def __init__(self, folder: Path, engine: Engine, interval_seconds: float = 0.5, evidence_mb: int = 512) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.engine, self.interval = folder, engine, interval_seconds
        self.evidence_bytes = evidence_mb * MIB
        self._untrimmed = ROWS_A_TRIM  # a start trims: another limit may hold than before
        self._lock = threading.Lock()
        self._waiting = sum(path.stat().st_size for path in folder.glob("*.jsonl"))
        self._file, self._path = self._new_segment()
        self._written = 0
        self._worker = BackgroundWorker("impressions", self._round)

    def start(self) -> None:
        """Starts the writer's thread, which also takes in what processes that are gone left in the spool's folder."""
        self._worker.start()

    def stop(self) -> None:
        """Writes what is waiting and ends; what the database doesn't take stays on disk for the next start."""
        self._worker.stop(30)
        self._drain()
        os.close(self._file)
        if not self._path.stat().st_size:
            self._path.unlink()

    def record(self, row: dict[str, Any], evidence: Mapping[str, Any] | None = None) -> bool:
        """Takes one row of `recommendations` and its row of `impression_evidence`; says whether that was kept, too."""
        line = line_of(row, evidence)
        with self._lock:
            if evidence is not None and not self._has_room_for_evidence(line):
                line, evidence = line_of(row | {"evidence_id": None}), None
            if self._waiting + len(line) > SPOOL_LIMIT or not self._appended(line):
                meters().impressions_lost.inc()
                return False
            self._waiting += len(line)
            self._written += len(line)
        return evidence is not None

    def waiting(self, recommendation_ids: set[str]) -> dict[str, dict[str, Any]]:
        """The rows of these answers that wait in any worker's spool, by their ids."""
        marks, found = [orjson.dumps(one) for one in recommendation_ids], dict[str, dict[str, Any]]()
        for path in self.folder.glob("*.jsonl"):
            try:
                spool = path.read_bytes()
            except FileNotFoundError:  # written by now
                continue
            if not any(mark in spool for mark in marks):
                continue
            for line in spool.splitlines():
                row = orjson.loads(line) if any(mark in line for mark in marks) and _readable(line) else {}
                if row.get("recommendation_id") in recommendation_ids:
                    found[row["recommendation_id"]] = row
        return found

    def _has_room_for_evidence(self, line: bytes) -> bool:
        if self.evidence_bytes and self._waiting + len(line) > SPOOL_LIMIT // 2:
            meters().evidence_lost.inc()
            return False
        return self.evidence_bytes > 0

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

    def _round(self) -> float:
        return self.interval if self._drain() else self.interval + AGAIN_SECONDS

    def _drain(self) -> bool:
        """Moves what is on disk into the database; whether it took all."""
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
        except Exception:  # they wait, whatever it is
            log.exception("impressions wait on disk")
        else:
            return True
        return False

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
        with writing(self.engine) as session:
            lines = _without_erased(session, _named(session, lines))
            if not lines:
                return
            connection = session.connection()
            new = insert_impressions(connection, lines)
            if evidence := _not_taken_back(session, [line for line in lines if WITH_EVIDENCE in line]):
                insert_evidence(connection, evidence)
                self._trim(session, len(evidence))
        meters().impressions.inc(new)

    def _trim(self, session: Session, added: int) -> None:
        self._untrimmed += added
        if self._untrimmed >= ROWS_A_TRIM:
            trim_evidence(session, self.evidence_bytes)
            self._untrimmed = 0


def _readable(line: bytes) -> bool:
    try:
        row = orjson.loads(line)
    except ValueError:
        return False
    return isinstance(row, dict) and "user_id" in row


def _named(session: Session, lines: list[bytes]) -> list[bytes]:
    """What visits were shown, with the shoppers who had signed in in them; without that of erased ones' visits."""
    unnamed = {place: row for place, line in enumerate(lines) if (row := _of_visit(line)) is not None}
    if not unnamed or not is_any_claimed(session):
        return lines
    visitors, found = Visitors(session, {row["session_id"] for row in unnamed.values()}), dict[int, bytes]()
    for place, row in unnamed.items():
        moment, evidence = datetime.fromisoformat(row["time"]), row.pop("evidence", None)
        try:
            named = [visitors.named(one, moment) if one else None for one in (row, evidence)]
        except ErasedVisit:
            found[place] = b""
        else:
            found[place] = line_of(named[0] or row, named[1])
    return [one for place, line in enumerate(lines) if (one := found.get(place, line))]


def _of_visit(line: bytes) -> dict[str, Any] | None:
    """The row of an answer that names no shopper, but a visit."""
    if NO_SHOPPER not in line:  # in most lines
        return None
    row: dict[str, Any] = orjson.loads(line)
    return row if row["user_id"] is None and row.get("session_id") is not None else None


def _without_erased(session: Session, lines: list[bytes]) -> list[bytes]:
    if not anybody_erased(session):
        return lines
    users = [orjson.loads(line)["user_id"] for line in lines]
    gone = erased(session, {user for user in users if user is not None})
    return [line for line, user in zip(lines, users, strict=True) if user not in gone]


def _not_taken_back(session: Session, lines: list[bytes]) -> list[bytes]:
    """Without what an event led to that its shopper took back while the line waited, or a consent that is gone."""
    rows = [orjson.loads(line) for line in lines]
    users = {row["user_id"] for row in rows if row["user_id"] is not None}
    if not users:
        return lines
    gone = taken_back(session, users, min(datetime.fromisoformat(row["time"]) for row in rows))
    return [line for line, row in zip(lines, rows, strict=True) if row["user_id"] not in gone]
