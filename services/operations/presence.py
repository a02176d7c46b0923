"""Whether any worker of a service is up: each that does holds a lock, which the system takes back when it dies.

It knows one file. A lock outlives no process, however it ends, so nothing has to be tidied up.
"""

from pathlib import Path

from recommender.utils import lock_files

RUN = "run"  # below home; in it a folder a port
FILE = "serving.lock"


def hold(folder: Path) -> int:
    """From here on this process counts as serving, until it ends or the returned file is closed."""
    return lock_files.hold(_made(folder))


def is_serving(folder: Path) -> bool:
    """Whether a process serves now."""
    return lock_files.is_held(_made(folder))


def serving_ports(root: Path) -> list[str]:
    """The ports at which the shop of this home is served now."""
    folder = root / RUN
    return sorted(port.name for port in folder.iterdir() if is_serving(port)) if folder.is_dir() else []


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).touch(0o600)
    return folder / FILE
