"""Items in several currencies and languages, through the service: written live, and shown as who asks wants them."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.services.conftest import Served, serving_a_shop

TEA: dict[str, Any] = {
    "item_id": "tea-3",
    "price": 19.9,
    "prices": {"EUR": 19.9, "USD": 21.5},
    "translations": {"zh": {"title": "茉莉花茶", "categories": ["店", "茶"], "description": "来自福建的窨制绿茶"}},
}


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("versions")
    with serving_a_shop(home, ZHIYIN_CURRENCY="EUR", ZHIYIN_CURRENCY_RATES="GBP=1.2") as service:
        yield service


def until(find: Callable[[], dict[str, Any]], wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    deadline = time.monotonic() + 30
    while not wanted(found := find()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def get(own: Served, path: str, **asked: str) -> dict[str, Any]:
    answer = httpx.get(own.url + path, params=asked, timeout=30)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def item_of(own: Served, path: str, **body: Any) -> dict[str, Any]:
    answer = own.post(path, **body)
    assert answer.status_code == 200, answer.text
    return next((one for one in answer.json()["items"] if one["item_id"] == "tea-3"), {})


def card(item: dict[str, Any]) -> tuple[Any, ...]:
    return item.get("title"), item.get("price"), item.get("currency"), item.get("price_converted")


def test_answers_show_the_language_and_the_currency_that_are_asked_for(own: Served) -> None:
    assert own.send("PATCH", "/items", items=[TEA]).json()["updated"] == 1
    english, chinese = ("Jasmine tea", 19.9, "EUR", False), ("茉莉花茶", 21.5, "USD", False)
    until(lambda: get(own, "/items/tea-3"), lambda item: item["price"] == 19.9)
    assert card(get(own, "/items/tea-3")) == english
    shown = get(own, "/items/tea-3", language="zh-CN", currency="usd")
    assert (card(shown), shown["categories"]) == (chinese, ["店", "茶"])
    near = {"price_min": 19.9, "price_max": 19.9, "n": 5}
    assert card(item_of(own, "/recommend", **near)) == english
    assert card(item_of(own, "/recommend", **near, language="zh", currency="USD")) == chinese
    assert card(item_of(own, "/recommend", **near, item_language="zh", currency="JPY")) == ("茉莉花茶", *english[1:])
    assert card(item_of(own, "/similar", item_id="tea-1", n=30, language="zh", currency="USD")) == chinese
    similar = get(own, "/items/tea-1/similar", n="30", item_language="zh", currency="USD")["items"]
    assert card(next(one for one in similar if one["item_id"] == "tea-3")) == chinese
    assert card(item_of(own, "/search", query="jasmine", language="zh", currency="USD")) == chinese
    assert own.post("/search", query="tea", language="?").json()["error"]["field"] == "language"


def test_search_reads_all_languages(own: Served) -> None:
    own.send("PATCH", "/items", items=[TEA])
    found = until(lambda: item_of(own, "/search", query="茉莉花茶"), bool)
    assert found["title"] == "Jasmine tea"
    assert "words" in found["found_by"]


def test_reasons_name_titles_in_their_language(own: Served) -> None:
    own.send("PATCH", "/items", items=[TEA])
    until(lambda: get(own, "/items/tea-3", language="zh"), lambda item: item["title"] == "茉莉花茶")
    for language, title in (("zh", "茉莉花茶"), ("en", "Jasmine tea")):
        asked = {"context_item_ids": ["tea-3"], "scenario": "product", "n": 20, "language": language}
        reasons = [one["reason"] for one in own.post("/recommend", **asked).json()["items"]]
        assert any(title in reason for reason in reasons), reasons
        similar = own.post("/similar", item_id="tea-3", n=5, language=language).json()["items"]
        assert any(title in one["reason"] for one in similar)


def test_a_price_in_another_currency_alone_is_converted_or_told(own: Served) -> None:
    rows = [
        {"item_id": "v-1", "title": "Mug", "price": "10 GBP"},
        {"item_id": "v-2", "title": "Jar", "price": 900, "currency": "JPY"},
        {"item_id": "v-3", "title": "Pot", "price": 3, "prices": {"EUR": 4}},
    ]
    told = own.send("PUT", "/items", items=rows).json()
    assert [(one["index"], one["field"]) for one in told["rejected"]] == [(2, "prices")]
    assert any("no price" in note and "JPY" in note and "ZHIYIN_CURRENCY_RATES" in note for note in told["notes"])

    def there() -> dict[str, Any]:
        answer = httpx.get(f"{own.url}/items/v-1")
        return dict(answer.json()) if answer.status_code == 200 else {}

    assert card(until(there, bool)) == ("Mug", 12.0, "EUR", True)
    assert card(get(own, "/items/v-1", currency="GBP")) == ("Mug", 10.0, "GBP", False)
    assert card(get(own, "/items/v-2")) == ("Jar", None, None, False)


def test_the_storefront_speaks_the_browser_s_language_and_keeps_the_chosen_currency(own: Served) -> None:
    own.send("PATCH", "/items", items=[TEA])
    until(lambda: get(own, "/items/tea-3", language="zh"), lambda item: item["title"] == "茉莉花茶")
    with httpx.Client(base_url=own.url, timeout=30) as client:
        page = {"view": "item", "item": "tea-3"}
        english = client.get("/", params=page, headers={"Accept-Language": "fr, en;q=0.5"})
        assert '<html lang="en">' in english.text
        assert "Jasmine tea" in english.text
        assert '19.90 <span class="currency">EUR</span>' in english.text
        assert "Accept-Language" in english.headers["vary"]
        assert "currency=USD" in english.text
        client.get("/", params={**page, "currency": "USD"})
        client.get("/", params={**page, "currency": "\x01"})  # no currency of the shop is chosen
        chinese = client.get("/", params=page, headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}).text
        assert '<html lang="zh-CN">' in chinese
        assert "茉莉花茶" in chinese
        assert '21.50 <span class="currency">USD</span>' in chinese
        assert "Jasmine tea" in client.get("/", params={**page, "lang": "en"}, headers={"Accept-Language": "zh"}).text
