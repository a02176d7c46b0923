"""What several formats need: first words, sums, hashed e-mail, the variant that is shown."""

import hashlib
from typing import Any

import orjson
import pytest

from recommender.importing.formats.helpers import (
    as_attributes,
    every,
    first,
    hashed,
    line_total,
    listed,
    money,
    nested,
    prices,
    shown_variant,
    split,
)

ROWS: list[dict[str, Any]] = [{"a": "", "b": None}, {"a": "茶", "b": 0}, {"a": "茶", "b": 2}]


def test_the_first_word_is_of_the_first_name_that_has_one() -> None:
    assert first(ROWS, "a") == "茶"
    assert first(ROWS, "b", "a") == 0  # nothing is said by a blank, and something by a nought
    assert first(ROWS, "gone", "a") == "茶"
    assert first(iter(ROWS), "gone") is None
    assert every(ROWS, "a") == ["茶"]
    assert every(ROWS, "b") == [0, 2]


@pytest.mark.parametrize(
    ("price", "quantity", "less", "total"),
    [("20.00", "2", "2.00", 38.0), ("1,50 €", 3, None, 4.5), ("5", None, None, 5.0), (0.1, 3, None, 0.3),
     (None, 2, None, None), ("gratis", 2, None, None), ("5", "0", None, 0.0)],
)  # fmt: skip
def test_a_line_s_total(price: object, quantity: object, less: object, total: float | None) -> None:
    assert line_total(price, quantity, less) == total


def test_money_is_read_whatever_its_currency() -> None:
    assert money("USD 1,234.50") == 1234.5
    assert money("") is money(None) is money("much") is None


def test_an_address_is_kept_as_its_hash_however_it_is_written() -> None:
    assert hashed(" Ann@Example.COM ") == hashlib.sha256(b"ann@example.com").hexdigest()
    assert hashed("") is hashed(None) is hashed("  ") is None


def test_cells_that_hold_lists() -> None:
    assert split("a, b,, 茶 ") == ["a", "b", "茶"]
    assert split(None) == []
    assert split("a|b", "|") == ["a", "b"]
    assert nested('{"a": [1]}') == {"a": [1]}
    assert nested("{broken") == "{broken"
    assert nested(7) == 7
    assert listed('["a"]') == ["a"]
    assert listed("a") == ["a"]
    assert listed("") == listed(None) == []
    assert listed({"a": 1}) == [{"a": 1}]


def test_the_cheapest_of_the_variants_that_can_be_had_soonest_is_shown() -> None:
    gone, late, dear, cheap = (
        {"price": price, "availability": said}
        for price, said in (("1", "out_of_stock"), ("2", "preorder"), ("9", "in_stock"), ("8", "in_stock"))
    )
    assert shown_variant([gone, late, dear, cheap]) is cheap
    assert shown_variant([gone, late]) is late
    assert shown_variant([{"price": None, "availability": "in_stock"}, dear]) is dear
    assert shown_variant([{"availability": "whenever"}, gone]) is gone


def test_attributes_are_what_is_said() -> None:
    assert orjson.loads(as_attributes(a="", b=None, c=[], d={}, e=0, f="茶")) == {"e": 0, "f": "茶"}
    assert prices({"price": "1", "sale_price": None, "title": "x"}) == {"price": "1", "sale_price": None}
