"""What `/events` takes and gives: what shoppers did, a few at a time or in bulk."""

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, Field, WithJsonSchema

from services.schemas.errors import Degradation
from services.schemas.request import Currency, Id, RequestBody

MAX_EVENTS, MAX_BULK_EVENTS = 10, 1000
EventType = Literal["view", "cart", "purchase", "rating", "review", "search", "favorite", "return", "removal", "refund"]


class NewEvent(RequestBody):
    """One thing a shopper did. A `return` (or `refund`) takes the latest purchases of its item back."""

    event_id: Id = Field(
        description="Yours, unique for this shopper or visit; the same event sent again is not counted again, another "
        "one under its id is refused (409)."
    )
    user_id: Id | None = Field(None, description="The shopper; or give session_id.")
    session_id: Id | None = Field(None, description="The visit; with user_id it claims the visit's earlier events.")
    item_id: Id | None = Field(None, description="The item; a search needs none.")
    event_type: EventType
    value: Annotated[float, Field(ge=-1e9, le=1e9, allow_inf_nan=False)] | None = Field(
        None, description="Money spent (purchase) or given back (return), the rating on the shop's scale (0-5)."
    )
    currency: Currency | None = Field(
        None, description="Of the value, as USD: it is converted by the shop's rates, or refused without one."
    )
    quantity: Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)] | None = Field(
        None, description="How many. A purchase of less than none, or for less than nothing, is a return."
    )
    text: Annotated[str, Field(max_length=5000, pattern=r"^[^\x00]*$")] | None = Field(
        None, description="The query of a search, the words of a review."
    )
    time: AwareDatetime | None = Field(None, description="When, with its zone (RFC 3339); now when left out.")
    recommendation_id: Id | None = Field(
        None, description="Of the answer that led to it; it counts if that answer was given to this shopper or visit."
    )


EventRow = Annotated[Any, WithJsonSchema({"description": "An event, as of `EventsRequest`.", "type": "object"})]


class EventsRequest(RequestBody):
    """One to ten events; all are stored or none."""

    events: list[NewEvent] = Field(min_length=1, max_length=MAX_EVENTS)


class BulkEventsRequest(RequestBody):
    """Up to 1,000 events of the shop's server, each judged by itself; without `bulk`, more than ten."""

    bulk: Literal[True] | None = Field(None, description="true: each event is judged by itself, also of ten or fewer.")
    events: list[EventRow] = Field(min_length=1, max_length=MAX_BULK_EVENTS)

    @property
    def is_meant(self) -> bool:
        """Whether it is no question of a few events that are stored as a whole or not at all."""
        return self.bulk is True or len(self.events) > MAX_EVENTS


class ShopperUpdate(BaseModel):
    """The profile that an event led to."""

    user_id: str
    profile_version: int


class EventResult(BaseModel):
    """What became of one event."""

    index: int = Field(description="Where it stands in the request, from 0.")
    event_id: str | None
    outcome: Literal["added", "duplicate", "withheld", "rejected"]
    field: str | None = Field(None, description="Of what was rejected: the field; `*`: the event as a whole.")
    message: str | None = None
    remedy: str | None = None


class EventsResponse(BaseModel):
    """The events are in the database by the time this is sent."""

    added: int = Field(description="Events that were new.")
    duplicates: int = Field(description="Events that were there already, or that their shopper took back.")
    withheld: int = Field(0, description="Events not stored because the shopper doesn't consent to personalisation.")
    unconfirmed: int = Field(
        0,
        description="Purchases and returns of a shopper's own token: they count once the shop's server says so.",
    )
    ignored_recommendations: list[str] = Field(
        [],
        description="Each recommendation_id that doesn't count, since no such answer was given to the event's shopper "
        "or visit; the event is stored without it.",
    )
    profiles: list[ShopperUpdate] = Field(description="Profiles that now know of the events.")
    degraded: list[Degradation] = Field(description="online_store: stored, but the next answer may not show it yet.")
    rejected: int = Field(0, description="Events of a bulk that were not stored.")
    results: list[EventResult] = Field([], description="What became of each event of a bulk, in their order.")
