"""Answers that may be kept: an item and its like by GET, files of pages; and what is a shopper's own, which may not."""

from collections.abc import Iterator

import httpx
import pytest

from tests.services.conftest import Served, serving_a_shop

SHOP = "https://shop.example"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving_a_shop(tmp_path_factory.mktemp("kept"), ZHIYIN_CORS_ORIGINS=SHOP) as service:
        yield service


def ask(service: Served, path: str, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.get(service.url + path, headers=named, timeout=30)


@pytest.mark.parametrize("path", ["/items/tea-1", "/items/tea-1/similar?n=3", "/items/tea-1/similar?kind=goes_with"])
def test_an_item_is_asked_for_again_without_its_body(kept: Served, path: str) -> None:
    first = ask(kept, path)
    assert (first.status_code, first.headers["cache-control"]) == (200, "private, max-age=60")
    mark = first.headers["etag"]
    for known in (mark, f"W/{mark}", f'"other", {mark}', "*"):
        again = ask(kept, path, If_None_Match=known)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", mark)
    assert ask(kept, path, If_None_Match='"other"').json() == first.json()


def test_it_says_what_the_post_says(kept: Served) -> None:
    posted = kept.post("/similar", item_id="tea-1", n=3)
    assert ask(kept, "/items/tea-1/similar?n=3").json() == posted.json()
    assert posted.headers["cache-control"] == "no-store"
    assert "etag" not in posted.headers


def test_another_price_makes_another_mark(kept: Served) -> None:
    before = ask(kept, "/items/tea-2")
    kept.send("PATCH", "/items", items=[{"item_id": "tea-2", "price": 77.5}])
    after = ask(kept, "/items/tea-2", If_None_Match=before.headers["etag"])
    for _ in range(50):
        if after.status_code == 200:
            break
        after = ask(kept, "/items/tea-2", If_None_Match=before.headers["etag"])
    assert (after.status_code, after.json()["price"]) == (200, 77.5)


@pytest.mark.parametrize(
    ("path", "status", "field"),
    [
        ("/items/none", 404, "item_id"),
        ("/items/none/similar", 404, "item_id"),
        ("/items/tea-1/similar?n=0", 422, "n"),
        ("/items/tea-1/similar?n=many", 400, "n"),
        ("/items/tea-1/similar?item_id=tea-2", 400, "item_id"),
        ("/items/tea-1/similar?colour=red", 400, "colour"),
    ],
)
def test_what_is_wrong_is_told_and_not_kept(kept: Served, path: str, status: int, field: str) -> None:
    answer = ask(kept, path)
    assert answer.status_code in (status, 400), answer.text
    assert answer.json()["error"]["field"] == field
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/static/zhiyin.js", "/static/site.css"])
def test_files_are_kept_a_while(kept: Served, path: str) -> None:
    first = ask(kept, path)
    assert (first.status_code, first.headers["cache-control"]) == (200, "public, max-age=600")
    again = ask(kept, path, If_None_Match=first.headers["etag"])
    assert (again.status_code, again.content, again.headers["cache-control"]) == (304, b"", "public, max-age=600")


def test_what_is_a_shopper_s_own_is_never_kept(kept: Served) -> None:
    for path, body in (("/recommend", {"user_id": "u1", "n": 2}), ("/profile", {"user_id": "u1"})):
        answer = httpx.post(kept.url + path, json=body, timeout=30)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")


def test_a_page_of_the_shop_may_ask_and_read_the_mark(kept: Served) -> None:
    answer = ask(kept, "/items/tea-1", Origin=SHOP, Sec_Fetch_Site="cross-site")
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, SHOP)
    assert "ETag" in answer.headers["access-control-expose-headers"]
    assert "Origin" in answer.headers["vary"]
    assert ask(kept, "/items/tea-1", Origin="https://other.example", Sec_Fetch_Site="cross-site").status_code == 403
