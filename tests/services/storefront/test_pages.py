"""The storefront's page: what an address may ask for, what can't be shown, and what the last button did."""

from html import unescape
from typing import Any

import pytest

from services.container import Shop
from services.state.preferences import Control
from services.storefront.i18n import MESSAGES
from services.storefront.pages import Site, page


def markup(shop: Shop, **asked: str) -> str:
    answer = page(Site(shop, dict), asked)
    assert answer.status_code == 200
    return bytes(answer.body).decode()


def shown(shop: Shop, **asked: str) -> str:
    """What a reader sees."""
    return unescape(markup(shop, **asked))


def test_who_shops_is_the_latest_shopper_where_the_address_names_none(module_shop: Shop) -> None:
    assert "u1" in shown(module_shop, user="u1")
    nobody = shown(module_shop, user="")
    assert 'name="user" value="u' not in nobody
    assert 'value="u' in shown(module_shop)


@pytest.mark.parametrize(
    "asked",
    [
        {"view": "none"},
        {"page": "9999"},
        {"page": "-1", "category": "Tea"},
        {"page": "٣", "category": "Tea"},
        {"category": "<b>none</b>"},
        {"lang": "xx"},
        {"user": "x" * 300},
        {"user": "never seen"},
        {"user": "a\nb", "view": "mine"},
        {"view": "offers", "user": "u1"},
        {"view": "mine"},
        {"view": "mine", "user": "u1", "erase": "ask"},
    ],
)
def test_an_address_of_any_sense_is_a_page_and_brings_no_markup(module_shop: Shop, asked: dict[str, str]) -> None:
    text = markup(module_shop, **asked)
    assert "</html>" in text
    assert "<b>none" not in text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_item_that_there_is_not_is_told(module_shop: Shop, language: str) -> None:
    assert MESSAGES[language]["no_item"] in shown(module_shop, view="item", item="none", lang=language, user="u1")
    there = shown(module_shop, view="item", item="tea-1", lang=language, user="u1")
    assert MESSAGES[language]["no_item"] not in there
    assert "Black tea" in there


def test_a_category_is_browsed_without_what_is_muted(module_shop: Shop) -> None:
    assert 'id="cart-tea-2"' in markup(module_shop, category="Tea", user="u1")
    controls = module_shop.answers.shoppers.controls
    controls._controls["u1"] = Control(brands=frozenset({"Wren"}))
    text = markup(module_shop, category="Tea", user="u1")
    del controls._controls["u1"]
    assert 'id="cart-tea-1"' in text
    assert 'id="cart-tea-2"' not in text


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"did": "view", "of": "tea-1"}, True),
        ({"did": "view", "of": "none"}, False),
        ({"did": "stole", "of": "tea-1"}, False),
        ({"did": "muted"}, True),
    ],
)
def test_only_what_a_button_did_is_told(module_shop: Shop, asked: dict[str, str], told: bool) -> None:
    quiet = shown(module_shop, user="u1", view="mine")
    assert (("notice" in shown(module_shop, user="u1", view="mine", **asked)) > ("notice" in quiet)) is told


def test_a_refusal_is_told_as_text_and_is_short(module_shop: Shop) -> None:
    text = markup(module_shop, user="u1", view="mine", failed="<script>x</script>" + "y" * 400)
    assert "&lt;script&gt;" in text
    assert "<script>x" not in text
    assert "y" * 201 not in text


def test_without_a_model_the_page_says_why(module_shop: Shop) -> None:
    models = module_shop.models
    current, models.current, reason = models.current, None, models.reason
    models.reason = "no model is promoted"
    try:
        text = shown(module_shop, user="u1")
    finally:
        models.current, models.reason = current, reason
    assert "no model is promoted" in text


def test_each_message_is_said_in_each_language() -> None:
    languages: dict[str, Any] = MESSAGES
    assert languages["en"].keys() == languages["zh"].keys()
    assert all(text.strip() for words in languages.values() for text in words.values())
