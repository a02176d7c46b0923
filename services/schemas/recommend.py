"""What the endpoints take and give: names, limits and descriptions, as the OpenAPI document shows them.

It knows no model and no store. Field names follow Amazon Personalize's, in lower case.
"""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, Field

from services.schemas.errors import Degradation
from services.schemas.request import CURRENCY, ITEM_LANGUAGE, Currency, Id, ItemLanguage, Language, Name, RequestBody
from services.schemas.wish import UnderstoodWish, Wish, WishKept, WishScope

if TYPE_CHECKING:  # draws in all that ranks, which the process that starts workers doesn't need
    from recommender.ranking.evidence import Evidence

MAX_ITEMS = 100
MAX_EXCLUDED = 1000
MAX_OFFSET = 500
Price = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False, strict=True)]
Attributes = Annotated[
    dict[Name, Annotated[list[Name], Field(min_length=1, max_length=50)]],
    Field(max_length=20, description="Only items with one of the values of each attribute named."),
]
Kinds = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=32, pattern=r"^[^\x00-\x1f\x7f]+$")]],
    Field(min_length=1, max_length=10, description="Kinds of items: product, article, video, ... as imported."),
]
ExplainedBy = Literal["llm", "template"]


class RecommendRequest(RequestBody):
    """Who asks (a shopper, a session, or nobody known) and what may be in the answer."""

    user_id: Id | None = Field(None, description="The shopper; unknown ones get what is popular.")
    session_id: Id | None = Field(None, description="The visit of somebody who has not signed in.")
    scenario: Literal["home", "product", "cart", "buy_again"] | None = Field(
        None,
        description="home; product: beside the item in the context; cart: what goes with the basket in the context; "
        "buy_again: what is due by the shopper's own cycle. Without it home, or product where there is a context.",
    )
    context_item_ids: list[Id] = Field(
        default_factory=list,
        max_length=20,
        description="What is on the page or in the basket; unknown ones are named in `ignored`.",
    )
    n: int = Field(10, ge=1, le=MAX_ITEMS, strict=True, description="How many items.")
    offset: int = Field(
        0, ge=0, le=MAX_OFFSET, strict=True, description="How many to pass over: `next_offset` of the last page."
    )
    diversity: Annotated[float, Field(ge=0, le=1, strict=True)] = Field(
        0.0, description="0: the ranking as it is; 1: as unlike each other as can be."
    )
    kinds: Kinds = Field(default_factory=lambda: ["product"])
    attributes: Attributes = Field(default_factory=dict)
    exclude: list[Id] = Field(
        default_factory=list, max_length=MAX_EXCLUDED, description="Items that must not be in the answer."
    )
    categories: list[Name] = Field(
        default_factory=list, max_length=50, description="Only items of any of these categories."
    )
    brands: list[Name] = Field(default_factory=list, max_length=50, description="Only items of any of these brands.")
    price_min: Price | None = Field(None, description="Only items that cost at least this.")
    price_max: Price | None = Field(None, description="Only items that cost at most this.")
    include_bought: bool | None = Field(
        None, description="Also what the shopper has and hardly anybody buys twice; null: as the shop has set it."
    )
    language: Language = Field("en", description="Language of the reasons.")
    item_language: ItemLanguage | None = Field(None, description=f"{ITEM_LANGUAGE} Without, it is `language`.")
    currency: Currency | None = Field(None, description=f"{CURRENCY} Bounds of prices are in the shop's own.")
    wish: Wish | None = Field(
        None,
        description="What is wished for, in words, in English or Chinese: `something cheaper for my dog, no fish`. "
        "What was understood is in the answer.",
    )
    understood: UnderstoodWish | None = Field(
        None, description="In place of `wish`: what an answer understood, corrected."
    )
    wish_scope: WishScope = Field(
        "request",
        description="How long it holds: for this request; for the session, which `session_id` names; or for good, as "
        "mutes and preferences of `user_id`.",
    )

    @property
    def is_wish(self) -> bool:
        """Whether the request itself wishes for something, in words or as it was understood before."""
        return self.wish is not None or self.understood is not None


class SimilarRequest(RequestBody):
    """One item of the catalogue."""

    item_id: Id = Field(description="The item whose like is wanted.")
    kind: Literal["similar", "goes_with"] = Field(
        "similar", description="similar: could stand in for it; goes_with: is chosen together with it."
    )
    n: int = Field(10, ge=1, le=MAX_ITEMS, strict=True, description="How many items.")
    language: Language = Field("en", description="Language of the reasons.")
    item_language: ItemLanguage | None = Field(None, description=f"{ITEM_LANGUAGE} Without, it is `language`.")
    currency: Currency | None = Field(None, description=CURRENCY)


