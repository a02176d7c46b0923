"""What a shopper doesn't want to be shown: categories and brands."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from recommender.db.tables import Mute

CATEGORY, BRAND = "category", "brand"


def mute(session: Session, user_id: str, kind: str, key: str, now: datetime) -> bool:
    """Answers whether it was not muted before."""
    if session.get(Mute, (user_id, kind, key)) is not None:
        return False
    session.add(Mute(user_id=user_id, kind=kind, key=key, time=now))
    return True


def unmute(session: Session, user_id: str, kind: str, key: str) -> bool:
    """Answers whether it was muted."""
    theirs = delete(Mute).where(Mute.user_id == user_id, Mute.kind == kind, Mute.key == key)
    return session.scalar(theirs.returning(Mute.key)) is not None


def mutes_of(session: Session, user_id: str) -> list[tuple[str, str]]:
    """Kind and key, in order."""
    query = select(Mute.kind, Mute.key).where(Mute.user_id == user_id).order_by(Mute.kind, Mute.key)
    return [(kind, key) for kind, key in session.execute(query)]
