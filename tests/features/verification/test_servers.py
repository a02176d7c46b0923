"""What real servers keep is found in every column and in every kind of value."""

import pytest
import redis
from sqlalchemy import create_engine, text

from features.verification.findings import Findings
from features.verification.servers import DATABASE, ONLINE, scan_redis, scan_tables
from features.verification.traces import Traces

WHO, TEXT = "user-12", "a kettle that sings"


def test_each_table_of_a_postgresql_is_read_by_column(postgres_url: str) -> None:
    engine = create_engine(postgres_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE notes (who text, said jsonb, packed bytea, number integer)"))
        connection.execute(
            text("INSERT INTO notes VALUES (:who, CAST(:said AS jsonb), :packed, 12), ('user-123', '{}', '', 12)"),
            {"who": WHO, "said": f'{{"review": "{TEXT}"}}', "packed": f"\x01{WHO}".encode()},
        )
        connection.execute(text("CREATE TABLE quiet (who text)"))
    findings = Findings(Traces(WHO, (TEXT,), longer_ids=("user-123",)))
    scan_tables(findings, engine)
    engine.dispose()
    found = {one.place: (one.ids, one.texts) for one in findings.found}
    assert found == {"notes.who": (1, 0), "notes.said": (0, 1), "notes.packed": (1, 0)}
    assert findings.scanned[DATABASE]["places"] == 2


@pytest.mark.parametrize("kind", ["string", "hash", "list", "set", "zset", "stream"])
def test_each_kind_of_redis_s_values_is_read(redis_url: str, kind: str) -> None:
    told = f"{WHO} says {TEXT}"
    with redis.Redis.from_url(redis_url) as client:
        match kind:
            case "string":
                client.set("key", told)
            case "hash":
                client.hset("key", "field", told)
            case "list":
                client.rpush("key", told)
            case "set":
                client.sadd("key", told)
            case "zset":
                client.zadd("key", {told: 1.0})
            case _:
                client.xadd("key", {"field": told})
        client.set("another", "nothing")
    findings = Findings(Traces(WHO, (TEXT,)))
    scan_redis(findings, redis_url)
    assert [(one.place, one.ids, one.texts) for one in findings.found] == [("a value in Redis", 1, 1)]
    assert findings.scanned[ONLINE]["places"] == 2


def test_a_key_that_names_the_shopper_is_found(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.set(f"profile:{WHO}", "x")
    findings = Findings(Traces(WHO))
    scan_redis(findings, redis_url)
    assert [(one.place, one.ids) for one in findings.found] == [("a key of Redis", 1)]


def test_a_redis_without_keys_was_looked_at(redis_url: str) -> None:
    findings = Findings(Traces(WHO))
    scan_redis(findings, redis_url)
    assert findings.scanned == {ONLINE: {"places": 0, "bytes": 0}}
