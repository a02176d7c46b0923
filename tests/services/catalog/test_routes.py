"""Items over HTTP: written in bulk, each row judged by itself, and seen by the next answers of every worker."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from recommender.db.tables import Item
from tests.services.conftest import Served, serving_a_shop

WITHIN = 1.0  # seconds until every worker knows
ASKED = 12  # times, over new connections, which the workers share among them


@pytest.fixture(scope="module")
def two_workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving_a_shop(tmp_path_factory.mktemp("catalogue"), ZHIYIN_SERVICE_WORKERS="2") as service:
        for _ in range(ASKED):  # both have answered before anything is timed
            service.post("/search", query="tea")
        yield service


def done(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def by_id(answer: httpx.Response) -> dict[str, dict[str, Any]]:
    return {item["item_id"]: item for item in done(answer)["items"]}


def everywhere(holds: Callable[[], bool]) -> None:
    """Every worker says so, a second after the change was acknowledged."""
    time.sleep(WITHIN)
    assert all(holds() for _ in range(ASKED))


def test_a_patched_price_is_in_every_answer_within_a_second(two_workers: Served) -> None:
    first = next(iter(by_id(two_workers.post("/recommend", n=5))))
    items = [{"item_id": item_id, "price": 3.25} for item_id in (first, "tea-2", "coffee-4")]
    told = done(two_workers.send("PATCH", "/items", items=items))
    assert (told["added"], told["updated"], told["unchanged"], told["rejected"]) == (0, 3, 0, [])
    everywhere(lambda: by_id(two_workers.post("/recommend", n=5))[first]["price"] == 3.25)
    everywhere(lambda: by_id(two_workers.post("/similar", item_id="tea-1", n=30))["tea-2"]["price"] == 3.25)
    everywhere(lambda: by_id(two_workers.post("/search", query="instant coffee"))["coffee-4"]["price"] == 3.25)
    again = done(two_workers.send("PATCH", "/items", items=items))
    assert (again["updated"], again["unchanged"]) == (0, 3)
    tea = by_id(two_workers.post("/search", query="oolong"))["tea-2"]  # what a patch doesn't say stays
    assert (tea["title"], tea["categories"], tea["brand"]) == ("Oolong", ["Shop", "Tea"], "Wren")


def test_a_price_that_changed_is_what_filters_go_by(two_workers: Served) -> None:
    done(two_workers.send("PATCH", "/items", items=[{"item_id": "toys-6", "price": 777}]))
    everywhere(lambda: set(by_id(two_workers.post("/recommend", price_min=700))) == {"toys-6"})
    everywhere(lambda: set(by_id(two_workers.post("/search", query="kite", price_min=700))) == {"toys-6"})


def test_what_is_out_of_stock_or_deleted_is_in_no_answer_within_a_second(two_workers: Served) -> None:
    first, second, *_ = by_id(two_workers.post("/recommend", n=10, categories=["Pets"]))
    done(two_workers.send("PATCH", "/items", items=[{"item_id": first, "stock": 0}]))
    gone = done(two_workers.send("DELETE", "/items", item_ids=[second, "no-such"]))
    assert (gone["deleted"], [row["item_id"] for row in gone["rejected"]]) == (1, ["no-such"])

    def hidden() -> bool:
        found = [
            *by_id(two_workers.post("/recommend", n=20, categories=["Pets"])),
            *by_id(two_workers.post("/similar", item_id="pets-9" if "pets-9" not in (first, second) else "pets-8")),
            *by_id(two_workers.post("/search", query="dog cat bird fish hamster", n=50)),
        ]
        return not {first, second}.intersection(found)

    everywhere(hidden)
    assert done(two_workers.send("DELETE", "/items", item_ids=[second]))["deleted"] == 0  # asked again
    refused = done(two_workers.send("PATCH", "/items", items=[{"item_id": second, "price": 2}]))["rejected"][0]
    assert (refused["index"], refused["item_id"], refused["field"]) == (0, second, "item_id")
    assert "PUT" in refused["remedy"]
    done(two_workers.send("PATCH", "/items", items=[{"item_id": first, "stock": 7}]))
    done(two_workers.send("PUT", "/items", items=[{"item_id": second, "title": "Dog basket", "price": 9}]))
    everywhere(lambda: first in by_id(two_workers.post("/search", query="dog cat bird fish hamster", n=50)))
    everywhere(lambda: second in by_id(two_workers.post("/search", query="dog basket")))


def test_a_new_item_is_found_by_its_text_within_a_second(two_workers: Served) -> None:
    quilt = {"item_id": "home-1", "title": "Velvet quilt", "categories": ["Home", "Bedding"], "price": 49.5}
    told = done(two_workers.send("PUT", "/items", items=[{**quilt, "description": "Stuffed with eiderdown."}]))
    assert (told["added"], told["updated"], told["rejected"]) == (1, 0, [])
    everywhere(lambda: "home-1" in by_id(two_workers.post("/search", query="eiderdown")))
    done(two_workers.send("PUT", "/items", items=[quilt]))  # replaced: what is left out is empty
    everywhere(lambda: "home-1" not in by_id(two_workers.post("/search", query="eiderdown")))
    assert by_id(two_workers.post("/search", query="velvet quilt"))["home-1"]["price"] == 49.5
    event = {"event_id": "new-1", "user_id": "buys-new", "item_id": "home-1", "event_type": "view"}
    assert done(two_workers.post("/events", events=[event]))["added"] == 1


def test_each_row_is_judged_by_itself(served: Served) -> None:
    rows: list[Any] = [
        {"item_id": "judged-1", "title": "Kept", "price": 5},
        {"item_id": "judged-2", "title": "Bad price", "price": "a lot"},
        {"title": "Nobody"},
        "no object",
        {
            "item_id": "judged-3",
            "title": "Ends before",
            "available_from": "2026-05-02",
            "available_until": "2026-05-01",
        },
        {"item_id": "judged-1", "title": "Other content"},
        {"item_id": "judged-4", "title": "x" * 1_001},
    ]
    told = done(served.send("PUT", "/items", items=rows))
    assert told["added"] == 1
    assert [(row["index"], row["item_id"], row["field"]) for row in told["rejected"]] == [
        (1, "judged-2", "price"),
        (2, None, "item_id"),
        (3, None, "*"),
        (4, "judged-3", "available_until"),
        (5, "judged-1", "item_id"),
        (6, "judged-4", "title"),
    ]
    assert all(row["message"] and row["remedy"] for row in told["rejected"])
    unknown = done(served.send("PATCH", "/items", items=[{"item_id": "judged-5", "price": 5}]))["rejected"]
    assert [(row["item_id"], row["field"]) for row in unknown] == [("judged-5", "item_id")]
    done(served.send("PATCH", "/items", items=[{"item_id": "judged-1", "price": None}]))
    with served.database() as session:
        item = session.get_one(Item, "judged-1")
        assert (item.title, item.price) == ("Kept", None)  # null empties a field


@pytest.mark.parametrize(
    ("method", "content", "status", "field"),
    [
        ("PUT", b"{", 400, "body"),
        ("PUT", b"[]", 400, "body"),
        ("PUT", b'{"items": []}', 400, "items"),
        ("PATCH", b'{"items": [' + b",".join([b"{}"] * 1_001) + b"]}", 400, "items"),
        ("PATCH", b'{"rows": []}', 400, "items"),
        ("DELETE", b'{"item_ids": [""]}', 400, "item_ids[0]"),
        ("DELETE", b"", 400, "body"),
        ("PUT", b'{"items": ["' + b"x" * (4 * 1024 * 1024) + b'"]}', 413, "body"),
    ],
)
def test_a_body_that_makes_no_sense_is_told_by_field(
    served: Served, method: str, content: bytes, status: int, field: str
) -> None:
    headers = {"Content-Type": "application/json"}
    answer = httpx.request(method, served.url + "/items", content=content, headers=headers, timeout=30)
    assert (answer.status_code, answer.json()["error"]["field"]) == (status, field)
    untyped = httpx.request(method, served.url + "/items", content=b"{}", headers={"Content-Type": "text/plain"})
    assert untyped.status_code == 415


def test_a_thousand_items_go_in_at_once(served: Served) -> None:
    rows = [{"item_id": f"bulk-{n}", "title": f"Bulk {n}", "price": n, "hidden": True} for n in range(1_000)]
    assert done(served.send("PUT", "/items", items=rows))["added"] == 1_000
    assert done(served.send("PUT", "/items", items=rows))["unchanged"] == 1_000
    assert done(served.send("DELETE", "/items", item_ids=[row["item_id"] for row in rows]))["deleted"] == 1_000
