"""Search over HTTP: found by words and meaning, mended, personal, filtered, counted, paged, kept as an event."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from tests.services.conftest import Served
from tests.services.search.conftest import READS_WITHIN


@pytest.fixture(scope="module")
def reading(served: Served) -> Served:
    """The served shop once its encoder reads queries."""
    deadline = time.monotonic() + READS_WITHIN
    while served.post("/search", query="tea").json()["degraded"]:
        assert time.monotonic() < deadline, "the encoder did not come"
        time.sleep(0.5)
    return served


def found(served: Served, query: str, **asked: Any) -> dict[str, Any]:
    answer = served.post("/search", query=query, **asked)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def ids(answer: dict[str, Any]) -> list[str]:
    return [item["item_id"] for item in answer["items"]]


def test_words_and_meaning_find_and_say_which(reading: Served) -> None:
    said = found(reading, "green tea")
    assert ids(said)[0] == "tea-0"
    assert said["items"][0]["matched"] == ["green", "tea"]
    assert {"words", "meaning"} <= set(said["items"][0]["found_by"])
    meant = found(reading, "puppy")  # a word that no item has
    assert meant["items"][0]["item_id"].startswith("pets-")
    assert meant["items"][0]["found_by"] == ["meaning"]
    assert [meant["degraded"], meant["corrected"]] == [[], None]


def test_misspelled_words_are_mended_and_the_answer_says_so(reading: Served) -> None:
    answer = found(reading, "grean tae expreso")
    assert answer["corrected"] == "green tae expreso"  # three letters could be anything, two slips are too many
    assert found(reading, "jigsw puzle")["corrected"] == "jigsaw puzzle"
    assert ids(found(reading, "jigsw puzle"))[0] == "toys-3"
    assert ids(found(reading, "dogfood"))[0] == "pets-0"
    assert found(reading, "jigsaw puzzle")["corrected"] is None


def test_the_same_query_gives_two_shoppers_different_orders(reading: Served) -> None:
    for user, item in (("search-dog", "pets-6"), ("search-baby", "baby-4")):
        events = [
            {"event_id": f"{user}-{n}", "user_id": user, "item_id": item, "event_type": "purchase"} for n in range(3)
        ]
        assert reading.post("/events", events=events).status_code == 200
    dog, baby = (found(reading, "food", user_id=user, n=20) for user in ("search-dog", "search-baby"))
    assert set(ids(dog)) == set(ids(baby))
    assert ids(dog) != ids(baby)
    assert (ids(dog)[0], ids(baby)[0]) == ("pets-0", "baby-4")
    assert "profile" in baby["items"][0]["found_by"]
    assert baby["profile_version"] == 1
    visit = [{"event_id": "search-visit", "session_id": "search-visit", "item_id": "baby-4", "event_type": "cart"}]
    reading.post("/events", events=visit)
    assert ids(found(reading, "food", session_id="search-visit"))[0] == "baby-4"


def test_facets_count_what_the_other_filters_leave(reading: Served) -> None:
    everything = found(reading, "tea", n=100)
    categories = {one["value"]: one["count"] for one in everything["facets"]["categories"]}
    brands = {one["value"]: one["count"] for one in everything["facets"]["brands"]}
    assert categories["Shop"] == everything["total"] == sum(brands.values())
    assert sum(one["count"] for one in everything["facets"]["prices"]) == everything["total"]
    one = found(reading, "tea", n=100, brands=["Lark"], categories=["Tea"], price_max=8)
    assert 0 < one["total"] < everything["total"]
    assert {item["brand"] for item in one["items"]} == {"Lark"}
    assert all(item["categories"][-1] == "Tea" and item["price"] <= 8 for item in one["items"])
    assert {brand["value"] for brand in one["facets"]["brands"]} == {"Lark", "Heron", "Wren"}
    assert found(reading, "tea", exclude=ids(everything))["total"] == 0


def test_pages_follow_each_other_without_gap_or_repeat(reading: Served) -> None:
    whole = ids(found(reading, "tea food", n=100))
    pages, offset = [], 0
    while offset is not None:
        page = found(reading, "tea food", n=3, offset=offset)
        pages += ids(page)
        offset = page["next_offset"]
    assert pages == whole
    assert found(reading, "tea food", offset=5_000)["items"] == []


def test_a_query_is_an_event_when_it_has_an_id(reading: Served) -> None:
    user = "search-event"
    assert not found(reading, "kite", user_id=user)["recorded"]
    assert not found(reading, "kite", user_id=user, event_id="search-e0", record=False)["recorded"]
    assert found(reading, "kite", user_id=user, event_id="search-e1")["recorded"]
    assert found(reading, "kite", user_id=user, event_id="search-e1")["recorded"]  # once more: the same event
    assert found(reading, "kite", session_id="search-s", event_id="search-e2")["recorded"]
    with create_engine(f"sqlite:///{reading.home / 'zhiyin.db'}").connect() as database:
        rows = database.execute(
            text("SELECT event_id, event_type, text, user_id FROM events WHERE event_id LIKE 'search-e_' ORDER BY 1")
        ).all()
    assert [tuple(row) for row in rows] == [
        ("search-e1", "search", "kite", user),
        ("search-e2", "search", "kite", None),
    ]


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 400, "query"),
        ({"query": ""}, 400, "query"),
        ({"query": "   "}, 422, "query"),
        ({"query": "tea" * 200}, 400, "query"),
        ({"query": "tea\u0000"}, 400, "query"),
        ({"query": "tea", "n": 101}, 400, "n"),
        ({"query": "tea", "offset": -1}, 400, "offset"),
        ({"query": "tea", "price_min": 3, "price_max": 2}, 422, "price_min"),
        ({"query": "tea", "attributes": {"size": []}}, 400, "attributes.size"),
        ({"query": "tea", "kinds": []}, 400, "kinds"),
        ({"query": "tea", "event_id": "e"}, 422, "user_id"),
    ],
)
def test_a_query_that_makes_no_sense_is_told_by_field(
    served: Served, body: dict[str, Any], status: int, field: str
) -> None:
    answer = served.post("/search", **body)
    assert (answer.status_code, answer.json()["error"]["field"]) == (status, field)
    assert answer.json()["error"]["remedy"]


@pytest.mark.parametrize("query", ["!!!", "qxzvw", "🦄", "\"tea' OR 1=1 --"[:1], "(((", "zzzz " * 90])
def test_nonsense_finds_nothing_and_breaks_nothing(reading: Served, query: str) -> None:
    answer = found(reading, query)
    assert (answer["total"], answer["items"], answer["next_offset"]) == (0, [], None)


@pytest.mark.parametrize(
    "query", ["鳄椅云砖跑", "龘靐齉爩", "шплбрк фжзщ", "صضغظ خثذ", "ฟหกด่าสว", "뷁쀍쒧", "ヌメヴヱ", "82736451"]
)
def test_nonsense_finds_nothing_in_any_script(reading: Served, query: str) -> None:
    answer = found(reading, query)
    assert (answer["total"], answer["corrected"]) == (0, None)


def test_what_is_not_wanted_is_left_out_and_told(reading: Served) -> None:
    for query in ("coffee not decaf", "coffee -decaf", "decaf free coffee", "coffee ohne decaf"):
        answer = found(reading, query, n=100)
        assert answer["excluded"] == ["decaf"]
        assert "coffee-1" in ids(answer)
        assert "coffee-2" not in ids(answer)  # Decaf coffee
    assert "coffee-2" in ids(found(reading, "coffee", n=100))
    assert found(reading, "coffee", n=100)["excluded"] == []
    assert found(reading, "cofee without decaff")["corrected"] == "coffee -decaf"


def test_numbers_characters_and_denials_of_new_goods_are_read(reading: Served) -> None:
    goods = {
        "new-seal": "Gearbox Seal 42-315",
        "new-gasket": "Gearbox Gasket 315-42",
        "new-oil-1": "Motor oil 1.5 l",
        "new-oil-15": "Motor oil 15 l",
        "new-charger": "无线充电器",
        "new-case": "硅膠手機殼",
        "new-gum": "Sugar-free gum",
        "new-gum-sweet": "Gum with sugar",
    }
    engine = create_engine(f"sqlite:///{reading.home / 'zhiyin.db'}")
    insert = text(
        "INSERT INTO items (item_id, kind, title, description, brand, categories, image, language, attributes, hidden,"
        " stub, content_hash, updated_at)"
        " VALUES (:item_id, 'product', :title, '', '', '[\"New\"]', '', 'en', '{}', 0, 0, :item_id, :now)"
    )
    with engine.begin() as database:
        rows = [{"item_id": item_id, "title": title, "now": _stamp()} for item_id, title in goods.items()]
        database.execute(insert, rows)
    _until_found(reading, "42-315", "new-seal", True)
    for query, first in {
        "42-315": "new-seal",
        "315-42": "new-gasket",
        "motor oil 1,5 litres": "new-oil-1",
        "1500 ml motor oil": "new-oil-1",
        "motor oil 15 L": "new-oil-15",
        "無線充電器": "new-charger",
        "手机壳": "new-case",
        "gum no sugar": "new-gum",
    }.items():
        assert ids(found(reading, query))[0] == first, query
    assert "new-gum-sweet" not in ids(found(reading, "gum no sugar", n=100))
    assert "new-gum" not in [
        hit["item_id"] for hit in found(reading, "sugar", n=100)["items"] if "words" in hit["found_by"]
    ]
    assert found(reading, "1500 ml motor oil")["items"][0]["matched"] == ["motor", "oil", "1500 ml"]
    with engine.begin() as database:
        hidden = text("UPDATE items SET hidden = 1, updated_at = :now WHERE item_id LIKE 'new-%'")
        database.execute(hidden, {"now": _stamp()})
    _until_found(reading, "42-315", "new-seal", False)


def test_what_changes_in_the_catalogue_is_found_within_seconds(reading: Served) -> None:
    assert found(reading, "theremin")["total"] == 0
    engine = create_engine(f"sqlite:///{reading.home / 'zhiyin.db'}")
    insert = text(
        "INSERT INTO items (item_id, kind, title, description, brand, categories, image, language, attributes, hidden,"
        " stub, content_hash, updated_at) VALUES ('search-new', 'product', 'Theremin', '', '', '[\"Music\"]', '', 'en',"
        ' \'{"colour": ["Dark Red", "Black"]}\', 0, 0, \'search-new\', :now)'
    )
    with engine.begin() as database:
        database.execute(insert, {"now": _stamp()})
    assert _until(reading, "theremin", 1)["items"][0]["item_id"] == "search-new"
    assert found(reading, "theremin", attributes={"Colour": ["dark red"]})["total"] == 1
    assert found(reading, "theremin", attributes={"colour": ["blue"]})["total"] == 0
    with engine.begin() as database:
        database.execute(
            text("UPDATE items SET hidden = 1, updated_at = :now WHERE item_id = 'search-new'"), {"now": _stamp()}
        )
    _until(reading, "theremin", 0)


def _stamp() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def _until_found(served: Served, query: str, item_id: str, there: bool) -> None:
    deadline = time.monotonic() + 15
    while (item_id in ids(found(served, query, n=100))) != there:
        assert time.monotonic() < deadline
        time.sleep(0.2)


def _until(served: Served, query: str, total: int) -> dict[str, Any]:
    deadline = time.monotonic() + 15
    while (answer := found(served, query))["total"] != total:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return answer


def test_a_search_is_shown_and_can_be_attributed(reading: Served) -> None:
    answer = found(reading, "tea", n=2)
    deadline = time.monotonic() + 10
    with create_engine(f"sqlite:///{reading.home / 'zhiyin.db'}").connect() as database:
        shown = text("SELECT scenario, items FROM recommendations WHERE recommendation_id = :id")
        while not (rows := database.execute(shown, {"id": answer["recommendation_id"]}).all()):
            assert time.monotonic() < deadline
            time.sleep(0.2)
            database.rollback()
    assert rows[0].scenario == "search"
    assert all(item in rows[0].items for item in ids(answer))


def test_what_was_searched_for_is_in_the_next_recommendation(reading: Served) -> None:
    """By a newcomer, by a visit that hasn't signed in, and sent as an event."""
    assert found(reading, "dog leash", event_id="wish-1", user_id="wisher")["recorded"]
    assert found(reading, "dog leash", event_id="wish-2", session_id="wish-visit")["recorded"]
    event = {"event_id": "wish-3", "user_id": "wisher-3", "event_type": "search", "text": "Dog leash"}
    assert reading.post("/events", events=[event]).status_code == 200
    for who in ({"user_id": "wisher"}, {"session_id": "wish-visit"}, {"user_id": "wisher-3"}):
        answer = reading.post("/recommend", n=5, **who).json()
        assert answer["items"][0]["item_id"] == "pets-2", who
        assert answer["items"][0]["evidence"][0]["source"] == "search"
        assert "og leash”" in answer["items"][0]["reason"]
    taken = reading.post("/profile/remove_event", user_id="wisher", event_id="wish-1").json()
    assert taken["removed"]
    left = reading.post("/recommend", n=20, user_id="wisher").json()["items"]
    assert not any(one["source"] == "search" for item in left for one in item["evidence"])
