"""Columns that look like what a recommender lives of, and are not read."""

from pathlib import Path

import pytest

from recommender.importing.checking.suspect_columns import find_suspects
from recommender.importing.sources import run_folder
from recommender.settings import Settings
from tests.support.shops.files import write


def test_columns_that_look_like_a_price_are_named(home: Settings, migrated: None, tmp_path: Path) -> None:
    items = "item_id,title,our price tag,main photo,photo alt text\na,A,12,x.jpg,y\n"
    [note] = [note for note in run_folder(write(tmp_path, items__csv=items)).notes if "look like" in note]
    assert "our price tag (price), main photo (image)" in note
    assert "alt" not in note


@pytest.mark.parametrize(
    ("name", "kind"),
    [("Our Price Tag", "price"), ("Verkaufspreis", "price"), ("价格表", "price"), ("main photo", "image"),
     ("Produkt-Kategorie", "category"), ("分类名", "category"), ("stock_total", "stock"), ("库存量", "stock")],
)  # fmt: skip
def test_a_column_is_named_with_what_it_looks_like(name: str, kind: str) -> None:
    assert find_suspects([name]) == [f"{name} ({kind})"]


@pytest.mark.parametrize("name", ["photo alt text", "price currency", "category_id", "colour", "", "tax price"])
def test_what_only_goes_with_such_a_column_is_left_alone(name: str) -> None:
    assert find_suspects([name]) == []
