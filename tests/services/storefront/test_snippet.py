"""The snippet on a shop's own page, in a real browser: cards, clicks and purchases under a strict policy."""

import gzip
import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from sqlalchemy import Select, select

from recommender.db.tables import Event, Recommendation
from recommender.settings import PROJECT_ROOT
from tests.services.conftest import Served, serving_a_shop
from tests.support.servers.browser import FLAGS
from tests.support.servers.local import free_port, skip_or_fail
from tests.support.servers.shop_site import ShopSite, serving_a_site

SECRET = "of the tests' shop: 32 bytes or more"
SNIPPET = PROJECT_ROOT / "services" / "static" / "zhiyin.js"
HOME = '<div id="cards" data-zhiyin="recommend" data-n="4" data-heading="For you"><p>Our best sellers</p></div>'
CARD = "#cards .zhiyin-card"
Row = TypeVar("Row", Event, Recommendation)
ITEM_PAGE = '<h1>{item}</h1><div id="cards" data-zhiyin="similar" data-n="3"></div>'


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ShopSite, Served]]:
    home, port = tmp_path_factory.mktemp("plugged"), free_port()
    settings = {
        "ZHIYIN_AUTH": "required",
        "ZHIYIN_TOKEN_SECRET": SECRET,
        "ZHIYIN_CORS_ORIGINS": f"http://127.0.0.1:{port}",
    }
    with serving_a_shop(home, **settings) as service:
        shop = ShopSite(service.url, SECRET, port)
        items = [
            f"{kind}-{place}" for kind in ("tea", "coffee", "pets", "garden", "toys", "baby") for place in range(10)
        ]
        for item in items:
            shop.pages[f"/items/{item}"] = ITEM_PAGE.format(item=item)
            shop.attributes[f"/items/{item}"] = f'data-item="{item}"'
        shop.pages["/"] = HOME
        shop.attributes["/"] = 'data-item-url="/items/{item_id}"'
        shop.pages["/thanks"], shop.pages["/about"] = "Thank you", "About us"
        with serving_a_site(shop):
            yield shop, service


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        skip_or_fail("chromium is missing; `apt-get install chromium`")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield opened
        opened.close()


@contextmanager
def visiting(browser: Browser, url: str) -> Iterator[tuple[Page, list[str]]]:
    """A page of a browser that has been nowhere, and what its console and its policy say."""
    context: BrowserContext = browser.new_context()
    page, said = context.new_page(), list[str]()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(url)
    yield page, said
    context.close()


def errors_of(page: Page) -> list[dict[str, Any]]:
    return list(page.evaluate("window.zhiyin.ready.then(() => window.zhiyin.errors)"))


def find_rows(service: Served, query: Select[Row], enough: Callable[[list[Row]], bool]) -> list[Row]:
    """Rows of the database, once there are enough: events and answers are written after they were sent."""
    deadline = time.monotonic() + 20
    while True:
        with service.database() as session:
            found = list(session.scalars(query))
            session.expunge_all()
        if enough(found) or time.monotonic() > deadline:
            return found
        time.sleep(0.1)


def find_events(service: Served, enough: Callable[[list[Event]], bool], **like: Any) -> list[Event]:
    """Events of the database, once there are enough."""
    return find_rows(service, select(Event).filter_by(**like).order_by(Event.id), enough)


@pytest.mark.browser
def test_a_shopper_sees_cards_and_a_click_is_known(site: tuple[ShopSite, Served], browser: Browser) -> None:
    shop, service = site
    shop.shopper = "u1"
    with visiting(browser, shop.url) as (page, said):
        page.locator(CARD).nth(3).wait_for()
        assert page.locator("#cards h2").inner_text() == "For you"
        first = page.locator(CARD).nth(1)
        item = first.get_attribute("data-item")
        assert first.locator(".zhiyin-title").inner_text()
        assert float(first.locator(".zhiyin-price").inner_text()) > 0
        assert first.locator(".zhiyin-reason").inner_text().endswith(".")
        first.locator("a").click()
        page.wait_for_url(f"{shop.url}/items/{item}")
        page.locator(CARD).nth(2).wait_for()
        assert errors_of(page) == []
        assert said == []
    [click] = find_events(service, bool, user_id="u1", item_id=item, event_type="view", value=None, confirmed=False)
    assert click.recommendation_id is not None
    [answer] = find_rows(service, select(Recommendation).filter_by(recommendation_id=click.recommendation_id), bool)
    assert answer.user_id == "u1"


