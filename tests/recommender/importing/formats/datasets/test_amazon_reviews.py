"""Amazon Reviews 2023, on both databases."""

import gzip
from pathlib import Path

import pytest

from recommender.importing.formats.datasets.amazon_reviews import event_of, item_of
from recommender.importing.sources import import_source, run_amazon_reviews
from recommender.settings import Settings
from tests.support.shops.files import jsonl, rejected, table

META = {
    "main_category": "All Beauty",
    "title": "Rose soap",
    "average_rating": 4.8,
    "features": ["Mild"],
    "description": ["Smells of roses."],
    "price": "from $1,012.50",
    "images": [{"thumb": "t", "variant": "PT01"}, {"large": "l", "hi_res": None, "variant": "MAIN"}],
    "store": "Rosa",
    "categories": ["Beauty", "Soap"],
    "details": {"Brand": "Rosa & Co", "Color": "Red"},
    "parent_asin": "B1",
}
REVIEW = {
    "rating": 5.0,
    "title": "Lovely",
    "text": "I like it.",
    "asin": "B1X",
    "parent_asin": "B1",
    "user_id": "ann",
    "timestamp": 1588687728923,
}


def test_reviews_and_their_products(database: Settings, tmp_path: Path) -> None:
    meta, reviews = tmp_path / "meta_Beauty.jsonl.gz", tmp_path / "Beauty.jsonl"
    meta.write_bytes(gzip.compress(jsonl([META]).encode()))
    wordless = {**REVIEW, "title": "", "text": "", "user_id": "bob"}
    strange = {**REVIEW, "rating": "five"}
    reviews.write_text(jsonl([REVIEW, wordless, strange, {**REVIEW, "parent_asin": "B9"}]))
    summary = run_amazon_reviews(reviews, meta)
    assert (summary.added, summary.rejected) == (3, 2)
    assert table("items", "item_id", "title", "brand", "price", "image", "categories", "attributes") == [
        ("B1", "Rose soap", "Rosa & Co", 1012.5, "l", ["Beauty", "Soap"], {"Color": "Red"})
    ]
    events = table("events", "user_id", "event_type", "value", "text")
    assert events == [("ann", "review", 5.0, "Lovely\nI like it."), ("bob", "rating", 5.0, None)]
    assert [(line, field) for _, line, field, _ in rejected()] == [(3, "value"), (4, "item_id")]
    assert import_source("amazon-reviews", folder=str(tmp_path))["added"] == 0


@pytest.mark.parametrize(
    ("price", "read"), [("12.99", "12.99"), (3.5, 3.5), ("None", None), ("—", None), ("-5", "-5"), (None, None)]
)
def test_prices(price: object, read: object) -> None:
    assert item_of({**META, "price": price})["price"] == read


def test_bare_lines_are_borne() -> None:
    assert item_of({"parent_asin": "B1"})["item_id"] == "B1"
    assert item_of({"parent_asin": "B1", "details": "{}", "images": "x", "main_category": "A"})["categories"] == ["A"]
    assert event_of({"asin": "B1"})["event_type"] == "rating"
