"""SQLite's locks, as another process sees them."""

import subprocess
import sys
from pathlib import Path


def is_open(path: Path) -> bool:
    """Whether another process sees SQLite's lock of one who has the file open."""
    start, size = 0x40000002, 510  # the bytes of which SQLite locks some while a database is open
    code = f"""
import fcntl
with open({str(path)!r}, "r+b") as file:
    fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, {size}, {start})
"""
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 0 or "BlockingIOError" in done.stderr, done.stderr
    return done.returncode != 0
