"""Queries are read once, as long as they count, and forgotten with the searches."""

from datetime import timedelta

from sqlalchemy import delete, func, select

from recommender.db.engine import session_scope
from recommender.db.tables import Embedding, Event
from recommender.encoders.base import Encoder
from recommender.search.query_embedding import embed_queries, forget_queries, query_hash
from recommender.settings import Settings
from recommender.store.side_info import load_background, session_background
from recommender.subject_access.holdings import remove
from tests.support.shops.shop import SHOP_UNTIL, fill_shop
from tests.support.shops.trained import shop_encoder

ENCODER = "minilm-l6-v2"


def _searched(event_id: str, user: str | None, text: str, days_ago: float = 1, session_id: str = "v") -> Event:
    time = SHOP_UNTIL - timedelta(days=days_ago)
    return Event(event_id=event_id, user_id=user, session_id=session_id, event_type="search", text=text, time=time)


def _never() -> Encoder:
    raise AssertionError("the encoder is loaded for nothing")


def _count() -> int:
    with session_scope() as session:
        return session.scalar(select(func.count()).select_from(Embedding)) or 0


def test_a_query_is_read_once_and_only_while_it_counts(database: Settings) -> None:
    assert embed_queries(_never, ENCODER) == 0
    fill_shop()
    assert embed_queries(_never, ENCODER) == 0
    with session_scope() as session:
        session.add_all([_searched("1", "u1", "Dog food"), _searched("2", "u2", " dog  FOOD "),
                         _searched("3", "u1", "kite", 2), _searched("4", "u1", "long ago", 40)])  # fmt: skip
    assert embed_queries(shop_encoder, ENCODER) == 2
    assert embed_queries(_never, ENCODER) == 0
    assert _count() == 2
    with session_scope() as session:
        found = load_background(session, "u1", SHOP_UNTIL, ENCODER).searches
        assert [(one.event_id, one.text) for one in found] == [("1", "Dog food"), ("3", "kite")]
        assert [one.event_id for one in load_background(session, "u2", SHOP_UNTIL, ENCODER).searches] == ["2"]
        assert load_background(session, "u1", SHOP_UNTIL, "another").searches == ()
        early = load_background(session, "u1", SHOP_UNTIL - timedelta(days=1.5), ENCODER).searches
        assert [one.text for one in early] == ["kite"]
    alone = shop_encoder().encode_queries(["dog food"])[0]  # int8: a little other than in a batch
    assert float(found[0].vector_E() @ alone) > 0.97


def test_a_visit_speaks_by_its_own_searches(database: Settings) -> None:
    with session_scope() as session:
        session.add_all([_searched("1", None, "kite"), _searched("2", None, "rake", session_id="w")])
    embed_queries(shop_encoder, ENCODER)
    with session_scope() as session:
        assert [one.text for one in session_background(session, "v", SHOP_UNTIL, ENCODER).searches] == ["kite"]


def test_a_vector_goes_with_the_last_search_that_asked_for_it(database: Settings) -> None:
    with session_scope() as session:
        session.add_all([_searched("1", "u1", "kite"), _searched("2", "u2", "kite"), _searched("3", "u1", "my name")])
    embed_queries(shop_encoder, ENCODER)
    with session_scope() as session:
        remove(session, "u1")
        left = session.scalars(select(Embedding.content_hash)).all()
        assert left == [query_hash("kite")]
        session.execute(delete(Event).where(Event.event_id == "2"))
        forget_queries(session, ["kite", None])
    assert _count() == 0
