"""Shoppers: who they are, whom they trust, which visits are theirs."""

from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from recommender.db.tables.base import ID_LENGTH, WIDE, Base


class User(Base):
    """A shopper; `consent` holds for every purpose of which table `consents` says nothing."""

    __tablename__ = "users"
    user_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    attributes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    consent: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime | None]


class UserLink(Base):
    """`source` trusts or follows `target`."""

    __tablename__ = "user_links"
    source_user_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    target_user_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True, default="trust")
    weight: Mapped[float] = mapped_column(default=1.0)


class Visit(Base):
    """From `since` on the visit is the shopper's, who signed in in it; see `visits`.

    Of an erased shopper's claim only the digest of the visit's id is left.
    """

    __tablename__ = "visits"
    id: Mapped[int] = mapped_column(WIDE, primary_key=True, autoincrement=True)
    session_id: Mapped[str] = mapped_column(String(ID_LENGTH), index=True)
    user_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), index=True)
    since: Mapped[datetime] = mapped_column(index=True)


class KeptAccount(Base):
    """An account that counts although it does more than people do: somebody has looked at it and brought it back."""

    __tablename__ = "kept_accounts"
    user_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    kept_at: Mapped[datetime]
