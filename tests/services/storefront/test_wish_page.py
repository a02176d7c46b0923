"""The wish on the storefront: typed, shown as chips, taken off by links, kept for good and undone; no script needed."""

import pytest

from services.storefront.i18n import MESSAGES
from tests.services.conftest import Served
from tests.support.servers.browser import page_of


@pytest.mark.browser
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_wish_is_shown_as_chips_that_can_be_taken_off(served: Served, language: str) -> None:
    messages = MESSAGES[language]
    with page_of(f"{served.url}/?user=wish-page-{language}&lang={language}") as page:
        page.get_by_label(messages["wish"]).last.fill("pets, no dog")
        page.get_by_role("button", name=messages["wish_button"], exact=True).click()
        page.wait_for_selector("#understood")
        chips = page.locator("#understood .chip")
        assert chips.count() == 2
        assert messages["wish_no"].format(said="dog") in chips.nth(1).inner_text()
        titles = page.locator(".columns .items h3").all_inner_texts()
        assert "Cat food" in titles[:6]
        assert not any("Dog" in title for title in titles)
        page.get_by_role("link", name=messages["wish_off"].format(said=messages["wish_no"].format(said="dog"))).click()
        page.wait_for_selector("#understood .chip:only-child")
        assert any("Dog" in title for title in page.locator(".columns .items h3").all_inner_texts())


@pytest.mark.browser
def test_a_wish_for_good_is_listed_and_undone(served: Served) -> None:
    messages = MESSAGES["en"]
    with page_of(f"{served.url}/?user=wish-keeper&lang=en&view=mine") as page:
        page.get_by_label(messages["wish_good_hint"]).fill("stop showing me baby things, no fish")
        page.get_by_role("button", name=messages["wish_say"], exact=True).click()
        page.wait_for_selector("#preferences")
        assert messages["done_wished"] in page.get_by_role("status").inner_text()
        assert "Baby" in page.locator("#muted").inner_text()
        assert "fish" in page.locator("#preferences").inner_text()
        page.locator("#undo").click()
        page.wait_for_selector("#preferences", state="detached")
        assert messages["done_undone"] in page.get_by_role("status").inner_text()
        assert page.locator("#muted").count() == 0
