"""Keys of the service's callers: kept as hashes, ended, made by command, named on one line."""

from datetime import UTC, datetime, timedelta

import pytest

from recommender.auth.keys import Caller, create_key, find_caller, forget_keys, hashed
from recommender.db.engine import session_scope
from recommender.settings import Settings


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
