"""`zhiyin keys`: made, listed and revoked."""

import json
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


def test_a_key_s_origins_are_changed(database: Settings) -> None:
    made = zhiyin("keys", "create", "--scope", "server", "--origin", "https://old.example")
    key = made.stdout.strip().splitlines()[-1]

    def origins() -> frozenset[str]:
        with session_scope() as session:
            caller = find_caller(session, key, datetime.now(UTC))
        assert caller is not None
        return caller.origins

    [row] = json.loads(zhiyin("keys", "list", "--json").stdout)
    changed = zhiyin(
        "keys", "origins", row["key_id"], "--origin", "https://a.example/", "--origin", "https://b.example"
    )
    assert "https://a.example, https://b.example" in changed.stdout
    assert origins() == {"https://a.example", "https://b.example"}
    for wrong in (("--origin", "shop"), (), ("--as-settings", "--origin", "https://a.example")):
        assert zhiyin("keys", "origins", row["key_id"], *wrong).exit_code == 2
    assert zhiyin("keys", "origins", "none", "--as-settings").exit_code == 2
    assert origins() == {"https://a.example", "https://b.example"}
    assert "ZHIYIN_CORS_ORIGINS" in zhiyin("keys", "origins", row["key_id"], "--as-settings").stdout
    assert origins() == frozenset()
    zhiyin("keys", "revoke", row["key_id"])
    assert zhiyin("keys", "origins", row["key_id"], "--origin", "https://a.example").exit_code == 2
