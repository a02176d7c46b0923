"""Keys of the service's callers: kept as hashes, ended, made by command, named on one line."""

from datetime import UTC, datetime, timedelta

import pytest

from recommender.auth.keys import Caller, create_key, find_caller, forget_keys, hashed
from recommender.db.engine import session_scope
from recommender.db.tables import ApiKey
from recommender.settings import Settings
from tests.support.commands import zhiyin


def test_a_key_is_kept_as_a_hash_and_ends(database: Settings) -> None:
    now = datetime.now(UTC)
    with session_scope() as session:
        key, row = create_key(session, "shopper", now, "u1", expires_at=now + timedelta(days=1))
        key_id, kept = row.key_id, {str(value) for value in vars(row).values()}
    assert key not in kept
    assert hashed(key) in kept
    with session_scope() as session:
        assert find_caller(session, key, now) == Caller(key_id, "shopper", "u1", now + timedelta(days=1))
        assert find_caller(session, key, now + timedelta(days=1)) is None
        assert find_caller(session, key + "x", now) is None
        assert forget_keys(session, "u1") == 1
        assert find_caller(session, key, now) is None
        with pytest.raises(ValueError, match="names its shopper"):
            create_key(session, "server", now, "u1")


def test_keys_by_command(database: Settings) -> None:
    made = zhiyin("keys", "create", "--scope", "server", "--name", "the till")
    key = made.stdout.strip().splitlines()[-1]
    with session_scope() as session:
        caller = find_caller(session, key, datetime.now(UTC))
    assert caller is not None
    listed = zhiyin("keys", "list").stdout
    assert caller.key_id in listed
    assert "the till" in listed
    assert key not in listed
    assert zhiyin("keys", "revoke", caller.key_id).exit_code == 0
    assert "revoked" in zhiyin("keys", "list").stdout
    assert zhiyin("keys", "revoke", "none").exit_code == 2
    assert zhiyin("keys", "create", "--scope", "shopper").exit_code == 2
    assert zhiyin("keys", "create", "--scope", "server", "--user", "u1").exit_code == 2
    with session_scope() as session:
        assert session.get(ApiKey, caller.key_id) is not None


@pytest.mark.parametrize("name", ["two\nlines", "a\u2028b", "\x1b[2J", "turned \u202e round", "x" * 129, "\0"])
def test_a_key_s_name_stands_on_one_line(database: Settings, name: str) -> None:
    refused = zhiyin("keys", "create", "--scope", "server", "--name", name)
    assert refused.exit_code == 2
    with session_scope() as session:
        row = create_key(session, "server", datetime.now(UTC), name="the till, 收银台")[1]
        row.name = name.replace("\0", "\n")[:128]  # of a former release
    assert len(zhiyin("keys", "list").stdout.splitlines()) == 1
