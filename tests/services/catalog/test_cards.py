"""Answers say what a page needs to draw a card of each item."""

import time

from tests.services.conftest import Served

CARD = {
    "currency": "EUR",
    "url": "https://shop.example/tea/tea-3",
    "image": "https://shop.example/photos/tea-3.jpg",
    "stock": 12.0,
}


def test_answers_give_the_card_of_each_item(served: Served) -> None:
    row = {"item_id": "tea-3", "price": "4,20 EUR", "link": CARD["url"], "image_link": CARD["image"], "stock": 12}
    assert served.send("PATCH", "/items", items=[row]).json()["updated"] == 1
    time.sleep(1)
    answers = (
        served.post("/recommend", n=5, price_min=4.2, price_max=4.2),
        served.post("/similar", item_id="tea-1", n=30),
        served.post("/search", query="jasmine"),
    )
    for answer in answers:
        (item,) = (one for one in answer.json()["items"] if one["item_id"] == "tea-3")
        assert (item["title"], item["price"]) == ("Jasmine tea", 4.2)
        assert {name: item[name] for name in CARD} == CARD
        other = next((one for one in answer.json()["items"] if one["item_id"] != "tea-3"), dict.fromkeys(CARD))
        assert {other[name] for name in CARD} == {None}
    emptied = {"item_id": "tea-3", "stock": None, "url": None, "currency": None}
    assert served.send("PATCH", "/items", items=[emptied]).json()["updated"] == 1
    time.sleep(1)
    item = served.post("/search", query="jasmine").json()["items"][0]
    assert {name: item[name] for name in CARD} == dict.fromkeys(CARD) | {"image": CARD["image"]}
