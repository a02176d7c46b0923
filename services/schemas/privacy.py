"""What the endpoints take and give by which shoppers govern what is kept of them."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from services.schemas.errors import Degradation
from services.schemas.request import Id, Name, RequestBody

Purpose = Literal["personalisation", "marketing"]


class MuteRequest(RequestBody):
    """A category or a brand that a shopper doesn't want to see, or wants to see again."""

    user_id: Id
    kind: Literal["category", "brand"]
    key: Name = Field(description="The category or brand, as the profile and the catalogue write it.")
    muted: bool = Field(True, strict=True, description="False: shown again.")


class Muted(BaseModel):
    """Something the shopper doesn't want to see."""

    kind: str
    key: str


class MuteResponse(BaseModel):
    """What is muted now."""

    user_id: str
    changed: bool
    profile_version: int | None = Field(description="Of the profile that says so; null where none is kept.")
    muted: list[Muted]
    degraded: list[Degradation]


class RemoveEventRequest(RequestBody):
    """An event that a shopper takes back."""

    user_id: Id
    event_id: Id = Field(description="As the profile's evidence names it.")


class RemoveEventResponse(BaseModel):
    """The event is gone and won't be stored again, and the profile was made without it."""

    user_id: str
    removed: bool = Field(description="False: it had been removed before.")
    profile_version: int | None
    degraded: list[Degradation]


class ConsentRequest(RequestBody):
    """What a shopper allows; without `purpose`, the request what they allow."""

    user_id: Id
    purpose: Purpose | None = None
    given: bool = Field(True, strict=True, description="False: withdrawn.")


class ConsentResponse(BaseModel):
    """What the shopper allows now."""

    user_id: str
    changed: bool
    consents: dict[Purpose, bool]


class ShopperRequest(RequestBody):
    """One shopper."""

    user_id: Id


class ExportResponse(BaseModel):
    """Everything that is kept of the shopper, by store."""

    user_id: str
    exported_at: datetime
    database: dict[str, list[dict[str, Any]]] = Field(description="Rows by table; bytes are in base64.")
    offline: dict[str, list[dict[str, Any]]] = Field(description="Rows of the feature store's views.")
    online: dict[str, dict[str, Any] | None] = Field(description="What is served: profile and counts of behaviour.")


class EraseResponse(BaseModel):
    """Every store has been swept. `sweeping`: once more in a few seconds, for what was under way; then `done`."""

    state: Literal["sweeping", "done"]
    requested_at: datetime
    done_at: datetime | None
    removed: dict[str, int] = Field(description="Rows removed so far, by store.")
    receipt: str = Field(description="For the shopper to keep: GET /erasures/RECEIPT tells how far it is.")
    models: list[str] = Field(description="Versions that had learned from the shopper; the next training has not.")
    log_cleared: bool = Field(
        description="Whether SQLite's write-ahead log has lost it too; beside a long reader that is done later."
    )
