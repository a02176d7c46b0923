"""Columns that look like what a recommender lives of, and are not read."""

from pathlib import Path

from recommender.importing.sources import run_folder
from recommender.settings import Settings
from tests.support.shops.files import write


def test_columns_that_look_like_a_price_are_named(home: Settings, migrated: None, tmp_path: Path) -> None:
    items = "item_id,title,our price tag,main photo,photo alt text\na,A,12,x.jpg,y\n"
    [note] = [note for note in run_folder(write(tmp_path, items__csv=items)).notes if "look like" in note]
    assert "our price tag (price), main photo (image)" in note
    assert "alt" not in note
