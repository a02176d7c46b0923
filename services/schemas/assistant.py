"""What `/assistant` takes and gives."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from services.schemas.errors import Degradation
from services.schemas.request import Id, Language, RequestBody

QuestionText = Annotated[str, Field(min_length=1, max_length=1000, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$")]


class Turn(RequestBody):
    """Something said before."""

    role: Literal["user", "assistant"]
    text: Annotated[str, Field(max_length=5000, pattern=r"^[^\x00]*$")]


class AssistantRequest(RequestBody):
    """A question to customer service, and who asks it."""

    question: QuestionText = Field(description="In English or Chinese.")
    user_id: Id | None = Field(None, description="The shopper who is signed in; only their own orders are spoken of.")
    turns: list[Turn] = Field([], max_length=10, description="What was said before, oldest first.")
    language: Language | None = Field(None, description="Of the answer; the question's when left out.")
    stream: bool = Field(False, description="Answer as server-sent events: part (one for each), done.")


class AssistantSource(BaseModel):
    """What a part of the answer was taken from."""

    kind: Literal["faq", "order", "item", "offer"]
    id: str = Field(description="Of the FAQ entry, of the shopper's event, of the item, or of the coupon.")
    title: str
    score: float | None = Field(description="How well an FAQ entry fits.")


class AssistantPart(BaseModel):
    """A piece of the answer that stands for itself."""

    kind: Literal["faq", "orders", "catalogue", "offers", "basket", "greeting", "handover"]
    text: str
    composed_by: Literal["llm", "template"] = Field(
        description="llm: the text LLM wrote this part, and each sentence was checked against the evidence."
    )
    sources: list[AssistantSource]


class AssistantAction(BaseModel):
    """Something the shopper may confirm; nothing is done until the shop's page does it."""

    kind: Literal["add_to_basket"]
    item_id: str
    title: str
    price: float | None
    quantity: int


class AssistantResponse(BaseModel):
    """The answer and its sources; or, with `handover`, that a person should give it."""

    answer: str
    language: Language
    parts: list[AssistantPart]
    sources: list[AssistantSource]
    composed_by: Literal["llm", "template"] = Field(description="llm where the text LLM wrote any part.")
    action: AssistantAction | None = Field(description="What the answer proposes; null is usual.")
    handover: bool
    handover_reason: Literal["unsure", "asked", "others", "signed_out"] | None
    confidence: float | None = Field(description="How well the closest FAQ entry fits; null without one.")
    handover_summary: str | None = Field(
        description="For the person who takes over: why, what was asked, what was found."
    )
    degraded: list[Degradation] = Field(
        description="Parts that were away; llm: told by templates; search: nothing was looked for. Empty is normal."
    )
