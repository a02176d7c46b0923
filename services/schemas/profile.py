"""What `/profile` takes and gives: a shopper's profile in words, with its evidence."""

from datetime import datetime

from pydantic import BaseModel, Field

from services.schemas.errors import Degradation
from services.schemas.request import Id, Language, RequestBody
from services.schemas.wish import StatedPreference


class ProfileRequest(RequestBody):
    """One shopper."""

    user_id: Id = Field(description="The shopper.")
    language: Language = Field("en", description="Language of the summary.")


class EventSeen(BaseModel):
    """An event that is evidence of an affinity."""

    event_id: str
    event_type: str
    item_id: str
    title: str
    time: datetime


class ProfileAffinity(BaseModel):
    """Something the shopper leans to, and the events that show it."""

    kind: str = Field(description="category, brand, price or repeat (`key` is an item, `weight` its cycle in days).")
    key: str
    title: str = Field(description="`key` for people: an item's title instead of its id.")
    weight: float
    muted: bool = Field(False, description="The shopper doesn't want to be shown it.")
    evidence: list[EventSeen]


class ProfileResponse(BaseModel):
    """What the shop thinks a shopper likes, in words and with its evidence."""

    user_id: str
    profile_version: int = Field(description="Grows by one with each event or refresh; 0: made for this answer only.")
    model_version: str
    as_of: datetime
    summary: str
    affinities: list[ProfileAffinity]
    muted_categories: list[str] = Field([], description="Left out of what the shopper is shown; /profile/mute.")
    muted_brands: list[str] = Field([], description="The same.")
    preferences: list[StatedPreference] = Field(
        [], description="What else the shopper said they want or don't; /profile/wish."
    )
    recent: list[EventSeen] = Field(description="The latest events, newest first.")
    degraded: list[Degradation]
