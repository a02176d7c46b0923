"""What `/search` takes and gives, as the OpenAPI document shows it."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from services.schemas.errors import Degradation
from services.schemas.recommend import (
    MAX_EXCLUDED,
    MAX_ITEMS,
    Attributes,
    ItemCard,
    Kinds,
    Price,
    RuleApplied,
)
from services.schemas.request import CURRENCY, ITEM_LANGUAGE, Currency, Id, ItemLanguage, Name, RequestBody
from services.schemas.wish import WishConstraint

MAX_QUERY = 500
MAX_OFFSET = 10_000
Query = Annotated[str, Field(min_length=1, max_length=MAX_QUERY, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]+$")]


class SearchRequest(RequestBody):
    """What is looked for, by whom, and what may be in the answer."""

    query: Query = Field(
        description="In the shopper's words, in any language; misspelled words are mended. What it says is not wanted "
        "(not, without, -free, a leading minus) is left out, what it says of prices (cheap, under 10) holds."
    )
    user_id: Id | None = Field(None, description="The shopper: what is theirs comes earlier.")
    session_id: Id | None = Field(None, description="The visit of somebody who has not signed in.")
    n: int = Field(10, ge=1, le=MAX_ITEMS, strict=True, description="How many items.")
    offset: int = Field(
        0, ge=0, le=MAX_OFFSET, strict=True, description="How many items to pass over: `next_offset` of the last page."
    )
    exclude: list[Id] = Field([], max_length=MAX_EXCLUDED, description="Items that must not be in the answer.")
    categories: list[Name] = Field([], max_length=50, description="Only items of any of these categories.")
    brands: list[Name] = Field([], max_length=50, description="Only items of any of these brands.")
    price_min: Price | None = Field(None, description="Only items that cost at least this.")
    price_max: Price | None = Field(None, description="Only items that cost at most this.")
    attributes: Attributes = Field({})
    kinds: Kinds = Field(["product"])
    language: ItemLanguage | None = Field(None, description=ITEM_LANGUAGE)
    currency: Currency | None = Field(None, description=f"{CURRENCY} Bounds of prices are in the shop's own.")
    event_id: Id | None = Field(
        None, description="Yours: with it the query is kept as a search event of the shopper's or the visit's, once."
    )
    record: bool = Field(True, strict=True, description="false: the query is not kept, whatever event_id says.")


class FoundItem(ItemCard):
    """One item that answers the query."""

    kind: str
    brand: str
    categories: list[str]
    score: float = Field(description="Falls from first to last; comparable within one answer only.")
    sold_out: bool = Field(
        False, description="Sold out: shown, after all else, only where the shop has set ZHIYIN_SEARCH_SOLD_OUT."
    )
    found_by: list[str] = Field(description="words, meaning, profile: what brought it here.")
    matched: list[str] = Field(description="Words of the query that the item's text holds.")
    rules: list[RuleApplied] = Field(description="Rules of the shop's that it owes its place to; most have none.")


class Count(BaseModel):
    """A value of a facet, and how many items of the answer have it."""

    value: str
    count: int


class PriceBand(BaseModel):
    """Prices from `low` up to, not with, `high`; null: no such bound."""

    low: float | None
    high: float | None
    count: int


class FacetsResponse(BaseModel):
    """Each counts what the other filters leave."""

    categories: list[Count]
    brands: list[Count]
    prices: list[PriceBand]


class ReadInstead(BaseModel):
    """Words of the query that no item has, and the catalogue's own that are searched for instead."""

    said: str
    read_as: str
    by: Literal["list", "sound", "clicks"] = Field(
        description="The list of shop words, in English and Chinese; Pinyin; what shoppers clicked who had asked so."
    )


class UnderstoodQuery(BaseModel):
    """What a query says beside the words to find: prices, what is not wanted, and words read otherwise."""

    constraints: list[WishConstraint] = Field(
        description="As of /recommend's wishes: of kind price, and unwanted ones of kind word. All of them hold."
    )
    instead: list[ReadInstead]
    loosened: list[str] = Field(
        description="What was said of prices in words (cheap) and given up, because nothing that was found is."
    )


class SearchResponse(BaseModel):
    """A page of what was found, best first. Send `recommendation_id` back with the events that follow."""

    recommendation_id: str
    query: str
    corrected: str | None = Field(description="The query as it was searched for, where words were mended.")
    excluded: list[str] = Field(
        description="What the query says is not wanted: items whose text holds it are left out. Empty is usual."
    )
    understood: UnderstoodQuery
    total: int = Field(description="How many items answer the query within the filters.")
    next_offset: int | None = Field(description="Of the next page; null on the last.")
    model_version: str
    profile_version: int | None = Field(description="Of the profile it was made for; null where none is kept.")
    recorded: bool = Field(description="Whether the query is kept as an event.")
    degraded: list[Degradation] = Field(
        description="Parts that were away; encoder: found by words alone; language: too, as the encoder doesn't "
        "read the query's. Empty is normal."
    )
    items: list[FoundItem]
    facets: FacetsResponse
