"""What `/assistant` answers, made of the desk's answer."""

from collections.abc import Iterable

from recommender.assistant.answer_parts import Part
from recommender.assistant.catalogue_desk import Proposal
from recommender.assistant.pipeline import Answer
from services.schemas.assistant import AssistantAction, AssistantPart, AssistantResponse, AssistantSource


def respond(answer: Answer, language: str, degraded: Iterable[str] = ()) -> AssistantResponse:
    """The answer as it is sent; `degraded` are the parts it was made without."""
    parts = [_part(part) for part in answer.parts]
    return AssistantResponse(
        answer=answer.text,
        language="zh" if language == "zh" else "en",
        parts=parts,
        sources=[source for part in parts for source in part.sources],
        composed_by=answer.composed_by,
        action=_action(answer.proposal) if answer.proposal is not None else None,
        handover=answer.handover,
        handover_reason=answer.reason,
        confidence=answer.confidence,
        handover_summary=answer.summary,
        degraded=sorted(degraded),
    )


def _part(part: Part) -> AssistantPart:
    sources = [AssistantSource(kind=one.kind, id=one.id, title=one.title, score=one.score) for one in part.sources]
    return AssistantPart(kind=part.kind, text=part.text, composed_by=part.composed_by, sources=sources)


def _action(proposal: Proposal) -> AssistantAction:
    good = proposal.good
    return AssistantAction(
        kind="add_to_basket", item_id=good.item_id, title=good.title, price=good.price, quantity=proposal.quantity
    )