class ItemOptions(RequestBody):
    """How an item is told, in its address."""

    language: ItemLanguage | None = Field(None, description=ITEM_LANGUAGE)
    currency: Currency | None = Field(None, description=CURRENCY)


class ItemEvidence(BaseModel):
    """Why an item is in the answer: what found it, and which of the shopper's items and events led there."""

    source: str = Field(
        description="repeat, transitions, together, text, image, topic, sequence, alike, trusted, "
        "demographic, search, popular, new, context, wish, or novelty: it has its place for being new to the shopper."
    )
    item_ids: list[str] = Field(description="Items of the shopper's that led there.")
    event_ids: list[str] = Field(description="Events of the shopper's that led there.")
    attributes: dict[str, str] = Field(description="Attributes that led there.")

    @classmethod
    def of(cls, one: "Evidence") -> "ItemEvidence":
        """The evidence as the ranking found it, in the form that answers give it."""
        return cls(
            source=one.source, item_ids=list(one.item_ids), event_ids=list(one.event_ids), attributes=one.attributes
        )


class RuleApplied(BaseModel):
    """A rule of the shop's that moved an item."""

    rule_id: str
    action: str


class ItemCard(BaseModel):
    """What a page needs to draw an item; null: the shop hasn't said."""

    item_id: str
    title: str
    price: float | None
    currency: str | None = Field(None, description="Of the price, as the shop writes it.")
    url: str | None = Field(None, description="The item's page in the shop.")
    image: str | None = Field(None, description="Its photo.")
    stock: float | None = Field(None, description="How many there are.")
    price_converted: bool = Field(False, description="By the shop's rate, as it has given no price in `currency`.")


class CatalogueItem(ItemCard):
    """One item of the catalogue."""

    brand: str
    categories: list[str] = Field(description="The path, widest first.")
    sold_out: bool


class RecommendedItem(ItemCard):
    """One recommended item."""

    score: float = Field(description="Falls from first to last; comparable within one answer only.")
    reason: str = Field(description="One true sentence, made from the evidence.")
    explained_by: ExplainedBy = Field(description="Who wrote it: the text LLM (and it was checked), or a template.")
    evidence: list[ItemEvidence]
    rules: list[RuleApplied] = Field(description="Rules of the shop's that it owes its place to; most have none.")


class ExperimentArm(BaseModel):
    """How an answer was made while the shop compares ways to answer."""

    experiment_id: str
    arm: str


class RecommendResponse(BaseModel):
    """Items, best first. Send `recommendation_id` back with the events that follow."""

    recommendation_id: str
    model_version: str
    profile_version: int | None = Field(description="Of the profile it was made for; null where none is kept.")
    degraded: list[Degradation] = Field(
        description="Parts that were away while this was answered; empty is normal. model: the promoted one is "
        "missing or spoiled, the former one answers, or counts; canary: the model on trial failed, the promoted one "
        "answers; text: the encoder hasn't read the catalogue, texts are "
        "compared by their words; encoder, llm: a wish was read without its meaning, or without the text LLM."
    )
    ignored: list[str] = Field(
        description="Ids of context_item_ids that the answer is made without: the model in service doesn't know them."
    )
    experiment: ExperimentArm | None = Field(
        None, description="While an experiment runs: the arm whose way to answer this is; null for who takes no part."
    )
    items: list[RecommendedItem]
    next_offset: int | None = Field(description="Of the next page; null on the last.")
    understood: UnderstoodWish | None = Field(None, description="What was wished for, as it was taken; null: nothing.")
    llm_rerank: Literal["waiting", "applied", "refused", "not_asked"] | None = Field(
        None,
        description="Of a kept list that the text LLM may put into its order: waiting: not yet, the ranker's order "
        "stands; applied; refused: what it wrote is no order; not_asked: it was away, or the day's budget was spent. "
        "null: none is asked for.",
    )
    wish_kept: WishKept | None = Field(None, description="Of a wish that holds for good: what was kept of it.")


class SimilarResponse(BaseModel):
    """Items like the one asked about, nearest first."""

    item_id: str
    model_version: str
    degraded: list[Degradation] = Field(description="As of /recommend.")
    items: list[RecommendedItem]
