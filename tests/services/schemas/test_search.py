"""What `/search` takes: a query of words, and filters within their limits."""

from typing import Any

import pytest

from services.schemas.search import MAX_OFFSET, MAX_QUERY, SearchRequest
from tests.support.refusals import refused_field


@pytest.mark.parametrize("query", ["x", "two\nlines\tand a tab", "绿茶 🍵", "x" * MAX_QUERY, "   "])
def test_a_query_may_be_any_words(query: str) -> None:
    assert SearchRequest.model_validate({"query": query}).query == query


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({}, "query"),
        ({"query": ""}, "query"),
        ({"query": "x" * (MAX_QUERY + 1)}, "query"),
        ({"query": "a\x00b"}, "query"),
        ({"query": "a\x1bb"}, "query"),
        ({"query": ["tea"]}, "query"),
        ({"query": "tea", "n": 0}, "n"),
        ({"query": "tea", "offset": MAX_OFFSET + 1}, "offset"),
        ({"query": "tea", "record": "no"}, "record"),
        ({"query": "tea", "event_id": ""}, "event_id"),
        ({"query": "tea", "brands": [""]}, "brands[0]"),
        ({"query": "tea", "categories": ["x"] * 51}, "categories"),
        ({"query": "tea", "language": "?"}, "language"),
    ],
)
def test_what_can_t_be_searched_is_refused_by_its_field(said: dict[str, Any], field: str) -> None:
    assert refused_field(SearchRequest, said) == field
