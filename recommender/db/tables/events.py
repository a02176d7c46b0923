"""What shoppers did, and on which scale they rate."""

from datetime import datetime

from sqlalchemy import Index, String, Text, text, true
from sqlalchemy.orm import Mapped, mapped_column

from recommender.db.tables.base import ANONYMOUS, ID_LENGTH, WIDE, Base, one_of

EVENT_TYPES = ("view", "cart", "purchase", "rating", "review", "search", "favorite")
RETURN, REMOVAL = "return", "removal"  # take back a purchase and what was in the cart: readers of histories know the
STORED_TYPES = (*EVENT_TYPES, RETURN, REMOVAL)  # types above alone, see `returns`
OPINIONS = text("event_type IN ('rating', 'review')")
SIGNED_IN = text("user_id IS NOT NULL")


class Event(Base):
    """One thing a shopper did. `id` grows with arrival, so it marks how far a reader has come.

    `event_id` is unique among the events of one shopper, or of one visit as long as nobody has signed in. An event
    that is not `confirmed` is what a shopper's own token says, not the shop.
    """

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_user_id_time", "user_id", "time"),
        Index("ix_events_time", "time"),
        # whose event it is: two shoppers, or two visits, may use one id for events of their own
        Index(
            "uq_events_event_id_user_id",
            "event_id",
            "user_id",
            unique=True,
            sqlite_where=SIGNED_IN,
            postgresql_where=SIGNED_IN,
        ),
        Index(
            "uq_events_event_id_session_id",
            "event_id",
            "session_id",
            unique=True,
            sqlite_where=ANONYMOUS,
            postgresql_where=ANONYMOUS,
        ),
        Index("ix_events_session_id", "session_id", sqlite_where=ANONYMOUS, postgresql_where=ANONYMOUS),
        Index("ix_events_ratings", "event_type", "value", sqlite_where=OPINIONS, postgresql_where=OPINIONS),
        Index(  # what only shoppers' tokens say
            "ix_events_claims",
            "user_id",
            sqlite_where=text("confirmed IS 0"),
            postgresql_where=text("confirmed IS false"),
        ),
    )
    id: Mapped[int] = mapped_column(WIDE, primary_key=True, autoincrement=True)
    event_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    user_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))  # None: an anonymous session
    session_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    item_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))  # None: a search
    event_type: Mapped[str] = mapped_column(one_of("event_type", *STORED_TYPES))
    value: Mapped[float | None]  # money spent (purchase), on the shop's scale (rating, review), else free
    quantity: Mapped[float | None]
    text: Mapped[str | None] = mapped_column(Text)  # of a review or a search
    recommendation_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    time: Mapped[datetime]
    confirmed: Mapped[bool] = mapped_column(default=True, server_default=true())


class RatingScale(Base):
    """The worst and the best rating that shoppers give, in the one row there is; none: 1 and 5 stars."""

    __tablename__ = "rating_scale"
    id: Mapped[int] = mapped_column(WIDE, primary_key=True, autoincrement=True)
    low: Mapped[float]
    high: Mapped[float]
