"""Whether any worker of a service is up: each that does holds a lock, which the system takes back when it dies.

It knows one file. A lock outlives no process, however it ends, so nothing has to be tidied up.
"""

import fcntl
import os
from pathlib import Path

RUN = "run"  # below home; in it a folder a port
FILE = "serving.lock"


def hold(folder: Path) -> int:
    """From here on this process counts as serving, until it ends or the returned file is closed."""
    file = _opened(folder)
    fcntl.flock(file, fcntl.LOCK_SH)
    return file


def anybody(folder: Path) -> bool:
    """Whether a process serves now."""
    file = _opened(folder)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False


def _opened(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    return os.open(folder / FILE, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
