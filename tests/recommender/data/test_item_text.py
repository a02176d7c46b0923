"""What the encoder reads of an item."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.data.item_text import MAX_TEXT, content_hash, item_text


def test_it_says_title_brand_categories_attributes_and_description() -> None:
    text = item_text("Lamp", "Warm light.", "Lux", ["Home", "Light"], {"colour": "red", "fits": ["E14", "E27"]})
    assert text == "Lamp. Lux. Home > Light. colour: red; fits: E14, E27. Warm light."


def test_sizes_and_codes_are_not_read() -> None:
    small = item_text("Ice, 22 lb", "", "", ["Frozen"], {"size": "22 LB", "sku": "A-1"})
    assert small == item_text("Ice, 5 lb", "", "", ["Frozen"], {"size": "5 lb", "sku": "B-7"}) == "Ice. Frozen"


@pytest.mark.parametrize(
    "attributes",
    [
        {"availability": "in stock", "stock": "412", "updated_at": "2026-11-22"},
        {"Stock status": "onbackorder", "Last Modified": "2026-11-22T10:00:00Z", "In stock?": True, "qty": 3},
        {"库存": "12件", "Regular price": "12.50 EUR", "compare at": "$12.50", "link": "https://shop.example/mug"},
        {
            "changed": "Nov 22, 2026",
            "seen": "22.11.2026 10:30",
            "active": "yes",
            "uuid": "9f8b1c2d-1111-4222-8333-abcdefabcdef",
        },
        {"views": 12, "likes": [1, 2], "more": {"price": "3 EUR", "left": 4}, "flag": "true"},
    ],
)
def test_what_changes_from_day_to_day_is_not_read(attributes: dict[str, object]) -> None:
    assert item_text("Mug", attributes=attributes) == "Mug"


def test_texts_among_attributes_are_read() -> None:
    attributes = {
        "material": "Stoneware",
        "fits": ["500 ml", 12],
        "care": {"wash": "by hand", "degrees": 30},
        "era": "1950s",
    }
    assert item_text("Mug", attributes=attributes) == (
        "Mug. care: wash by hand; era: 1950s; fits: 500 ml; material: Stoneware"
    )


def test_a_title_that_is_only_a_size_stays() -> None:
    assert item_text("22 lb", attributes={"size": "22 lb"}) == "22 lb"


def test_the_hash_is_of_the_text_alone() -> None:
    assert content_hash("知音") == content_hash("知音") != content_hash("知 音")
    assert len(content_hash("")) == 64


@given(st.text(), st.text(), st.lists(st.text()), st.dictionaries(st.text(), st.text()))
def test_any_item_has_a_text_of_bounded_length(
    title: str, description: str, categories: list[str], attributes: dict[str, str]
) -> None:
    text = item_text(title, description, "", categories, attributes)
    assert len(text) <= MAX_TEXT
    assert text == item_text(title, description, "", categories, dict(reversed(attributes.items())))
