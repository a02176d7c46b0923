"""The pages: in a real browser, and their safety."""

import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from services.storefront.i18n import MESSAGES
from tests.services.conftest import Served
from tests.support.servers.browser import FLAGS
from tests.support.servers.local import skip_or_fail

# each text with its colour and that of the nearest background behind it, as WCAG's contrast reckons
CONTRAST = """() => {
  const channel = v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const light = c => .2126 * channel(c[0]) + .7152 * channel(c[1]) + .0722 * channel(c[2]);
  const parse = c => c.match(/[\\d.]+/g).map(Number);
  const behind = e => { for (; e; e = e.parentElement) {
    const c = parse(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c }
    return [255, 255, 255] };
  const texts = [...document.querySelectorAll('body *')].filter(e => e.offsetParent &&
    [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()));
  return texts.map(e => { const [a, b] = [light(parse(getComputedStyle(e).color)), light(behind(e))];
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    return [ratio, e.textContent.trim().slice(0, 40)] }).filter(x => x[0] < 4.5);
}"""
UNNAMED = """() => [...document.querySelectorAll('a, button, input:not([type=hidden]), summary')].filter(e =>
  !(e.textContent.trim() || e.getAttribute('aria-label') || (e.labels && e.labels.length))).map(e => e.outerHTML)"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        skip_or_fail("chromium is missing; `apt-get install chromium`")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield opened
        opened.close()


def open_page(browser: Browser, address: str, **options: object) -> Page:
    page = browser.new_page(**options)  # type: ignore[arg-type]
    page.on("requestfailed", lambda request: pytest.fail(f"{request.url} failed"))
    page.goto(address)
    return page


@pytest.mark.browser
def test_a_purchase_on_the_page_changes_the_page(served: Served, browser: Browser, tmp_path: Path) -> None:
    page = open_page(browser, f"{served.url}/?user=u7")
    assert page.locator(".columns .items > li").count() == 12
    before = page.locator(".summary").inner_text(), page.locator(".profile .hint").first.inner_text()
    title = page.locator(".items h3").nth(3).inner_text()
    page.get_by_role("button", name=f"{MESSAGES['en']['purchase']}: {title}").click()
    assert title in page.get_by_role("status").inner_text()
    assert page.locator(".profile .hint").first.inner_text() != before[1]
    assert title in page.locator(".profile ol.evidence li").first.inner_text()
    page.locator(".affinities summary").first.click()
    assert page.locator(".affinities details[open] li").first.is_visible()
    page.screenshot(path=tmp_path / "page.png", full_page=True)


@pytest.mark.browser
def test_each_scenario_has_its_row(served: Served, browser: Browser) -> None:
    """Buy it again, and the basket; on a product's page what goes with it."""
    messages, user = MESSAGES["en"], "row-watcher"
    for week in range(3):
        bought = {"user_id": user, "item_id": "tea-2", "event_type": "purchase", "value": 3.0}
        time = (datetime.now(UTC) - timedelta(days=8 * (3 - week))).isoformat()
        served.post("/events", events=[{**bought, "event_id": f"row-{week}", "time": time}])
    page = open_page(browser, f"{served.url}/?user={user}")
    assert "Oolong" in page.locator("#buy_again").inner_text()
    assert page.locator("#cart").count() == 0
    page.locator(".columns button[value=cart]").first.click()
    page.locator("#cart").get_by_role("heading", name=messages["row_cart"]).wait_for()
    inside = page.locator(".profile ol.evidence li").first.inner_text()
    assert all(title not in inside for title in page.locator("#cart h3").all_inner_texts())
    page.get_by_role("link", name="Oolong").first.click()
    page.get_by_role("heading", name=messages["goes_with"], exact=True).wait_for()
    ids = page.locator("[id]").evaluate_all("all => all.map(one => one.id)")
    assert len(ids) == len(set(ids))


@pytest.mark.browser
def test_the_keyboard_alone_is_enough(served: Served, browser: Browser) -> None:
    page = open_page(browser, f"{served.url}/?user=u8")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.locator("#user").fill("u9")
    page.keyboard.press("Enter")
    page.wait_for_url("**user=u9*")
    page.locator(".items button").first.focus()
    page.keyboard.press("Enter")
    page.get_by_role("status").wait_for()


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_can_be_read(served: Served, browser: Browser, scheme: str, language: str) -> None:
    address = f"{served.url}/?user=u7&lang={language}"
    page = open_page(browser, address, color_scheme=scheme, viewport={"width": 375, "height": 800})
    assert page.evaluate(CONTRAST) == []
    assert page.evaluate(UNNAMED) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    assert page.locator("html").get_attribute("lang") == {"en": "en", "zh": "zh-CN"}[language]


