"""What the document says of reads that may be kept is what the site answers to."""

import pytest

from services.catalog.reads import routes
from services.operations.openapi import REFUSALS
from services.operations.openapi_reads import READS, read_operation
from services.schemas.recommend import SimilarRequest


def test_the_document_has_each_address_that_the_site_has() -> None:
    assert {route.path.replace(":path", "") for route in routes} == set(READS)


@pytest.mark.parametrize("path", READS)
def test_an_answer_may_be_asked_for_again_by_its_mark(path: str) -> None:
    told = read_operation(path, REFUSALS)
    assert {"200", "304", "404"} <= told["responses"].keys()
    assert {"item_id", "If-None-Match"} <= {one["name"] for one in told["parameters"]}


def test_what_may_be_asked_of_similar_items_is_what_post_takes_with_the_same_bounds() -> None:
    told = {one["name"]: one["schema"] for one in read_operation("/items/{item_id}/similar", REFUSALS)["parameters"]}
    asked = SimilarRequest.model_json_schema()["properties"]
    for name in ("kind", "n", "language"):
        for bound in ("minimum", "maximum", "enum", "type"):
            assert told[name].get(bound) == asked[name].get(bound), (name, bound)
    assert set(told) - {"If-None-Match"} == set(SimilarRequest.model_fields)
