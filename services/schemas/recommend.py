"""What the endpoints take and give: names, limits and descriptions, as the OpenAPI document shows them.

It knows no model and no store. Field names follow Amazon Personalize's, in lower case.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, Field, WithJsonSchema

from services.schemas.question import Id, Language, Name, Question
from services.schemas.wish import SayingAnswer, UnderstoodWish, Wish, WishKept, WishScope

if TYPE_CHECKING:  # draws in all that ranks, which the process that starts workers doesn't need
    from recommender.ranking.evidence import Evidence

MAX_ITEMS = 100
MAX_EVENTS, MAX_BULK_EVENTS = 10, 1000
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
EventType = Literal["view", "cart", "purchase", "rating", "review", "search", "favorite", "return", "removal", "refund"]
Degradation = Literal["online_store", "database", "profile", "encoder", "model", "canary", "text", "llm"]


class RecommendQuestion(Question):
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
        return self.wish is not None or self.understood is not None


class SimilarQuestion(Question):
    """One item of the catalogue."""

    item_id: Id = Field(description="The item whose like is wanted.")
    kind: Literal["similar", "goes_with"] = Field(
        "similar", description="similar: could stand in for it; goes_with: is chosen together with it."
    )
    n: int = Field(10, ge=1, le=MAX_ITEMS, strict=True, description="How many items.")
    language: Language = Field("en", description="Language of the reasons.")


class EvidenceAnswer(BaseModel):
    """Why an item is in the answer: what found it, and which of the shopper's items and events led there."""

    source: str = Field(
        description="repeat, transitions, together, text, image, topic, sequence, alike, trusted, "
        "demographic, search, popular, new, context or wish."
    )
    item_ids: list[str] = Field(description="Items of the shopper's that led there.")
    event_ids: list[str] = Field(description="Events of the shopper's that led there.")
    attributes: dict[str, str] = Field(description="Attributes that led there.")

    @classmethod
    def of(cls, one: "Evidence") -> "EvidenceAnswer":
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


class ItemAnswer(ItemCard):
    """One recommended item."""

    score: float = Field(description="Falls from first to last; comparable within one answer only.")
    reason: str = Field(description="One true sentence, made from the evidence.")
    explained_by: ExplainedBy = Field(description="Who wrote it: the text LLM (and it was checked), or a template.")
    evidence: list[EvidenceAnswer]
    rules: list[RuleApplied] = Field(description="Rules of the shop's that it owes its place to; most have none.")


class ExperimentAnswer(BaseModel):
    """How an answer was made while the shop compares ways to answer."""

    experiment_id: str
    arm: str


class RecommendAnswer(BaseModel):
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
    experiment: ExperimentAnswer | None = Field(
        None, description="While an experiment runs: the arm whose way to answer this is; null for who takes no part."
    )
    items: list[ItemAnswer]
    next_offset: int | None = Field(description="Of the next page; null on the last.")
    understood: UnderstoodWish | None = Field(None, description="What was wished for, as it was taken; null: nothing.")
    wish_kept: WishKept | None = Field(None, description="Of a wish that holds for good: what was kept of it.")


class SimilarAnswer(BaseModel):
    """Items like the one asked about, nearest first."""

    item_id: str
    model_version: str
    degraded: list[Degradation] = Field(description="As of /recommend.")
    items: list[ItemAnswer]


class ExplainQuestion(RecommendQuestion):
    """An item of an answer that somebody got, or would get now by the same question as `/recommend` takes.

    With `recommendation_id` that answer is looked up, and all else of the question is known. Without, the item is
    looked for on all pages.
    """

    item_id: Id | None = Field(None, description="The item; the answer's first when left out.")
    recommendation_id: Id | None = Field(None, description="Of the answer; one's own, or nobody's.")
    stream: bool = Field(False, description="Answer as server-sent events: sentence (at once, and once more), done.")


class ExplainAnswer(BaseModel):
    """Why one item was recommended; with `recommendation_id` the sentence and the evidence it was shown with."""

    user_id: str | None
    recommendation_id: str | None
    item_id: str
    title: str
    reason: str = Field(description="One true sentence, made from the evidence.")
    explained_by: ExplainedBy = Field(description="Who wrote it: the text LLM (and it was checked), or a template.")
    profile_version: int | None
    model_version: str
    evidence: list[EvidenceAnswer]
    rules: list[RuleApplied] = Field(description="Rules of the shop's that it owes its place to; most have none.")
    degraded: list[Degradation] = Field(description="Parts that were away while this was answered; empty is normal.")


class EventQuestion(Question):
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


EventRow = Annotated[Any, WithJsonSchema({"description": "An event, as of `EventsQuestion`.", "type": "object"})]


class EventsQuestion(Question):
    """One to ten events; all are stored or none."""

    events: list[EventQuestion] = Field(min_length=1, max_length=MAX_EVENTS)


class BulkEventsQuestion(Question):
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


class EventsAnswer(BaseModel):
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


class ProfileQuestion(Question):
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


class AffinityAnswer(BaseModel):
    """Something the shopper leans to, and the events that show it."""

    kind: str = Field(description="category, brand, price or repeat (`key` is an item, `weight` its cycle in days).")
    key: str
    title: str = Field(description="`key` for people: an item's title instead of its id.")
    weight: float
    muted: bool = Field(False, description="The shopper doesn't want to be shown it.")
    evidence: list[EventSeen]


class ProfileAnswer(BaseModel):
    """What the shop thinks a shopper likes, in words and with its evidence."""

    user_id: str
    profile_version: int = Field(description="Grows by one with each event or refresh; 0: made for this answer only.")
    model_version: str
    as_of: datetime
    summary: str
    affinities: list[AffinityAnswer]
    muted_categories: list[str] = Field([], description="Left out of what the shopper is shown; /profile/mute.")
    muted_brands: list[str] = Field([], description="The same.")
    preferences: list[SayingAnswer] = Field(
        [], description="What else the shopper said they want or don't; /profile/wish."
    )
    recent: list[EventSeen] = Field(description="The latest events, newest first.")
    degraded: list[Degradation]


class ErrorDetail(BaseModel):
    """Which field, what is wrong with it, what to do."""

    field: str
    message: str
    remedy: str


class ErrorAnswer(BaseModel):
    """Every refusal has this shape."""

    error: ErrorDetail
