from datetime import UTC, datetime

from sqlalchemy.exc import SQLAlchemyError

from recommender.auth.keys import create_key, revoke_key
from recommender.db.engine import get_engine, session_scope
from recommender.settings import Settings
from services.core.circuit_breaker import Breaker
from services.http.api_keys import MOST_BAD, Callers


def test_many_bad_keys_push_no_good_one_out_and_a_good_one_is_known_for_minutes(database: Settings) -> None:
    now = 0.0
    callers = Callers(get_engine(), Breaker("database", (SQLAlchemyError,)), clock=lambda: now)
    with session_scope() as session:
        key, row = create_key(session, "server", datetime.now(UTC))
        key_id = row.key_id
    assert not callers.is_known(key)
    assert callers.look_up(key) is not None
    for place in range(MOST_BAD + 10):
        callers._remember(str(place), None)
    assert callers.remembered(key) is not None
    now = 300.0
    assert (callers.remembered(key), callers.is_known(key)) == (None, True)
    with session_scope() as session:
        revoke_key(session, key_id, datetime.now(UTC))
    assert callers.look_up(key) is None
    assert not callers.is_known(key)
