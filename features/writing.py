"""Who is writing profiles just now, seen from other processes: an erasure ends only after those who began before it.

Each writer holds a lock on a file of its own below home, which the system releases when the process dies.
"""

import fcntl
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from recommender.settings import get_settings


@contextmanager
def writing_profiles() -> Iterator[None]:
    """To be held from before it is looked who may have a profile until the last store has it."""
    path = _folder() / f"{os.getpid()}-{uuid.uuid4().hex[:8]}.lock"
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write(str(time.time()))
        lock.flush()
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def is_writing_since_before(moment: datetime) -> bool:
    """Whether somebody still writes profiles who began before this moment; files of dead writers are removed."""
    return any(_began(path) < moment.timestamp() for path in _folder().glob("*.lock") if _is_held(path))


def _is_held(path: Path) -> bool:
    try:
        with path.open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if path.stat().st_size:  # an empty one was made a moment ago, and is about to be locked
                path.unlink(missing_ok=True)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        pass
    return False


def _began(path: Path) -> float:
    try:
        return float(path.read_text() or time.time())
    except FileNotFoundError:  # it has just ended
        return float("inf")


def _folder() -> Path:
    folder = get_settings().root / "locks" / "profiles"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
