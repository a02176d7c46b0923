"""A whole catalogue: what it no longer names is retired, and a file that is cut short retires nothing."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from recommender.data.catalog import Catalogue
from recommender.db.engine import session_scope
from recommender.importing.sources import run_folder
from recommender.importing.storing.whole_catalogue import RETIRE_AT_MOST, IncompleteCatalogue
from recommender.settings import Settings
from tests.support.shops.files import table, write

HEAD = "item_id,title,price,kind\n"
KETTLE, TOASTER, FAN = "A1,Kettle,20,\n", "A2,Toaster,30,\n", "A3,Fan,25,\n"
ARTICLE = "R1,How to boil water,,article\n"


def import_whole(folder: Path, *rows: str, at_most: float = RETIRE_AT_MOST) -> tuple[str, ...]:
    return run_folder(write(folder, items__csv=HEAD + "".join(rows)), whole=at_most).notes


def retired() -> list[str]:
    return [item for item, gone in table("items", "item_id", "retired") if gone]


def test_what_is_no_longer_named_is_retired_and_comes_back(database: Settings, tmp_path: Path) -> None:
    import_whole(tmp_path, KETTLE, TOASTER, FAN, ARTICLE)
    notes = import_whole(tmp_path, KETTLE, FAN)
    assert retired() == ["A2"]  # and not the article: the file holds products only
    assert "1 items that the catalogue no longer names are retired" in notes
    with session_scope() as session:
        catalogue = Catalogue.from_database(session)
    sellable = catalogue.sellable(datetime.now(UTC))
    assert [item for item, shown in zip(catalogue.ids, sellable, strict=True) if shown] == ["A1", "A3", "R1"]
    import_whole(tmp_path, KETTLE, FAN)  # the same file again
    assert retired() == ["A2"]
    run_folder(write(tmp_path, items__csv=HEAD + TOASTER))  # a part of the catalogue retires nothing
    assert retired() == []


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ((), "names no item"),
        ((KETTLE,), "2 of the shop's 4 items"),
        ((KETTLE, TOASTER, FAN, '"A4,Iron'), "can't be read"),
        ((KETTLE, TOASTER, FAN, ",Iron,3,\n"), "have no id"),
    ],
)
def test_a_file_that_is_not_whole_retires_nothing(
    home: Settings, migrated: None, tmp_path: Path, rows: tuple[str, ...], message: str
) -> None:
    import_whole(tmp_path, KETTLE, TOASTER, FAN, "A4,Iron,40,\n")
    rows = (KETTLE, TOASTER) if message.startswith("2 of") else rows
    with pytest.raises(IncompleteCatalogue, match=message):
        import_whole(tmp_path, *rows)
    assert retired() == []


def test_more_may_be_retired_when_that_is_said(home: Settings, migrated: None, tmp_path: Path) -> None:
    import_whole(tmp_path, KETTLE, TOASTER, FAN)
    import_whole(tmp_path, KETTLE, at_most=1)
    assert retired() == ["A2", "A3"]


def test_an_item_whose_row_is_rejected_is_named_all_the_same(home: Settings, migrated: None, tmp_path: Path) -> None:
    import_whole(tmp_path, KETTLE, TOASTER, FAN)
    import_whole(tmp_path, KETTLE, TOASTER, "A3,Fan,cheap,\n")
    assert retired() == []