@pytest.mark.browser
def test_before_sign_in_a_visit_of_its_own(site: tuple[ShopSite, Served], browser: Browser) -> None:
    shop, service = site
    shop.shopper = None
    with visiting(browser, f"{shop.url}/items/coffee-3") as (page, said):
        page.locator(CARD).nth(2).wait_for()
        visit = page.evaluate("JSON.parse(localStorage['zhiyin.visit']).id")
        [seen] = find_events(service, bool, session_id=visit)
        assert (seen.user_id, seen.item_id, seen.event_type) == (None, "coffee-3", "view")
        shop.shopper = "u2"  # signs in: what the visit did is theirs
        page.goto(f"{shop.url}/items/coffee-4")
        found = find_events(service, lambda rows: {row.user_id for row in rows} == {"u2"}, session_id=visit)
        assert [(row.user_id, row.item_id) for row in found] == [("u2", "coffee-3"), ("u2", "coffee-4")]
        shop.shopper = None  # signs out: who comes now is another visit
        page.goto(f"{shop.url}/items/coffee-5")
        page.locator(CARD).nth(2).wait_for()
        other = page.evaluate("JSON.parse(localStorage['zhiyin.visit']).id")
        assert other != visit
        [after] = find_events(service, bool, session_id=other)
        assert (after.user_id, after.item_id) == (None, "coffee-5")
        assert (errors_of(page), said) == ([], [])


@pytest.mark.browser
def test_a_purchase_counts_once(site: tuple[ShopSite, Served], browser: Browser) -> None:
    shop, service = site
    shop.shopper = "u7"
    order = {"order_id": "1007", "lines": [{"item_id": "tea-1", "quantity": 2, "value": 6.0}, {"item_id": "tea-2"}]}
    shop.attributes["/thanks"] = f"data-order='{json.dumps(order)}'"
    with visiting(browser, f"{shop.url}/thanks") as (page, said):
        bought = find_events(service, lambda rows: len(rows) == 2, user_id="u7", confirmed=False)
        page.reload()
        page.evaluate("window.zhiyin.purchase({order_id: '1008', lines: [{item_id: 'tea-3', value: 5}]})")
        again = find_events(service, lambda rows: len(rows) == 3, user_id="u7", confirmed=False)
        assert (errors_of(page), said) == ([], [])
    assert [(row.event_id, row.item_id, row.quantity, row.value) for row in bought] == [
        ("1007-1", "tea-1", 2.0, 6.0),
        ("1007-2", "tea-2", None, None),
    ]
    assert [row.event_id for row in again] == ["1007-1", "1007-2", "1008-1"]


@pytest.mark.browser
def test_what_fails_is_told_and_the_page_stays(site: tuple[ShopSite, Served], browser: Browser) -> None:
    shop, _ = site
    shop.shopper, shop.tokens_fail = "u8", True
    try:
        with visiting(browser, f"{shop.url}/") as (page, said):
            told = errors_of(page)
            assert page.locator("#cards").inner_text() == "Our best sellers"
            assert any("/token answered 500" in one["message"] for one in told)
            assert any("zhiyin:" in line for line in said)
    finally:
        shop.tokens_fail = False


@pytest.mark.browser
def test_an_event_that_was_not_heard_is_sent_again_under_its_id(
    site: tuple[ShopSite, Served], browser: Browser
) -> None:
    shop, service = site
    shop.shopper = "u9"
    with visiting(browser, shop.url) as (page, _):
        page.locator(CARD).first.wait_for()
        page.route("**/events", lambda route: route.abort())
        page.evaluate("window.zhiyin.view('pets-2')")
        [waiting] = page.evaluate("JSON.parse(localStorage['zhiyin.events'])")
        assert [one["where"] for one in errors_of(page)] == ["events, sent again later"]
        page.unroute("**/events")
        page.goto(f"{shop.url}/about")  # the next page of the shop sends it
        found = find_events(service, bool, user_id="u9", item_id="pets-2", confirmed=False)
        assert [row.event_id for row in found] == [waiting["event"]["event_id"]]
        deadline = time.monotonic() + 10  # looked for from here: its policy lets no page wait for a condition
        while page.evaluate("localStorage['zhiyin.events']") != "[]":
            assert time.monotonic() < deadline
            time.sleep(0.1)
        page.evaluate("window.zhiyin.view('of-no-catalogue')")
        assert "no item" in errors_of(page)[-1]["message"]
        assert page.evaluate("localStorage['zhiyin.events']") == "[]", "what is refused for good is not sent again"


@pytest.mark.browser
def test_a_token_that_is_over_is_renewed(site: tuple[ShopSite, Served], browser: Browser) -> None:
    shop, service = site
    shop.shopper, shop.age = "u10", 400  # over when it is used: the service refuses it
    with visiting(browser, f"{shop.url}/about") as (page, _):
        assert errors_of(page) == []
        before, shop.age = shop.tokens, 0
        page.evaluate("window.zhiyin.view('pets-4')")
        assert find_events(service, bool, user_id="u10", item_id="pets-4", confirmed=False)
        assert (shop.tokens, errors_of(page)) == (before + 1, [])


def test_the_snippet_is_small_public_and_makes_nothing_of_text(site: tuple[ShopSite, Served]) -> None:
    _, service = site
    source = SNIPPET.read_text()
    assert len(gzip.compress(SNIPPET.read_bytes())) <= 5 * 1024
    for forbidden in ("eval(", "Function(", "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", ".style"):
        assert forbidden not in source, forbidden
    answer = httpx.get(f"{service.url}/static/zhiyin.js", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.text == source
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "max-age" in answer.headers["cache-control"]
    assert Path(SNIPPET).name in source
