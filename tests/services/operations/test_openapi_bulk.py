"""What the document says of bulk writes is what the site answers to."""

from typing import Any

import pytest

from services.catalog.routes import routes
from services.operations.openapi import REFUSALS
from services.operations.openapi_bulk import WRITES, models, operations


def test_the_document_has_each_address_and_method_that_the_site_has() -> None:
    there = {
        (route.path.replace(":path", ""), method.lower()) for route in routes for method in sorted(route.methods or ())
    }
    assert {(path, method) for path, methods in WRITES.items() for method in methods} == there


@pytest.mark.parametrize("path", WRITES)
def test_an_operation_takes_and_gives_its_models(path: str) -> None:
    told: dict[str, Any] = operations(path, REFUSALS)
    assert [one["name"] for one in told.pop("parameters", [])] == (["item_id"] if "{item_id}" in path else [])
    for method, operation in told.items():
        write = WRITES[path][method]
        taken = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
        given = operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
        assert (taken.rpartition("/")[2], given.rpartition("/")[2]) == (write.question.__name__, write.answer.__name__)
        assert operation["responses"]["413"]["description"] == REFUSALS["413"]


def test_the_schemas_are_of_all_writes() -> None:
    asked, answered = models()
    writes = [write for methods in WRITES.values() for write in methods.values()]
    assert set(asked) == {write.question for write in writes}
    assert set(answered) == {write.answer for write in writes}
