"""What the endpoints take and give by which a shop's server writes its items and shoppers.

Rows are taken as they are sent and judged by the rules of an import: a row that is no good is told of, and spoils no
other.
"""

from typing import Annotated, Any

from pydantic import BaseModel, Field, WithJsonSchema

from services.schemas.request import Id, RequestBody

MAX_ROWS, MAX_ALIASES = 1000, 100
_ITEM = {
    "item_id": "tea-1",
    "title": "Black tea",
    "description": "Loose leaves.",
    "categories": ["Shop", "Tea"],
    "brand": "Heron",
    "price": 3.5,
    "stock": 12,
}
ItemRow = Annotated[
    Any,
    WithJsonSchema(
        {
            "description": "An object with `item_id` and what an import of items takes; other fields are attributes.",
            "examples": [_ITEM],
        }
    ),
]


UserRow = Annotated[
    Any,
    WithJsonSchema(
        {
            "description": "An object with `user_id` and what an import of users takes; other fields are attributes.",
            "examples": [{"user_id": "u3", "attributes": {"age": "25-34"}, "created_at": "2026-01-31T12:30:00Z"}],
        }
    ),
]


class ItemsRequest(RequestBody):
    """Up to 1,000 items; each is judged by itself."""

    items: list[ItemRow] = Field(min_length=1, max_length=MAX_ROWS)


class ItemIdsRequest(RequestBody):
    """Up to 1,000 items by their ids."""

    item_ids: list[Id] = Field(min_length=1, max_length=MAX_ROWS)


class UsersRequest(RequestBody):
    """Up to 1,000 shoppers; each is judged by itself."""

    users: list[UserRow] = Field(min_length=1, max_length=MAX_ROWS)


class AliasesRequest(RequestBody):
    """All former ids of an item."""

    aliases: list[Id] = Field(max_length=MAX_ALIASES, description="Those that are left out are aliases no more.")


class AliasesResponse(BaseModel):
    """What shoppers did under the item's former ids is the item's."""

    item_id: str
    aliases: list[str]
    events: int = Field(description="Events that became the item's.")
    retired: int = Field(description="Items of these ids that were in the catalogue and are no more.")


class RejectedRow(BaseModel):
    """A row that was not stored."""

    index: int = Field(description="Where it stands in the request, from 0.")
    field: str = Field(description="`*`: the row as a whole.")
    message: str
    remedy: str


class RejectedItem(RejectedRow):
    """An item that was not stored."""

    item_id: str | None


class RejectedUser(RejectedRow):
    """A shopper who was not stored."""

    user_id: str | None


class RowsResponse(BaseModel):
    """What became of the rows that were good."""

    added: int = Field(description="Rows that are new.")
    updated: int = Field(description="Rows that say something else since.")
    unchanged: int = Field(description="Rows that said the same already.")
    notes: list[str] = Field(description="What was read otherwise than it may have been meant.")


class ItemsResponse(RowsResponse):
    """The items are in the database by the time this is sent, all but the rejected ones."""

    rejected: list[RejectedItem]


class UsersResponse(RowsResponse):
    """The shoppers are in the database by the time this is sent, all but the rejected ones."""

    rejected: list[RejectedUser]


class DeletedResponse(BaseModel):
    """The items are recommended and found nowhere from now on; what shoppers did with them stays."""

    deleted: int = Field(description="Items that were in the catalogue.")
    rejected: list[RejectedItem] = Field(description="Ids that no item has.")
