"""What servers keep: the tables of a PostgreSQL, the keys of a Redis."""

from typing import Any

import redis
from sqlalchemy import Connection, Engine, LargeBinary, MetaData, Table, Text, cast, func, literal, or_, select
from sqlalchemy.dialects.postgresql import BYTEA

from features.verification.findings import Findings
from features.verification.traces import NUL, Found, Traces, batches

FORMS_A_QUERY = 20
KEYS_AT_ONCE = 500
SEPARATOR = "\x1f"  # between the columns of a row
DATABASE, ONLINE = "database", "online store"


def scan_tables(findings: Findings, engine: Engine) -> None:
    """Looks through every table of the database, also those that aren't the platform's."""
    metadata = MetaData()
    with engine.connect() as connection:
        metadata.reflect(connection)
        for table in metadata.sorted_tables:
            size = connection.scalar(select(func.pg_total_relation_size(table.name))) or 0
            findings.see(DATABASE, 1, size)
            for column, found in _in_table(connection, table, findings.traces).items():
                findings.keep(DATABASE, f"{table.name}.{column}", found)


def _in_table(connection: Connection, table: Table, traces: Traces) -> dict[str, Found]:
    found: dict[str, Found] = {}
    seen = set[str]()
    binary = [column for column in table.columns if isinstance(column.type, LargeBinary)]
    told = (cast(column, Text) for column in table.columns if not isinstance(column.type, LargeBinary))
    whole = func.concat_ws(SEPARATOR, *told)
    for some in batches(traces.forms, FORMS_A_QUERY):
        tests = [func.strpos(whole, form.decode()) > 0 for form in some]
        tests += [func.position(literal(form, BYTEA).op("IN")(column)) > 0 for form in some for column in binary]
        for row in connection.execute(select(table).where(or_(*tests))):
            if (kept := repr(row)) not in seen:
                seen.add(kept)
                for column, value in row._mapping.items():
                    if one := traces.find_value(value if isinstance(value, str | bytes) else repr(value)):
                        found[column] = found.get(column, Found()) + one
    return found


def scan_redis(findings: Findings, url: str) -> None:
    """Looks through every key of the server's database, with its value."""
    findings.see(ONLINE, 0, 0)  # also where there is no key
    with redis.Redis.from_url(url) as client:
        for key in client.scan_iter(count=KEYS_AT_ONCE):
            value = _value_of(client, key)
            findings.see(ONLINE, 1, len(key) + len(value))
            findings.keep(ONLINE, "a key of Redis", findings.traces.find(key, binary=True))
            findings.keep(ONLINE, "a value in Redis", findings.traces.find(value, binary=True))


def _value_of(client: Any, key: bytes) -> bytes:
    """All of a key's value, its parts with a NUL between them; nothing where it is gone by now."""
    match client.type(key):
        case b"string":
            return client.get(key) or b""
        case b"hash":
            return NUL.join(part for pair in client.hgetall(key).items() for part in pair)
        case b"list":
            return NUL.join(client.lrange(key, 0, -1))
        case b"set":
            return NUL.join(client.smembers(key))
        case b"zset":
            return NUL.join(client.zrange(key, 0, -1))
        case b"stream":
            return NUL.join(part for _, entry in client.xrange(key) for pair in entry.items() for part in pair)
        case b"none":
            return b""
        case kind:
            raise ValueError(f"a key of Redis of the kind {kind.decode()} can't be read")
