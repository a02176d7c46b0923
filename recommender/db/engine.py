"""The way to the application's database: engine, sessions, migrations. SQLite and PostgreSQL behave alike above it."""

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import InvalidatePoolError, OperationalError, ProgrammingError
from sqlalchemy.orm import Session

from recommender.db.timeouts import Patience
from recommender.settings import get_settings

if TYPE_CHECKING:  # Alembic takes a fifth of a second to import, and most processes don't migrate
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"
RESTED_SECONDS = 1.0
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended(:user, 0))")
LONGEST_LOG = 8_000  # pages (32 MB) of SQLite's write-ahead log until whoever writes next has to clear it
LOCK_STATES = ("55P03", "40P01", "40001")  # PostgreSQL's lock not available, deadlock, serialization failure
_engines: dict[str, Engine] = {}
_opening = threading.Lock()
_patience = Patience()


def get_engine(url: str | None = None) -> Engine:
    """The engine of `url` (default: the settings' database), one a process.

    `postgresql://` is served by psycopg 3. SQLite runs in WAL mode, with foreign keys on and a busy time-out.
    """
    named = url or get_settings().sqlalchemy_url
    with _opening:
        if named not in _engines:
            _engines[named] = _open(make_url(named))
        return _engines[named]


def limit_waits(patience: Patience) -> None:
    """From here on this process waits for the database no longer than this; engines are opened anew."""
    close_engines()
    global _patience
    _patience = patience


def close_engines() -> None:
    """Closes the connections that rest; whoever asks next gets an engine anew, of common patience."""
    global _patience
    with _opening:
        _patience = Patience()
        engines = list(_engines.values())
        _engines.clear()
    for engine in engines:
        engine.dispose()


def _open(address: URL) -> Engine:
    if address.drivername == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    if address.get_backend_name() != "sqlite":
        seconds = _patience.statement_seconds
        engine = create_engine(address, hide_parameters=True, pool_timeout=seconds if seconds is not None else 30)
        event.listen(engine, "do_connect", partial(_connect, _patience))
        event.listen(engine, "checkin", _note_use)
        event.listen(engine, "checkout", partial(_must_live, engine))
        return engine
    if address.database:
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(address, hide_parameters=True)
    event.listen(engine, "connect", partial(_prepare_sqlite, int(_patience.busy_seconds * 1000)))
    return engine


def _connect(patience: Patience, _dialect: object, _record: object, args: Any, parameters: Any) -> Any:
    from recommender.db.postgres import connect  # where there is a PostgreSQL, there is its driver

    return connect(patience, *args, **parameters)


def _note_use(_connection: Any, record: Any) -> None:
    record.info["used"] = time.monotonic()


def _must_live(engine: Engine, connection: Any, record: Any, _proxy: object) -> None:
    """A connection that has rested is asked whether its server still answers: one in use a moment ago needn't be."""
    if time.monotonic() - record.info.get("used", time.monotonic()) < RESTED_SECONDS:
        return
    try:
        engine.dialect.do_ping(connection)
    except engine.dialect.loaded_dbapi.Error as error:
        raise InvalidatePoolError from error


def _prepare_sqlite(busy_timeout_ms: int, connection: Any, _record: object) -> None:
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",  # by whoever moves rows, too, not only by who erases
        f"wal_autocheckpoint={LONGEST_LOG}",
        f"busy_timeout={busy_timeout_ms}",
    ):
        connection.execute(f"PRAGMA {pragma}")


@contextmanager
def session_scope(engine: Engine | None = None) -> Iterator[Session]:
    """A session in one transaction: committed at the end, rolled back when the block raises."""
    with Session(engine or get_engine(), expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """As `session_scope`, for a block that writes while somebody waits for it or for others that write.

    On SQLite those of this process take turns here: who finds the database busy sleeps, ever longer, and would sleep on
    when it no longer is.
    """
    with _turn(engine), session_scope(engine) as session:
        yield session


@lru_cache(maxsize=8)
def _turn(engine: Engine) -> AbstractContextManager[Any]:
    return threading.Lock() if engine.dialect.name == "sqlite" else nullcontext()


def clear_log(engine: Engine) -> None:
    """SQLite: takes what is in the write-ahead log into the database's file, while others go on reading and writing.

    Done now and then by who has time, it is never left to a block that writes. Elsewhere there is nothing to do.
    """
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")


def alembic_config(url: str | None = None) -> "Config":
    """Where the migrations are, and the database they are for."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["engine"] = get_engine(url)
    return config


class NewerSchema(RuntimeError):
    """The database was migrated by a later release; the message says what to do."""


def migrate(url: str | None = None, revision: str = "head") -> None:
    """Brings the database to `revision`; doing it twice changes nothing."""
    from alembic import command

    engine = get_engine(url)
    found = schema_revision(engine)
    if found is not None and found not in _revisions():
        raise NewerSchema(_newer(found))
    command.upgrade(alembic_config(url), revision)


def schema_revision(engine: Engine) -> str | None:
    """Of the database; None where there are no tables yet."""
    try:
        with engine.connect() as connection:
            found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
            return found
    except (OperationalError, ProgrammingError):
        if inspect(engine).has_table("alembic_version"):
            raise
        return None


def schema_problem(engine: Engine) -> str | None:
    """What keeps this release from using the database's tables, with the remedy; None when nothing does.

    Tables of a later release are used: it adds to them, and is migrated to before its processes start.
    """
    found = schema_revision(engine)
    if found is None:
        return "the database has no tables yet: zhiyin migrate"
    if found in _revisions() and found != _revisions()[0]:
        return f"the database's tables are those of revision {found}, not {_revisions()[0]}: zhiyin migrate"
    return None


def lock_is_held(failure: Exception) -> bool:
    """Whether the database is well, and only another transaction holds what this one needs."""
    cause = getattr(failure, "orig", None)
    state = getattr(cause, "sqlstate", None)
    return state in LOCK_STATES or "database is locked" in str(cause)


def first_line(failure: BaseException) -> str:
    """The first line of what a failure says, or the name of its type where it says nothing."""
    return str(failure).partition("\n")[0] or type(failure).__name__


@lru_cache(maxsize=1)
def _revisions() -> tuple[str, ...]:
    """All that this release knows, the newest first."""
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return tuple(each.revision for each in ScriptDirectory.from_config(config).walk_revisions())


def _newer(found: str) -> str:
    return f"the database is of a later release (revision {found}, this one knows {_revisions()[0]}): install that one"


def one_shopper_at_a_time(session: Session, users: Iterable[str]) -> None:
    """Transactions about one shopper wait for each other, so that none misses what another writes.

    SQLite has one writer at a time: this takes its place in the queue now, before anything is read.
    """
    _take_turns(session.connection(), users)


def one_writer_at_a_time(connection: Connection, table: str) -> None:
    """Transactions that read a table's rows to write them back changed wait for each other, so that none undoes what
    another writes.
    """
    _take_turns(connection, [f"table {table}"])


def _take_turns(connection: Connection, names: Iterable[str]) -> None:
    if connection.dialect.name == "sqlite":
        driver: Any = connection.connection.driver_connection
        if not driver.in_transaction:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        return
    for name in names:
        connection.execute(_ONE_AT_A_TIME, {"user": name})
