"""A home as a backup, and a backup as a home: database, models, features, reports; all but logs and what is Airflow's.

SQLite files are copied by SQLite itself, PostgreSQL by its own `pg_dump` and `pg_restore`; a running service goes on
meanwhile. Redis is not in it: profiles are read from the database until they are pushed again. What was erased after
the backup was made is erased again when it is restored.
"""

import hashlib
import os
import shutil
import sqlite3
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from datetime import UTC, datetime
from pathlib import Path

import orjson
import structlog
from pydantic import BaseModel, ValidationError
from sqlalchemy import make_url

from features.partitions import only_one
from recommender.db.engine import close_engines, get_engine, migrate, schema_problem, schema_revision
from recommender.settings import Settings, get_settings
from recommender.shops import OWN_SETTINGS

log = structlog.get_logger(__name__)
MANIFEST, FORMAT = "backup.json", 1
HOME, SQLITE, DUMP = "home", "database.sqlite", "database.dump"
# other shops' homes, and the settings, which are no state: a restore leaves them there
PRESERVED = ("shops", OWN_SETTINGS)
LEFT_OUT = ("airflow", "logs", "run", "locks", *PRESERVED)
ASIDE = "before-restore-"
LOCKS = ("build", "user_profile")  # of those who write features
SQLITE_SECONDS = 60  # that are waited for others to let go of a file
SMALLEST_PAGE = 512  # bytes; no database of SQLite is smaller


class BackupError(RuntimeError):
    """It can't be made or restored; the message says why and what to do."""


class BackupManifest(BaseModel):
    """What a backup says of itself."""

    format: int = FORMAT
    made_at: datetime
    revision: str
    database: str  # sqlite or postgresql
    files: dict[str, str]  # digests


