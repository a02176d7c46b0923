"""Accounts that a person has brought back: whatever their rates, they count. Sessions are handed in."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from recommender.db.tables import KeptAccount


def kept_accounts(session: Session) -> set[str]:
    """The ids of all accounts that were brought back."""
    return set(session.scalars(select(KeptAccount.user_id)))


def keep_accounts(session: Session, user_ids: Iterable[str], now: datetime) -> int:
    """Brings accounts back; answers how many weren't before."""
    fresh = sorted(set(user_ids) - kept_accounts(session))
    session.add_all(KeptAccount(user_id=user_id, kept_at=now) for user_id in fresh)
    return len(fresh)


def judge_again(session: Session, user_ids: Iterable[str]) -> int:
    """Accounts that count by their rates again, as all others; answers how many were kept."""
    gone = delete(KeptAccount).where(KeptAccount.user_id.in_(sorted(set(user_ids)))).returning(KeptAccount.user_id)
    return len(session.scalars(gone).all())