@pytest.mark.browser
@pytest.mark.parametrize("view", ["shop", "offers", "ask", "mine", "item"])
def test_every_view_can_be_read_on_a_phone(served: Served, browser: Browser, view: str) -> None:
    for scheme, language in (("light", "en"), ("dark", "zh")):
        address = f"{served.url}/?user=u7&lang={language}&view={view}&item=tea-1"
        page = open_page(browser, address, color_scheme=scheme, viewport={"width": 375, "height": 800})
        assert page.evaluate(CONTRAST) == []
        assert page.evaluate(UNNAMED) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 375
        page.close()


@pytest.mark.browser
def test_the_catalogue_is_browsed_and_searched(served: Served, browser: Browser) -> None:
    page = open_page(browser, f"{served.url}/?user=u7")
    page.locator("#q").fill("gren TEA")  # /search mends it
    page.keyboard.press("Enter")
    page.locator("p.hint", has_text="Searched for").wait_for()
    page.locator("a.title").first.click()
    page.get_by_role("heading", name="Green tea", level=1).wait_for()
    page.get_by_role("link", name="Tea", exact=True).click()
    page.get_by_role("heading", name="10 found").wait_for()


@pytest.mark.browser
def test_somebody_new_is_known_after_one_look_without_the_page_being_loaded_anew(
    served: Served, browser: Browser
) -> None:
    page = open_page(browser, f"{served.url}/?user=new")
    assert "guest-" in page.url
    assert page.get_by_text(MESSAGES["en"]["no_profile"]).is_visible()
    page.evaluate("window.same = true")
    page.locator("button[value=view]").first.click()
    page.get_by_role("status").wait_for()
    page.get_by_role("navigation").get_by_role("link", name=MESSAGES["en"]["shop"], exact=True).click()
    page.locator(".summary").wait_for()
    assert page.evaluate("window.same")


@pytest.mark.browser
def test_somebody_new_asks_the_assistant_and_the_conversation_stays(served: Served, browser: Browser) -> None:
    messages = MESSAGES["en"]
    page = open_page(browser, f"{served.url}/?user=new", viewport={"width": 390, "height": 844})
    page.get_by_role("link", name=messages["ask"]).click()
    question, turns = page.get_by_label(messages["your_question"]), page.locator(".talk > li")
    page.evaluate("window.same = true")
    for place, asked in enumerate(("Do you sell a lawn mower?", "What did I buy last?", "I want to talk to a human")):
        question.fill(asked)
        question.press("Enter")
        turns.nth(place).wait_for()
        assert question.input_value() == ""
        assert question.evaluate("element => element === document.activeElement"), "the next one is typed at once"
    assert page.evaluate("window.same"), "only the conversation was loaded anew"
    goods, orders, person = (turns.nth(place).inner_text() for place in range(3))
    assert "“Lawn mower” (9.00)" in goods
    assert messages["source_item"] in goods
    assert "no purchases of yours yet" in orders
    assert messages["handover"] in person
    assert messages["handover"] not in goods + orders
    assert page.locator("#latest").get_by_role("status").is_visible()
    assert page.evaluate(CONTRAST) == []
    assert page.evaluate(UNNAMED) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Lawn mower").click()
    opened.value.get_by_role("heading", name="Lawn mower", level=1).wait_for()
    page.reload()
    assert turns.count() == 0, "the shop keeps no conversation"


@pytest.mark.browser
def test_the_other_language_shows_the_same_view(served: Served, browser: Browser) -> None:
    page = open_page(browser, f"{served.url}/?user=u7&q=tea")
    page.get_by_role("link", name=MESSAGES["en"]["other_language"]).click()
    page.locator("html[lang=zh-CN]").wait_for()
    assert page.locator("#q").input_value() == "tea"
    assert page.locator("#user").input_value() == "u7"


