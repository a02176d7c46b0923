"""Feast's SQLite online store, made safe for several processes and threads.

The tables and their content are Feast's own, so the plain `feast` command reads them too. What differs: write-ahead
logging, so that reading goes on while another process writes; a long busy time-out; a connection a thread, so that
nobody reads another thread's half of a transaction; short transactions; and `forget`.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from feast.infra.key_encoding_utils import serialize_entity_key
from feast.infra.online_stores.helpers import compute_table_id
from feast.infra.online_stores.sqlite import SqliteOnlineStore
from feast.infra.online_stores.vector_store import VectorStoreConfig
from feast.protos.feast.types.Value_pb2 import Value
from feast.repo_config import FeastConfigBaseModel
from feast.utils import to_naive_utc

BUSY_SECONDS = 30.0
AT_ONCE_SECONDS = 0.05  # where waiting is not allowed
ENTITIES_A_TRANSACTION = 2_000
LONGEST_LOG = 8_000  # pages of the write-ahead log until whoever writes next has to clear it


class WalSqliteOnlineStoreConfig(FeastConfigBaseModel, VectorStoreConfig):
    """The settings Feast's own SQLite store reads, under this store's name."""

    type: Literal["features.sqlite_online.WalSqliteOnlineStore"] = "features.sqlite_online.WalSqliteOnlineStore"
    path: str
    text_search_enabled: bool = False
    enable_openai_compatible_store: bool = False


class WalSqliteOnlineStore(SqliteOnlineStore):
    """Feast's SQLite store, which a thread waits for no longer than `busy_seconds` while others write."""

    def __init__(self) -> None:
        super().__init__()
        self._threads = threading.local()
        self.busy_seconds = BUSY_SECONDS  # of connections that are opened from here on

    def never_wait(self) -> None:
        """This thread, an event loop's, must not wait for whoever holds the file."""
        self._threads.busy_seconds = AT_ONCE_SECONDS
        connection: sqlite3.Connection | None = getattr(self._threads, "connection", None)
        if connection is not None:
            connection.execute(f"PRAGMA busy_timeout={int(AT_ONCE_SECONDS * 1000)}")

    def _get_conn(self, config: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._threads, "connection", None)
        if connection is None:
            path = Path(self._get_db_path(config))
            path.parent.mkdir(parents=True, exist_ok=True)
            busy: float = getattr(self._threads, "busy_seconds", self.busy_seconds)
            connection = sqlite3.connect(path, timeout=busy, detect_types=sqlite3.PARSE_DECLTYPES)
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute("PRAGMA secure_delete=ON")  # else copies of what is removed stay in free pages
            connection.execute(f"PRAGMA wal_autocheckpoint={LONGEST_LOG}")
            self._threads.connection = connection
        return connection

    def online_read(
        self, config: Any, table: Any, entity_keys: Sequence[Any], requested_features: list[str] | None = None
    ) -> list[tuple[datetime | None, dict[str, Any] | None]]:
        """Reads the features that are asked for and leaves the others, which are far longer, where they lie."""
        if requested_features is None:
            read: list[tuple[datetime | None, dict[str, Any] | None]] = super().online_read(
                config, table, list(entity_keys), requested_features
            )
            return read
        keys = [_key(config, entity_key) for entity_key in entity_keys]
        rows = self._get_conn(config).execute(
            # an expression comes as it is stored: the driver's own reading of times is slow
            f'SELECT entity_key, feature_name, value, event_ts + 0 FROM "{_table(config, table)}" '  # noqa: S608 (a declared view's name)
            f"WHERE entity_key IN ({_places(keys)}) AND feature_name IN ({_places(requested_features)})",
            (*keys, *requested_features),
        )
        found: dict[bytes, tuple[datetime, dict[str, Any]]] = {}
        for key, name, value, time in rows:
            if key not in found:
                found[key] = datetime.fromtimestamp(time).replace(tzinfo=UTC), {}  # as Feast's own converter
            found[key][1][name] = Value.FromString(value)
        return [found.get(key, (None, None)) for key in keys]

    def online_write_batch(
        self, config: Any, table: Any, data: Sequence[tuple[Any, ...]], progress: Callable[[int], Any] | None
    ) -> None:
        """Writes each entity's features; those of one entity appear together or not at all."""
        connection, name = self._get_conn(config), _table(config, table)
        upsert = (
            f'INSERT INTO "{name}" (entity_key, feature_name, value, event_ts, created_ts) VALUES (?, ?, ?, ?, ?) '  # noqa: S608 (the name is a declared view's)
            "ON CONFLICT(entity_key, feature_name) DO UPDATE SET "
            "value = excluded.value, event_ts = excluded.event_ts, created_ts = excluded.created_ts"
        )
        for start in range(0, len(data), ENTITIES_A_TRANSACTION):
            part = data[start : start + ENTITIES_A_TRANSACTION]
            rows = [row for entity in part for row in _rows(config, *entity)]
            with _write(connection):
                connection.executemany(upsert, rows)
            if progress:
                progress(len(part))

    def clear_log(self, config: Any) -> None:
        """Takes what is in the write-ahead log into the file while others go on, so that it isn't left to a push."""
        self._get_conn(config).execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def forget(self, config: Any, tables: Sequence[Any], entity_key: Any) -> None:
        """Removes everything these views hold of one entity."""
        connection = self._get_conn(config)
        with _write(connection):
            for table in tables:
                connection.execute(
                    f'DELETE FROM "{_table(config, table)}" WHERE entity_key = ?',  # noqa: S608 (as above)
                    (_key(config, entity_key),),
                )


@contextmanager
def _write(connection: sqlite3.Connection) -> Iterator[None]:
    """One transaction that takes the write lock at its start, so that it waits for others instead of failing."""
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        yield


def _table(config: Any, view: Any) -> str:
    name: str = compute_table_id(config.project, view, config.registry.enable_online_feature_view_versioning)
    return name


def _places(values: Sequence[Any]) -> str:
    return ",".join("?" * len(values))


def _key(config: Any, entity_key: Any) -> bytes:
    key: bytes = serialize_entity_key(
        entity_key, entity_key_serialization_version=config.entity_key_serialization_version
    )
    return key


def _rows(config: Any, entity_key: Any, values: dict[str, Any], time: Any, created: Any) -> Iterator[tuple[Any, ...]]:
    key, time = _key(config, entity_key), to_naive_utc(time)
    created = to_naive_utc(created) if created is not None else None
    for feature, value in values.items():
        yield key, feature, value.SerializeToString(), time, created
