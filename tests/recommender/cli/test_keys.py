"""`zhiyin keys`: made, listed and revoked."""

from datetime import UTC, datetime

import pytest

from recommender.auth.keys import create_key, find_caller
from recommender.db.engine import session_scope
from recommender.db.tables import ApiKey
from recommender.settings import Settings
from tests.support.commands import zhiyin


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
