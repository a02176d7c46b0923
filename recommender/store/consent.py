"""What a shopper allows, by purpose. Where nothing was said, `users.consent` stands for every purpose."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from recommender.db.tables import Consent, User

PERSONALISATION, MARKETING = "personalisation", "marketing"
PURPOSES = (PERSONALISATION, MARKETING)
# without consent to personalisation only what the shop must know, or the shopper publishes, is stored
NECESSARY = frozenset({"purchase", "return", "rating", "review"})


def record_consent(session: Session, user_id: str, purpose: str, given: bool, now: datetime) -> bool:
    """Keeps what the shopper says; answers whether that changes anything."""
    before = consents_of(session, user_id)[purpose]
    session.merge(Consent(user_id=user_id, purpose=purpose, given=given, time=now, applied_at=None))
    return before != given


def consents_of(session: Session, user_id: str) -> dict[str, bool]:
    """By purpose; somebody unknown has not refused anything."""
    known = session.scalar(select(User.consent).where(User.user_id == user_id))
    consents = {purpose: known is not False for purpose in PURPOSES}
    rows = session.execute(select(Consent.purpose, Consent.given).where(Consent.user_id == user_id))
    return consents | {purpose: given for purpose, given in rows if purpose in PURPOSES}


def refusing(session: Session, purpose: str) -> set[str]:
    """The ids of all shoppers who don't consent to a purpose."""
    conditions = (Consent.user_id == User.user_id, Consent.purpose == purpose)
    flagged = select(User.user_id).where(User.consent.is_(False), ~exists().where(*conditions, Consent.given.is_(True)))
    refused = select(Consent.user_id).where(Consent.purpose == purpose, Consent.given.is_(False))
    return {*session.scalars(flagged), *session.scalars(refused)}


def consents_to(user_id: InstrumentedAttribute[str], purpose: str) -> ColumnElement[bool]:
    """A condition of a query: the shopper of this column consents to the purpose."""
    condition = and_(Consent.user_id == user_id, Consent.purpose == purpose)
    refused = exists().where(condition, Consent.given.is_(False))
    given = exists().where(condition, Consent.given.is_(True))
    flagged = exists().where(User.user_id == user_id, User.consent.is_(False))
    return and_(~refused, or_(given, ~flagged))