def back_up(target: Path) -> BackupManifest:
    """Writes the backup beside its place and moves it there, so that a half-written one is never found."""
    settings, target = get_settings(), target.resolve()
    if target.exists():
        raise BackupError(f"{target} is there already: name a new folder")
    if target.is_relative_to(settings.root):
        raise BackupError(f"{target} lies in what is backed up: name a folder outside of {settings.root}")
    engine = get_engine()
    revision = schema_revision(engine)
    if revision is None or (problem := schema_problem(engine)) is not None:
        raise BackupError(problem if revision else "there are no tables to back up: zhiyin migrate")
    made_at, draft = datetime.now(UTC), target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}")
    draft.mkdir(parents=True, mode=0o700)
    try:
        kind = _copy_database(settings, draft)
        with ExitStack() as turns:
            for name in LOCKS:
                turns.enter_context(only_one(name))
            _copy_home(settings, draft / HOME)
        files = {path.relative_to(draft).as_posix(): _digest(path) for path in _files(draft)}
        manifest = BackupManifest(made_at=made_at, revision=revision, database=kind, files=files)
        (draft / MANIFEST).write_bytes(manifest.model_dump_json(indent=1).encode())
        draft.rename(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return manifest


def read_backup(source: Path) -> BackupManifest:
    """The manifest of a backup whose files are what was saved."""
    try:
        manifest = BackupManifest.model_validate(orjson.loads((source / MANIFEST).read_bytes()))
    except (OSError, ValueError, ValidationError) as error:
        raise BackupError(f"{source}: no backup that can be read here ({error})") from error
    if manifest.format != FORMAT:
        raise BackupError(f"{source}: a backup of format {manifest.format}; this release reads {FORMAT}")
    for name, digest in manifest.files.items():
        if not (source / name).is_file() or _digest(source / name) != digest:
            raise BackupError(f"{source}: {name} is missing or isn't what was saved")
    return manifest


def put_back(source: Path, replace: bool = False) -> Path | None:
    """Makes the backup the home, and brings its tables up to date; answers where what was there before lies now."""
    settings, manifest = get_settings(), read_backup(source)
    kind = make_url(settings.sqlalchemy_url).get_backend_name()
    if manifest.database != kind:
        raise BackupError(f"the backup is of {manifest.database}, ZHIYIN_DATABASE_URL names {kind}")
    close_engines()  # what SQLite keeps beside its file goes with the last connection
    root = settings.root
    there = [path for path in root.iterdir() if _goes_aside(path.name)] if root.is_dir() else []
    if there and not replace:
        raise BackupError(f"{root} isn't empty: --replace puts the backup in its place and keeps what is there beside")
    root.mkdir(parents=True, exist_ok=True)
    draft = root / f".restore.{uuid.uuid4().hex[:8]}"
    try:
        shutil.copytree(source / HOME, draft)
        aside = _put_aside(root, there)
        for path in draft.iterdir():  # one by one: a home may be a volume of its own
            path.rename(root / path.name)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    _restore_database(settings, source)
    migrate()
    return aside


def _goes_aside(name: str) -> bool:
    return not name.startswith(ASIDE) and name not in PRESERVED


def _put_aside(root: Path, there: list[Path]) -> Path | None:
    if not there:
        return None
    aside = root / f"{ASIDE}{datetime.now(UTC):%Y%m%dT%H%M%S}"
    aside.mkdir(mode=0o700)
    for path in there:
        path.rename(aside / path.name)
    return aside


def _copy_database(settings: Settings, draft: Path) -> str:
    url = make_url(settings.sqlalchemy_url)
    if url.get_backend_name() == "sqlite":
        _copy_sqlite(Path(str(url.database)), draft / SQLITE)
        return "sqlite"
    _run("pg_dump", "--format=custom", "--no-owner", f"--file={draft / DUMP}", settings=settings)
    return url.get_backend_name()


def _restore_database(settings: Settings, source: Path) -> None:
    url = make_url(settings.sqlalchemy_url)
    if url.get_backend_name() == "sqlite":
        place = Path(str(url.database))
        place.parent.mkdir(parents=True, exist_ok=True)
        for name in (place.name, f"{place.name}-wal", f"{place.name}-shm"):
            place.with_name(name).unlink(missing_ok=True)
        shutil.copyfile(source / SQLITE, place)
    else:
        options = ("--clean", "--if-exists", "--no-owner", "--single-transaction")
        _run("pg_restore", *options, str(source / DUMP), settings=settings)


def _run(program: str, *arguments: str, settings: Settings) -> None:
    """One of PostgreSQL's own programs; the password goes by the environment, where no list of processes shows it."""
    url = make_url(settings.sqlalchemy_url)
    found = shutil.which(program)
    if found is None:
        raise BackupError(f"{program} is missing: install PostgreSQL's client programs")
    address = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    environment = os.environ | ({"PGPASSWORD": url.password} if url.password else {})
    done = subprocess.run(
        [found, f"--dbname={address}", *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BackupError(f"{program} failed: {done.stderr.strip()[-500:]}")


def _copy_home(settings: Settings, target: Path) -> None:
    database = Path(make_url(settings.sqlalchemy_url).database or "").resolve()
    target.mkdir(parents=True)
    for path in _files(settings.root):
        relative = path.relative_to(settings.root)
        top = relative.parts[0]
        if top in LEFT_OUT or top.startswith(ASIDE) or path.resolve() == database or _passing(relative):
            continue
        place = target / relative
        place.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):  # it was replaced meanwhile, or written into the database
            _copy_sqlite(path, place) if _is_sqlite(path) else shutil.copy2(path, place)


def _passing(relative: Path) -> bool:
    """What is being written, and what SQLite keeps beside its file."""
    hidden = any(part.startswith(".") for part in relative.parts)
    return hidden or relative.name.endswith((".lock", ".tmp", "-wal", "-shm", "-journal"))


def _is_sqlite(path: Path) -> bool:
    """Asked of SQLite: closing a file that this process has open as a database lets go of all its locks.

    See https://sqlite.org/howtocorrupt.html, section 2.2.
    """
    if path.stat().st_size < SMALLEST_PAGE:
        return False
    try:
        with closing(_read_only(path)) as file:
            file.execute("PRAGMA schema_version").fetchone()
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_CANTOPEN:
            path.stat()  # FileNotFoundError where it is gone
        return error.sqlite_errorcode != sqlite3.SQLITE_NOTADB
    return True


def _copy_sqlite(path: Path, target: Path) -> None:
    """A whole, consistent copy, while others write."""
    if not path.is_file():
        raise BackupError(f"{path}: there is no database here")
    with closing(_read_only(path)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=SQLITE_SECONDS)


def _files(folder: Path) -> Iterator[Path]:
    yield from (path for path in sorted(folder.rglob("*")) if path.is_file())


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
