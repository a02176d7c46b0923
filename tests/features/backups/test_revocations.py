"""What was withdrawn since a backup, taken back again from what was restored of it."""

from datetime import UTC, datetime, timedelta

from features.backups.revocations import Revocations, read_revocations, take_back_again
from recommender.auth.keys import create_key, find_caller, revoke_key
from recommender.auth.tokens import revoke_tokens
from recommender.db.engine import session_scope
from recommender.db.tables import TokenRevocation
from recommender.settings import Settings
from recommender.store.consent import PERSONALISATION, consents_of, record_consent

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def test_a_database_without_withdrawals_says_nothing(database: Settings) -> None:
    with session_scope() as session:
        assert read_revocations(session) == Revocations()


def test_what_was_withdrawn_is_read(database: Settings) -> None:
    with session_scope() as session:
        _, row = create_key(session, "server", NOW)
        revoke_key(session, row.key_id, NOW)
        revoke_tokens(session, NOW, user_id="u")
        record_consent(session, "u", PERSONALISATION, False, NOW)
        record_consent(session, "v", PERSONALISATION, True, NOW)
    with session_scope() as session:
        found = read_revocations(session)
        assert found.refusals == [("u", PERSONALISATION)]
        assert found.revoked == [(row.key_id, NOW)]
        assert [before >= NOW for _, before, _ in found.tokens if before] == [True]


def test_only_what_the_database_does_not_know_is_taken_back(database: Settings) -> None:
    with session_scope() as session:
        key, row = create_key(session, "server", NOW)
        since = Revocations([("u", PERSONALISATION)], [(row.key_id, NOW)], [("mark", NOW, NOW + timedelta(days=1))])
        assert take_back_again(session, since) == 3
        assert consents_of(session, "u")[PERSONALISATION] is False
        assert find_caller(session, key, NOW) is None
        assert session.get(TokenRevocation, "mark") is not None
        assert take_back_again(session, since) == 0


def test_keys_that_the_backup_does_not_hold_are_left(database: Settings) -> None:
    with session_scope() as session:
        assert take_back_again(session, Revocations(revoked=[("unknown", NOW)])) == 0
