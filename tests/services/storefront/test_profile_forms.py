"""The form that takes back what was said for good: the change that it names, and no other."""

from datetime import UTC, datetime
from html import unescape

import pytest
from starlette.testclient import TestClient

from recommender.privacy.preferences import Saying
from services.container import Shop
from services.storefront.i18n import MESSAGES
from services.storefront.pages import Site
from services.storefront.routes import make_site

USER = "wavers"


@pytest.fixture
def page(embedded_shop: Shop) -> TestClient:
    site = make_site()
    site.state.site = Site(embedded_shop, dict)
    return TestClient(site)


@pytest.fixture
def changes(embedded_shop: Shop) -> list[int]:
    """Said one after the other: no fish, no mint."""
    said = [
        embedded_shop.privacy.record_preferences(USER, [Saying("word", word, False)], datetime.now(UTC))
        for word in ("fish", "mint")
    ]
    return [one.change_id for one in said if one.change_id is not None]


def undo(page: TestClient, language: str = "en", **form: str) -> str:
    told = page.post("/mine/undo", data={"user": USER, "lang": language, "here": "view=mine", **form})
    assert told.status_code == 200
    return unescape(told.text)


def unwanted(shop: Shop) -> list[str]:
    return [one.key for one in shop.answers.shoppers.controls.of(USER).preferences]


@pytest.mark.usefixtures("changes")
@pytest.mark.parametrize("said", ["abc", "1; 2", "-1", "0", "1e3", "²", "9" * 30])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_is_no_change_s_number_takes_nothing_back(
    page: TestClient, embedded_shop: Shop, said: str, language: str
) -> None:
    told = undo(page, language, change_id=said)
    assert f"{MESSAGES[language]['failed']} change_id: " in told
    assert "Give a whole number." in told or "Correct the field" in told
    assert MESSAGES[language]["done_undone"] not in told
    assert unwanted(embedded_shop) == ["fish", "mint"]


@pytest.mark.usefixtures("changes")
def test_a_number_of_no_change_is_told(page: TestClient, embedded_shop: Shop) -> None:
    told = undo(page, change_id="999999")
    assert "change_id: there is no such change to undo. Check the ids" in told
    assert unwanted(embedded_shop) == ["fish", "mint"]


def test_the_change_of_the_number_is_taken_back(page: TestClient, embedded_shop: Shop, changes: list[int]) -> None:
    assert MESSAGES["en"]["done_undone"] in undo(page, change_id=str(changes[0]))
    assert unwanted(embedded_shop) == ["mint"]


@pytest.mark.usefixtures("changes")
@pytest.mark.parametrize("form", [{}, {"change_id": ""}])
def test_without_a_number_it_is_the_latest(page: TestClient, embedded_shop: Shop, form: dict[str, str]) -> None:
    assert MESSAGES["en"]["done_undone"] in undo(page, **form)
    assert unwanted(embedded_shop) == ["fish"]