@pytest.mark.browser
def test_a_shopper_edits_what_the_shop_thinks(served: Served, browser: Browser) -> None:
    messages, user = MESSAGES["en"], "page-editor"
    for place in range(3):
        event = {"event_id": f"edit-{place}", "user_id": user, "item_id": f"coffee-{place}", "event_type": "purchase"}
        served.post("/events", events=[event])
    page = open_page(browser, f"{served.url}/?user={user}&view=mine")
    page.get_by_role("button", name=f"{messages['mute']}: Coffee").click()
    page.get_by_text(messages["done_muted"]).wait_for()
    answer = served.post("/recommend", user_id=user, n=40).json()
    assert not any(item["item_id"].startswith("coffee-") for item in answer["items"])
    page.locator("#muted").get_by_role("button", name=f"{messages['unmute']}: Coffee").click()
    page.get_by_text(messages["done_unmuted"]).wait_for()

    before = page.locator("#events li").count()
    page.locator("#events button").first.click()
    page.get_by_text(messages["done_removed"]).wait_for()
    assert page.locator("#events li").count() == before - 1

    page.get_by_role("button", name=f"{messages['withdraw']}: {messages['personalisation']}").click()
    page.get_by_text(messages["no_profile_kept"]).wait_for()
    assert served.post("/profile", user_id=user).status_code == 404
    page.get_by_role("button", name=f"{messages['allow']}: {messages['personalisation']}").click()
    page.locator("#events").wait_for()

    # asked for as its form would: some builds of chromium end when a file is downloaded without a screen
    assert page.locator('form[action="/mine/export"] button').inner_text() == messages["export"]
    kept = page.request.post(f"{served.url}/mine/export", form={"user": user})
    assert "what-the-shop-keeps.json" in kept.headers["content-disposition"]
    page.get_by_role("link", name=messages["erase"], exact=True).click()
    page.get_by_role("button", name=messages["erase_yes"]).click()
    page.get_by_text(messages["done_erased"]).wait_for()
    assert served.post("/profile", user_id=user).status_code == 404


def test_the_storefront_works_without_its_script(served: Served) -> None:
    with httpx.Client(base_url=served.url, follow_redirects=True) as client:
        client.post("/act", data={"user": "plain", "item": "tea-1", "deed": "purchase", "here": "view=shop"})
        muted = client.post("/mine/mute", data={"user": "plain", "kind": "category", "key": "Tea", "here": "view=mine"})
        assert MESSAGES["en"]["done_muted"] in unescape(muted.text)
        unknown = {"user": "plain", "kind": "category", "key": "None", "here": "view=mine"}
        refused = client.post("/mine/mute", data=unknown)
        assert MESSAGES["en"]["failed"] in refused.text
        assert client.post("/mine/steal", data={"user": "plain"}).status_code == 404
        foreign = client.post("/mine/erase", data={"user": "plain"}, headers={"Origin": "http://elsewhere.example"})
        assert foreign.status_code == 403
        assert client.get("/", params={"view": "item", "item": "none", "user": "plain"}).status_code == 200
        for page in ("0", "99999999999", "x", "-1"):
            assert client.get("/", params={"q": "tea", "page": page}).status_code == 200
        erased = client.post("/mine/erase", data={"user": "plain", "here": "view=mine"})
        assert MESSAGES["en"]["done_erased"] in unescape(erased.text)
        shown = re.search(r'href="(/erasures/[0-9a-f]{32})"', erased.text)
        assert shown is not None, "the receipt"
        assert client.get(shown.group(1)).json()["removed"]["database.events"] >= 1
        forged = client.get("/", params={"user": "plain", "did": "erased", "receipt": "<script>"})
        assert 'id="receipt"' not in forged.text
        assert client.get("/static/htmx.min.js").headers["x-content-type-options"] == "nosniff"


@pytest.mark.browser
def test_the_api_documentation_opens(served: Served, browser: Browser) -> None:
    page = open_page(browser, f"{served.url}/docs")
    page.get_by_text("/recommend").first.wait_for()


def test_pages_carry_the_headers_that_keep_them_safe(served: Served) -> None:
    for path in ("/", "/docs", "/?user=%00", "/?user=" + "x" * 500):
        answer = httpx.get(served.url + path)
        assert answer.status_code == 200
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "unsafe" not in answer.headers["content-security-policy"] or path == "/docs"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"


def test_what_a_shopper_is_called_is_never_markup(served: Served) -> None:
    page = httpx.get(served.url, params={"user": "<script>alert(1)</script>", "failed": "<b>x</b>"}).text
    assert "<script>" not in page  # our own names its file
    assert "<b>x" not in page


def test_another_site_s_form_posts_nothing(served: Served) -> None:
    form = {"user": "u1", "item": "tea-1", "deed": "view"}
    foreign = httpx.post(served.url + "/act", data=form, headers={"Origin": "http://elsewhere.example"})
    marked = httpx.post(served.url + "/act", data=form, headers={"Sec-Fetch-Site": "cross-site"})
    assert [foreign.status_code, marked.status_code] == [403, 403]
    assert httpx.post(served.url + "/act", data=form).status_code == 303
    assert "failed" in httpx.post(served.url + "/act", data={**form, "deed": "steal"}).headers["location"]


def test_both_languages_say_the_same_things() -> None:
    assert MESSAGES["en"].keys() == MESSAGES["zh"].keys()
    assert all(all(messages.values()) for messages in MESSAGES.values())
