"""What the marketing endpoints take and give."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from services.schemas.request import Id, Language, RequestBody

MAX_OFFERS = 50
MAX_AUDIENCE = 1000


class OffersRequest(RequestBody):
    """One shopper."""

    user_id: Id = Field(description="The shopper.")
    n: int = Field(
        5, ge=1, le=MAX_OFFERS, strict=True, description="At most how many coupons; the frequency cap may leave fewer."
    )
    language: Language = Field("en", description="Language of the reasons.")


class OfferEvidence(BaseModel):
    """What a coupon's reason is made from."""

    source: Literal["bought", "looked", "category", "none"]
    item_ids: list[str]
    event_ids: list[str]


class OfferedProduct(BaseModel):
    """An item the coupon may be used on."""

    item_id: str
    title: str
    price: float | None


class ChosenOffer(BaseModel):
    """One coupon for the shopper."""

    campaign_id: str
    coupon_id: str
    probability: float = Field(description="That the shopper redeems it in this campaign, by the offers' model.")
    ends_at: datetime
    addressed: bool = Field(description="Whether the campaign was sent to the shopper by the shop already.")
    reason: str
    evidence: OfferEvidence
    products: list[OfferedProduct] = Field(description="Items it may be used on: the shopper's own first.")
    products_in_all: int


class OffersResponse(BaseModel):
    """Coupons of campaigns that are live, the likeliest to be redeemed first. What is answered counts as shown."""

    user_id: str
    model_version: str | None
    withheld: Literal["consent", "cap", "no_live_campaign"] | None = Field(
        description="Why there is nothing, or no more: consent is withdrawn, the cap is reached, no campaign is live."
    )
    cap: int
    period_days: int
    offers: list[ChosenOffer]


class AudienceMember(BaseModel):
    """A shopper who may be addressed."""

    user_id: str
    probability: float = Field(description="That the shopper redeems any coupon of the campaign.")
    coupon_id: str = Field(description="The coupon they most likely redeem.")
    coupon_probability: float
    addressed: bool


class AudienceResponse(BaseModel):
    """A page of a campaign's audience, the likeliest first; without those who may not be addressed."""

    campaign_id: str
    kind: str
    starts_at: datetime
    ends_at: datetime
    live: bool
    model_version: str
    as_of: datetime = Field(description="Behaviour before this moment was looked at.")
    size: int = Field(description="Shoppers who may be addressed.")
    audience: list[AudienceMember]
    next_offset: int | None = Field(description="Where the next page begins; null at the end.")
