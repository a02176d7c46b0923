"""Rows of items as a whole: prices and currencies, availability, paths, attributes."""

from pathlib import Path
from typing import Any

from recommender.importing.sources import run_folder
from recommender.settings import Settings
from tests.support.shops.files import table, write


def described(*columns: str) -> dict[str, tuple[Any, ...]]:
    return {row[0]: row[1:] for row in table("items", "item_id", *columns)}


def test_several_currencies_are_told(home: Settings, migrated: None, tmp_path: Path) -> None:
    items = "item_id,title,price\na,A,12.50 EUR\nb,B,USD 3\nc,C,4\n"
    summary = run_folder(write(tmp_path, items__csv=items))
    assert [currency for (currency,) in described("currency").values()] == ["EUR", "USD", ""]
    assert [attributes for (attributes,) in described("attributes").values()] == [{}, {}, {}]
    assert any("several currencies, EUR, USD" in note for note in summary.notes)


def test_decimal_commas_hold_for_a_column(home: Settings, migrated: None, tmp_path: Path) -> None:
    items = "item_id;title;price\na;A;12,5\nb;B;1.234\nc;C;1.234,00\nd;D;7\n"
    events = "user_id;item_id;quantity;value;time\nann;a;2;25,00;2026-01-01\nann;b;-1;-1.234,00;2026-01-02\n"
    run_folder(write(tmp_path, items__csv=items, purchases__csv=events))
    assert [price for (price,) in described("price").values()] == [12.5, 1234.0, 1234.0, 7.0]
    found = table("events", "time", "event_type", "quantity", "value")
    assert [row[1:] for row in found] == [("purchase", 2.0, 25.0), ("return", 1.0, 1234.0)]
