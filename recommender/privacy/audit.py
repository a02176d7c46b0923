"""Who did what to a shopper's data, kept with the change itself in one transaction."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from recommender.db.tables import Audit


def note(
    session: Session, now: datetime, actor: str, action: str, user_id: str | None, details: Mapping[str, Any]
) -> Audit:
    """The row, whose id it has once the session is flushed."""
    row = Audit(time=now, actor=actor, action=action, user_id=user_id, details=dict(details))
    session.add(row)
    return row
