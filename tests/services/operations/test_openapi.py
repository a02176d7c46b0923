"""The OpenAPI document says what each endpoint takes, gives and refuses, each operation under a name of its own."""

from functools import cache
from typing import Any

import pytest

from services.operations.openapi import ENDPOINTS, METHODS, NEVER, REFUSALS, accurate
from services.operations.openapi_bulk import WRITES
from services.operations.openapi_reads import READS


@cache
def document() -> dict[str, Any]:
    """As the service makes it of what BentoML says."""
    plain: dict[str, Any] = {path: {"post": {"responses": {}}} for path in ENDPOINTS}
    watched = {path: {"get": {"description": "Whether it is there."}} for path in ("/livez", "/readyz")}
    return accurate({"openapi": "3.0.2", "info": {}, "paths": plain | watched}, "1.2.3")


def operations() -> dict[tuple[str, str], dict[str, Any]]:
    paths = document()["paths"]
    return {(path, method): paths[path][method] for path in paths for method in METHODS & paths[path].keys()}


def test_every_operation_has_a_name_of_its_own_and_a_group() -> None:
    names = [operation["operationId"] for operation in operations().values()]
    assert len(names) == len(set(names))
    assert {"recommend", "profile_mute", "put_items", "get_items", "get_home"} <= set(names)
    groups = {tag["name"] for tag in document()["tags"]}
    plain = {("/livez", "get"), ("/readyz", "get")}
    assert all(set(one["tags"]) <= groups for where, one in operations().items() if where not in plain)


def references(part: Any) -> set[str]:
    if isinstance(part, dict):
        own = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
        return own.union(*(references(value) for value in part.values()))
    return set().union(*(references(value) for value in part)) if isinstance(part, list) else set()


def test_every_schema_that_is_named_is_there() -> None:
    schemas = {f"#/components/schemas/{name}" for name in document()["components"]["schemas"]}
    assert references(document()) - schemas == set()


@pytest.mark.parametrize("path", ENDPOINTS)
def test_an_endpoint_refuses_as_it_may_and_no_otherwise(path: str) -> None:
    responses = operations()[path, "post"]["responses"]
    assert set(responses) == {"200", *REFUSALS} - NEVER.get(path, set())
    assert responses["400"]["content"]["application/json"]["schema"]["$ref"].endswith("/ErrorResponse")


def test_what_can_be_streamed_and_sent_in_bulk_is_said() -> None:
    streams = {
        path for path in ENDPOINTS if "text/event-stream" in operations()[path, "post"]["responses"]["200"]["content"]
    }
    assert streams == {"/explain", "/assistant"}
    taken = operations()["/events", "post"]["requestBody"]["content"]["application/json"]["schema"]["anyOf"]
    assert [one["$ref"].rpartition("/")[2] for one in taken] == ["EventsRequest", "BulkEventsRequest"]


def test_a_name_in_an_address_is_a_parameter() -> None:
    for (path, _), operation in operations().items():
        named = {part.strip("{}") for part in path.split("/") if part.startswith("{")}
        told = {one["name"] for one in operation.get("parameters", document()["paths"][path].get("parameters", []))}
        assert named <= told, path


def test_writes_and_reads_of_items_are_in_it() -> None:
    assert {(path, method) for path, methods in WRITES.items() for method in methods} <= operations().keys()
    assert {(path, "get") for path in READS} <= operations().keys()
    assert operations()["/readyz", "get"]["responses"].keys() == {"200", "503"}
