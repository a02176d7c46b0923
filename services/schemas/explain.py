"""What `/explain` takes and gives."""

from pydantic import BaseModel, Field

from services.schemas.errors import Degradation
from services.schemas.recommend import ExplainedBy, ItemEvidence, RecommendRequest, RuleApplied
from services.schemas.request import Id


class ExplainRequest(RecommendRequest):
    """An item of an answer that somebody got, or would get now by the same request as `/recommend` takes.

    With `recommendation_id` that answer is looked up, and all else of the request is known. Without, the item is
    looked for on all pages.
    """

    item_id: Id | None = Field(None, description="The item; the answer's first when left out.")
    recommendation_id: Id | None = Field(None, description="Of the answer; one's own, or nobody's.")
    stream: bool = Field(False, description="Answer as server-sent events: sentence (at once, and once more), done.")


class ExplainResponse(BaseModel):
    """Why one item was recommended; with `recommendation_id` the sentence and the evidence it was shown with."""

    user_id: str | None
    recommendation_id: str | None
    item_id: str
    title: str
    reason: str = Field(description="One true sentence, made from the evidence.")
    explained_by: ExplainedBy = Field(description="Who wrote it: the text LLM (and it was checked), or a template.")
    profile_version: int | None
    model_version: str
    evidence: list[ItemEvidence]
    rules: list[RuleApplied] = Field(description="Rules of the shop's that it owes its place to; most have none.")
    degraded: list[Degradation] = Field(description="Parts that were away while this was answered; empty is normal.")
