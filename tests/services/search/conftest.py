"""What the search of a shop in this process finds."""

import time
from datetime import UTC, datetime

from services.container import Shop
from services.schemas.search import SearchRequest, SearchResponse

READS_WITHIN = 120  # seconds until the encoder is loaded, on a machine that does other things too


def looked_for(shop: Shop, question: SearchRequest) -> SearchResponse:
    """The answer once the encoder is there."""
    shop.searcher.look()
    deadline = time.monotonic() + READS_WITHIN
    while (answer := shop.searcher.search(question, datetime.now(UTC))).degraded:
        assert time.monotonic() < deadline, "the encoder did not come"
        time.sleep(0.1)
    return answer
