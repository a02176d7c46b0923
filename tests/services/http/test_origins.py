"""Pages of other sites can do nothing here; the service's own, servers and plain links can."""

import httpx
import pytest

from services.http.origins import is_origin_of
from tests.services.conftest import Served
from tests.services.http.conftest import ADDRESSES, BODIES, METHODS, OWN

FOREIGN: tuple[dict[str, str], ...] = (
    {"Origin": "https://shop.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1"},  # another port of this host
    {"Origin": "http://localhost"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:1"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
)


@pytest.mark.parametrize("foreign", FOREIGN)
def test_pages_of_other_sites_can_do_nothing(served: Served, foreign: dict[str, str]) -> None:
    for template in BODIES:
        method = METHODS.get(template, "POST")
        answer = httpx.request(
            method, served.url + ADDRESSES.get(template, template), json=BODIES[template], headers=foreign, timeout=30
        )
        assert (answer.status_code, answer.json()["error"]["field"]) == (403, "Origin"), template
    form = httpx.post(served.url + "/mine/erase", data={"user": OWN}, headers=foreign)
    assert form.status_code == 403
    assert httpx.get(served.url + "/static/site.css", headers=foreign).status_code == 200


def test_the_own_page_servers_and_links_from_other_sites_pass(served: Served) -> None:
    own = f"http://127.0.0.1:{served.port}"
    for headers in ({}, {"Origin": own}, {"Origin": "http://other", "Sec-Fetch-Site": "same-origin"}):
        answer = httpx.post(served.url + "/recommend", json={"n": 1}, headers=headers)
        assert answer.status_code == 200, headers
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert httpx.get(served.url + "/", headers=link).status_code == 200
    framed = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
    assert httpx.get(served.url + "/?user=u1&view=offers", headers=framed).status_code == 403


def test_a_body_without_a_type_is_read_by_nobody(served: Served) -> None:
    for template in BODIES:
        method = METHODS.get(template, "POST")
        answer = httpx.request(
            method, served.url + ADDRESSES.get(template, template), content=b'{"n": 1}', headers={"Content-Type": ""}
        )
        assert (answer.status_code, answer.json()["error"]["field"]) == (415, "Content-Type"), template
        answer = httpx.request(method, served.url + ADDRESSES.get(template, template), content=b'{"n": 1}')
        assert (answer.status_code, answer.json()["error"]["field"]) == (415, "Content-Type"), template


def test_origins_are_compared_with_their_ports() -> None:
    assert is_origin_of("https://shop.example", "shop.example:443")
    assert is_origin_of("http://shop.example:80", "Shop.example")
    assert is_origin_of("http://[::1]:3000", "[::1]:3000")
    for origin in (
        "null",
        "",
        "https://shop.example:444",
        "http://shop.example.evil",
        "file://",
        "http://[",
        "http://x:y",
    ):
        assert not is_origin_of(origin, "shop.example")
