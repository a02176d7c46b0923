"""What an import may not bring in again."""

from datetime import UTC, datetime

import polars as pl
from sqlalchemy import select

from recommender.db.engine import get_engine, session_scope
from recommender.db.tables import Event, RemovedEvent, User
from recommender.importing.storing.event_and_link_rows import write_events
from recommender.importing.storing.item_and_user_rows import forget_seen, write_users
from recommender.privacy.erasure import request_erasure
from recommender.settings import Settings
from recommender.store.consent import PERSONALISATION, record_consent
from tests.support.shops.shop import fill_shop

NOW = datetime(2026, 5, 1, tzinfo=UTC)
NAMES = ["gone", "shy", "open"]
USERS = pl.DataFrame({"user_id": NAMES, "attributes": ["{}"] * 3, "consent": [True] * 3, "line": [1, 2, 3]})
DEEDS = ("gone purchase", "shy purchase", "shy view", "open view", "open purchase", " view")


def events() -> pl.DataFrame:
    rows = [deed.split(" ") for deed in DEEDS]
    return pl.DataFrame(
        {
            "event_id": [f"import-{place}" for place in range(len(rows))],
            "user_id": [user or None for user, _ in rows],
            "session_id": ["visit"] * len(rows),
            "item_id": ["tea-1"] * len(rows),
            "event_type": [kind for _, kind in rows],
            "value": [1.0] * len(rows),
            "quantity": [1.0] * len(rows),
            "time": pl.Series([NOW] * len(rows), dtype=pl.Datetime("us", "UTC")),
            "line": range(1, len(rows) + 1),
        }
    )


def imported() -> tuple[set[str], set[str]]:
    with get_engine().begin() as connection:
        forget_seen(connection)  # as at the beginning of a file
        write_users(connection, USERS)
        write_events(connection, events())
    with session_scope() as session:
        users = set(session.scalars(select(User.user_id).where(User.user_id.in_(NAMES))))
        return users, set(session.scalars(select(Event.event_id).where(Event.event_id.like("import-%"))))


def test_nobody_erased_nothing_taken_back_and_nothing_without_consent_comes_in(database: Settings) -> None:
    fill_shop()
    with session_scope() as session:
        request_erasure(session, "gone", NOW, "test")
        session.add(RemovedEvent(event_id="import-4", user_id="open", time=NOW, event_time=NOW))
        record_consent(session, "shy", PERSONALISATION, False, NOW)
    for _ in range(2):
        assert imported() == ({"shy", "open"}, {"import-1", "import-3", "import-5"})


def test_where_nobody_objected_all_comes_in(database: Settings) -> None:
    fill_shop()
    assert imported() == ({"gone", "shy", "open"}, {f"import-{place}" for place in range(6)})
