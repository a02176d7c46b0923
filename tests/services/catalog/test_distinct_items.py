"""Ten recommended are ten things: two rows of one title, price and brand are one choice, in every list."""

import time
from collections.abc import Iterator

import pytest

from tests.services.conftest import Served, serving_a_shop
from tests.support.shops.twins import make_twins


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving_a_shop(tmp_path_factory.mktemp("twins"), make_twins) as service:
        yield service


def thing(item: dict[str, object]) -> tuple[str, object]:
    return " ".join(str(item["title"]).lower().split()), item["price"]


def things(items: list[dict[str, object]]) -> list[tuple[str, object]]:
    return [thing(item) for item in items]


def pages(service: Served, path: str, **body: object) -> list[list[dict[str, object]]]:
    found, offset = [], 0
    while offset is not None:
        answer = service.post(path, offset=offset, **body).json()
        found.append(answer["items"])
        offset = answer["next_offset"]
    return found


@pytest.mark.parametrize("user", ["u0", "u1", "u5", "nobody-known"])
def test_no_page_brings_a_thing_again(twins: Served, user: str) -> None:
    found = pages(twins, "/recommend", user_id=user, n=10)
    assert len(found) > 2
    told = things([item for page in found for item in page])
    assert len(told) == len(set(told))
    assert 35 <= len(told) <= 42, "seven of each of six categories, but for what was disliked"
    at_once = twins.post("/recommend", user_id=user, n=10).json()["items"]
    assert things(at_once) == told[:10], "the list that is kept ready says the same"


@pytest.mark.parametrize("more", [{"diversity": 0.5}, {"scenario": "cart", "context_item_ids": ["tea-0"]}])
def test_nor_does_another_order_of_the_list(twins: Served, more: dict[str, object]) -> None:
    told = things([item for page in pages(twins, "/recommend", user_id="u1", n=10, **more) for item in page])
    assert len(told) == len(set(told))


def test_what_is_looked_at_or_excluded_is_not_brought_back_under_another_id(twins: Served) -> None:
    answer = twins.post("/recommend", user_id="u0", context_item_ids=["tea-3"], n=60).json()["items"]
    assert {"tea-0", "tea-3"}.isdisjoint(item["item_id"] for item in answer)
    first = twins.post("/recommend", user_id="u0", n=10).json()["items"]
    without = twins.post("/recommend", user_id="u0", n=10, exclude=[item["item_id"] for item in first]).json()["items"]
    assert set(things(first)).isdisjoint(things(without))
    pair = {"tea-0", "tea-3"}
    for excluded in pair:
        for more in ({}, {"include_bought": True}, {"diversity": 0.01}):
            asked = {"user_id": "u0", "n": 40, "exclude": [excluded], **more}
            assert pair.isdisjoint(item["item_id"] for item in twins.post("/recommend", **asked).json()["items"])


@pytest.mark.parametrize("kind", ["similar", "goes_with"])
def test_similar_items_are_other_things(twins: Served, kind: str) -> None:
    for item_id in ("tea-0", "tea-3", "pets-4"):
        found = twins.post("/similar", item_id=item_id, n=30, kind=kind).json()["items"]
        told = things(found)
        assert len(told) == len(set(told)) >= 10
        mine = twins.send("GET", f"/items/{item_id}").json()
        assert thing(mine) not in told


def test_a_search_finds_a_thing_once(twins: Served) -> None:
    while twins.post("/search", query="tea").json()["degraded"]:  # until the encoder is there, words alone find
        time.sleep(0.2)
    for query in ("tea", "dog", "baby"):
        found = pages(twins, "/search", query=query, n=3)
        told = things([item for page in found for item in page])
        assert len(told) == len(set(told)) > 2
        assert twins.post("/search", query=query).json()["total"] == len(told)
