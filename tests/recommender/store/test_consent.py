"""Consent by purpose: what was said goes before the flag, nobody unknown has refused, and queries agree with lists."""

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from recommender.db.engine import session_scope
from recommender.db.tables import Consent, Event, User
from recommender.settings import Settings
from recommender.store.consent import MARKETING, PERSONALISATION, consents_of, consents_to, record_consent, refusing

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def fill(session: Session) -> None:
    """Shoppers of every combination of flag and word, each with an event."""
    flags = {"yes": True, "no": False, "yes but refused": True, "no but given": False}
    session.add_all(User(user_id=user, consent=flag) for user, flag in flags.items())
    for user, given in (("yes but refused", False), ("no but given", True), ("unlisted refused", False)):
        session.add(Consent(user_id=user, purpose=PERSONALISATION, given=given, time=NOW))
    for user in (*flags, "unlisted refused", "unknown"):
        session.add(Event(event_id=user, user_id=user, event_type="view", item_id="tea", time=NOW))
    session.flush()


def test_what_was_said_of_a_purpose_goes_before_the_flag(session: Session) -> None:
    fill(session)
    assert consents_of(session, "yes") == {PERSONALISATION: True, MARKETING: True}
    assert consents_of(session, "no") == {PERSONALISATION: False, MARKETING: False}
    assert consents_of(session, "yes but refused") == {PERSONALISATION: False, MARKETING: True}
    assert consents_of(session, "no but given") == {PERSONALISATION: True, MARKETING: False}
    assert consents_of(session, "unknown") == {PERSONALISATION: True, MARKETING: True}


def test_a_condition_of_a_query_says_the_same_as_the_list_of_who_refuses(database: Settings) -> None:
    with session_scope() as session:
        fill(session)
        for purpose in (PERSONALISATION, MARKETING):
            everybody = set(session.scalars(select(Event.user_id)))
            willing_ones = consents_to(Event.user_id, purpose)  # type: ignore[arg-type]
            willing = set(session.scalars(select(Event.user_id).where(willing_ones)))
            assert willing == {user for user in everybody if user and consents_of(session, user)[purpose]}
            assert everybody - willing == refusing(session, purpose)


def test_saying_the_same_again_changes_nothing(session: Session) -> None:
    assert not record_consent(session, "ann", PERSONALISATION, True, NOW), "nobody unknown has refused"
    assert record_consent(session, "ann", PERSONALISATION, False, NOW)
    assert not record_consent(session, "ann", PERSONALISATION, False, NOW)
    assert record_consent(session, "ann", PERSONALISATION, True, NOW)
    assert consents_of(session, "ann") == {PERSONALISATION: True, MARKETING: True}
    assert refusing(session, PERSONALISATION) == set()


def test_a_purpose_of_another_release_is_passed_over(session: Session) -> None:
    session.add(Consent(user_id="ann", purpose="astrology", given=False, time=NOW))
    session.flush()
    assert set(consents_of(session, "ann")) == {PERSONALISATION, MARKETING}
