"""Files that go when they are old: reports of drift and sales, and logs, each by when it was last written."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from recommender.settings import Settings

log = structlog.get_logger(__name__)
INDEXES = frozenset({"metadata.json"})  # of Evidently's workspace: without it no run is found, however new


@dataclass(frozen=True, slots=True)
class OldFile:
    """A file that is old enough, its kind and its bytes."""

    kind: str
    path: Path
    size: int


def old_files(settings: Settings, now: datetime) -> Iterator[OldFile]:
    """By the settings' days, each counted from `now`; a setting of 0 keeps everything.

    A folder that is a link to somewhere outside of home is left alone: what lies there may be others', too.
    """
    kept = (
        ("reports", settings.keep_reports_days, (settings.reports_dir,)),
        ("logs", settings.keep_logs_days, (settings.logs_dir, settings.airflow_dir / "logs")),
    )
    home = settings.root.resolve()
    for kind, days, folders in kept:
        before = (now - timedelta(days=days)).timestamp()
        own = [folder for folder in folders if days and _is_within(folder, home)]
        for path in (path for folder in own for path in sorted(folder.rglob("*"))):
            with suppress(FileNotFoundError):  # it went meanwhile
                known = path.lstat()
                if not path.is_dir() and path.name not in INDEXES and known.st_mtime < before:
                    yield OldFile(kind, path, known.st_size)


def _is_within(folder: Path, home: Path) -> bool:
    place = folder.resolve()
    if place.is_relative_to(home):
        return True
    log.warning("files outside of home are left alone, however old", folder=str(folder), place=str(place))
    return False


def remove_old_files(settings: Settings, now: datetime) -> Iterator[OldFile]:
    """Removes them, and the folders that are empty then; tells each file that went."""
    for one in list(old_files(settings, now)):
        one.path.unlink(missing_ok=True)
        _remove_empty(one.path.parent, settings.root)
        yield one


def _remove_empty(folder: Path, root: Path) -> None:
    """The folder, and those above it, as long as they are empty; the topmost two of the home stay."""
    while len(folder.relative_to(root).parts) > (2 if folder.is_relative_to(root / "airflow") else 1):
        try:
            os.rmdir(folder)
        except OSError:  # not empty
            return
        folder = folder.parent
