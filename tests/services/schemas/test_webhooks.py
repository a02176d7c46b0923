"""What became of a delivery: one of a few outcomes, with the lines that were not stored."""

from services.schemas.catalog import RejectedRow
from services.schemas.webhooks import WebhookResponse
from services.webhooks.service import TOPICS
from tests.support.refusals import refused_field


def test_an_outcome_is_one_that_a_sender_knows() -> None:
    assert refused_field(WebhookResponse, {"topic": "orders/create", "outcome": "lost"}) == "outcome"
    assert refused_field(WebhookResponse, {"outcome": "taken"}) == "topic"


def test_what_is_not_told_is_none_and_rows_keep_their_place() -> None:
    row = RejectedRow(index=2, field="sku", message="none", remedy="Give one.")
    for topics in TOPICS.values():
        for topic in topics:
            told = WebhookResponse(topic=topic, outcome="taken", rejected=[row]).model_dump()
            assert told["rejected"] == [{"index": 2, "field": "sku", "message": "none", "remedy": "Give one."}]
            assert {name for name, value in told.items() if value == 0} >= {"added", "updated", "retired", "erased"}
