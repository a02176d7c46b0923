"""What `/webhooks/...` answer: what became of a delivery."""

from typing import Literal

from pydantic import BaseModel, Field

from services.schemas.catalog import RejectedRow

WebhookOutcome = Literal["taken", "repeated", "older", "ignored", "rejected"]


class WebhookResponse(BaseModel):
    """What became of a delivery; a sender that has this answer need not send it again."""

    topic: str
    outcome: WebhookOutcome = Field(
        description="taken; repeated: this delivery was taken before; older: the product has been told of since; "
        "ignored: it says nothing that is kept here; rejected: it is not in the form of its topic."
    )
    added: int = Field(0, description="Events or items that are new.")
    updated: int = Field(0, description="Items that say something else since.")
    unchanged: int = Field(0, description="Items that said the same already.")
    duplicates: int = Field(0, description="Events that were there already.")
    withheld: int = Field(0, description="Events not stored because the shopper doesn't consent to personalisation.")
    retired: int = Field(0, description="Items taken out of the catalogue.")
    erased: int = Field(0, description="Shoppers who were erased, or are about to be.")
    noted: int = Field(0, description="Requests noted in the audit log for the shop's people to act on.")
    rejected: list[RejectedRow] = Field([], description="Lines that were not stored; `zhiyin rejects` keeps them.")
