"""Files that processes hold while they live: a lock that the system takes back, however a process ends."""

import fcntl
import os
from pathlib import Path


def hold(file: Path) -> int:
    """From here on the file is held, with others or not, until this process ends or closes what is returned."""
    opened = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    fcntl.flock(opened, fcntl.LOCK_SH)
    return opened


def is_held(file: Path) -> bool:
    """Whether any process holds the file; FileNotFoundError where there is none."""
    opened = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(opened)
    return False
