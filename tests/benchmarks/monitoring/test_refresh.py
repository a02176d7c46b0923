"""The benchmark of refreshes: what its shops hold, and how its shares come from its rows."""

import pytest
from sqlalchemy import func, select

from benchmarks.monitoring.many_shoppers import EVENTS, clone_shoppers
from benchmarks.monitoring.refresh import share_kept
from recommender.db.engine import session_scope
from recommender.db.tables import Event, User
from recommender.settings import Settings
from recommender.store.queries import load_histories
from tests.support.servers.databases import install_tables
from tests.support.shops.shop import SHOPPERS, fill_shop


def test_copies_of_shoppers_have_the_latest_events_of_their_originals(home: Settings) -> None:
    install_tables()
    fill_shop()
    clone_shoppers(SHOPPERS + 3)
    with session_scope() as session:
        assert session.scalar(select(func.count(User.user_id))) == 2 * SHOPPERS + 3
        per_user = select(func.count(Event.id)).where(Event.user_id.contains("~")).group_by(Event.user_id)
        assert set(session.scalars(per_user)) == {EVENTS}
        found = load_histories(session, ["u0", "u0~0", "u0~1", "u9~1"])
    assert set(found) == {"u0", "u0~0", "u0~1"}  # three of a second turn
    assert found["u0~1"].item_ids.tolist() == found["u0"].item_ids.tolist()[-EVENTS:]


def test_the_share_kept_is_of_what_refreshing_everybody_gains() -> None:
    rows = [{"NDCG@20": value} for value in (0.2, 0.29, 0.3)]
    assert share_kept(rows, "NDCG@20") == pytest.approx(0.9)
    assert share_kept([{"NDCG@20": 0.2}] * 3, "NDCG@20") == 0  # nothing to gain
