"""What bulk writes take: bounded lists; each row is judged later, by itself, whatever it is."""

from typing import Any

import pytest
from pydantic import BaseModel

from services.schemas.catalog import MAX_ALIASES, MAX_ROWS, AliasesRequest, ItemIdsRequest, ItemsRequest, UsersRequest
from tests.support.refusals import refused_field


@pytest.mark.parametrize(
    ("model", "said", "field"),
    [
        (ItemsRequest, {"items": []}, "items"),
        (ItemsRequest, {"items": [{}] * (MAX_ROWS + 1)}, "items"),
        (ItemsRequest, {"items": {"item_id": "tea-1"}}, "items"),
        (ItemsRequest, {"rows": [{}]}, "items"),
        (ItemIdsRequest, {"item_ids": ["tea-1", ""]}, "item_ids[1]"),
        (ItemIdsRequest, {"item_ids": []}, "item_ids"),
        (UsersRequest, {"users": []}, "users"),
        (AliasesRequest, {}, "aliases"),
        (AliasesRequest, {"aliases": ["a\nb"]}, "aliases[0]"),
        (AliasesRequest, {"aliases": [str(n) for n in range(MAX_ALIASES + 1)]}, "aliases"),
    ],
)
def test_a_list_out_of_its_bounds_is_refused_by_name(model: type[BaseModel], said: dict[str, Any], field: str) -> None:
    assert refused_field(model, said) == field


def test_a_row_that_is_no_good_spoils_no_other() -> None:
    rows = [None, 7, "tea-1", {"item_id": 3}, {"item_id": "tea-1", "title": "Black tea"}]
    assert ItemsRequest.model_validate({"items": rows}).items == rows
    assert UsersRequest.model_validate({"users": rows}).users == rows


def test_an_item_may_lose_all_its_former_ids() -> None:
    assert AliasesRequest.model_validate({"aliases": []}).aliases == []
