"""SQLite's files rid of what was erased: their write-ahead logs, and copies of rows that pages keep.

It knows files and which erasures are done; what is removed from tables is `features.privacy`'s affair.
"""

import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from recommender.db.engine import session_scope
from recommender.privacy.erasure import digest, list_pending_erasures, note_cleared, uncleared
from recommender.settings import get_settings

# what another process says of a file and the bytes that it reads from its standard input
FIND = """
import mmap, os, sys
if os.path.getsize(sys.argv[1]):
    with open(sys.argv[1], "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        print("found" if data.find(sys.stdin.buffer.read()) >= 0 else "", end="")
"""
LARGE = 64 << 20  # bytes of a file that takes a second or so to be written anew


def clear_traces(engine: Engine, now: datetime, gone: str | None = None, at_leisure: bool = False) -> None:
    """Empties SQLite's write-ahead logs, which still hold what was deleted, where nobody reads them just now.

    Pages that were split may hold copies of rows that no deletion reaches, even under `secure_delete`: a file in which
    the id of who is `gone` still stands is written anew, and so is each file where nobody knows the id any more. While
    that lasts nobody else can write, so files of more than `LARGE` bytes wait for a call `at_leisure`, of `retention`.
    It waits for nobody: beside a long reader, a backup say, it is done at a later call. Until then the erasures that
    are done are without `log_cleared_at`.
    """
    files = _sqlite_files(engine)
    waits = not at_leisure and any(path.stat().st_size > LARGE for path in files)
    with session_scope(engine) as session:
        done = uncleared(session)
        if not list_pending_erasures(session) and (not done or (waits and gone is None)):
            return
    emptied = [_empty_log(path) for path in files]
    if done and all(emptied) and all(_write_anew(path, gone, at_leisure) for path in files):
        with session_scope(engine) as session:  # who else is done may still stand in a file that had no need of it
            note_cleared(session, done if gone is None else [digest(gone)], now)


def _sqlite_files(engine: Engine) -> list[Path]:
    files = [Path(engine.url.database)] if engine.dialect.name == "sqlite" and engine.url.database else []
    if get_settings().redis_url is None:
        files.append(get_settings().feast_dir / "online.db")
    return [path for path in files if path.exists()]


def _empty_log(path: Path) -> bool:
    """Whether it could be done without waiting."""
    try:
        with closing(sqlite3.connect(path, timeout=0)) as connection:
            busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.OperationalError:  # locked
        return False
    return not busy


def _write_anew(path: Path, gone: str | None, at_leisure: bool) -> bool:
    """Whether no copy of the id can be left in the file, which is written anew (VACUUM) where one may be."""
    if gone is not None and not _holds(path, gone):
        return True
    if path.stat().st_size > LARGE and not at_leisure:
        return False
    try:
        with closing(sqlite3.connect(path, timeout=0)) as connection:
            connection.execute("VACUUM")
    except sqlite3.OperationalError:  # locked
        return False
    return _empty_log(path)


def _holds(path: Path, user_id: str) -> bool:
    """Whether the id's bytes stand anywhere in a file of SQLite, read by a process of its own.

    One that has the file open as a database must not open it otherwise: closing it lets go of SQLite's locks, and
    others could write over what this process has still to write (https://sqlite.org/howtocorrupt.html, section 2.2).
    """
    command = [sys.executable, "-I", "-S", "-c", FIND, str(path)]
    return subprocess.run(command, input=user_id.encode(), check=True, capture_output=True).stdout == b"found"
