"""Shoppers as rows: whom they trust in which way, visits claimed again and again, accounts brought back once."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from recommender.db.tables import KeptAccount, User, UserLink, Visit

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_a_shopper_of_an_id_alone_consents_and_has_no_attributes(session: Session) -> None:
    session.add(User(user_id="ann"))
    session.flush()
    session.expire_all()
    ann = session.get_one(User, "ann")
    assert (ann.attributes, ann.consent, ann.created_at) == ({}, True, None)


def test_one_may_trust_and_follow_another_each_once(session: Session) -> None:
    row = {"source_user_id": "ann", "target_user_id": "bob", "weight": 1.0}
    session.execute(insert(UserLink), [row | {"kind": kind} for kind in ("trust", "follow")])
    session.execute(insert(UserLink), row | {"source_user_id": "bob", "target_user_id": "ann", "kind": "trust"})
    with pytest.raises(IntegrityError):
        session.execute(insert(UserLink), row | {"kind": "trust"})
    assert UserLink.__table__.c.kind.default is not None


def test_a_visit_may_be_claimed_by_several_and_by_nobody_any_more(session: Session) -> None:
    session.add_all(Visit(session_id="v", user_id=user, since=NOW) for user in ("ann", "bob", "ann", None))
    session.flush()
    assert [one.user_id for one in session.query(Visit).order_by(Visit.id)] == ["ann", "bob", "ann", None]


def test_an_account_is_brought_back_once(session: Session) -> None:
    session.execute(insert(KeptAccount), {"user_id": "ann", "kept_at": NOW})
    with pytest.raises(IntegrityError):
        session.execute(insert(KeptAccount), {"user_id": "ann", "kept_at": NOW})
