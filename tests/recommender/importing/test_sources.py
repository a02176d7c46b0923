"""Imports by their sources: what came in, file by file, and what there is to know about it."""

from pathlib import Path

import pytest

from recommender.importing.reading.rows import UnreadableFile
from recommender.importing.sources import LEAST_ONES, import_source, run_amazon_reviews, run_folder
from recommender.settings import Settings
from tests.support.shops.files import EVENTS, ITEMS, table, write


def test_a_folder_comes_in_once_and_counts_are_of_all_files(migrated: None, tmp_path: Path) -> None:
    folder = write(
        tmp_path, items__csv=ITEMS, interactions__csv=EVENTS + "e3,ann,gone,view,,2026-01-01\n", readme__md="x"
    )
    first = run_folder(folder)
    assert (first.added, first.updated, first.unchanged, first.rejected) == (4, 0, 0, 1)
    assert sum("readme.md was not read" in note for note in first.notes) == 1
    again = run_folder(folder)
    assert (again.added, [file.skipped for file in again.files]) == (0, [True, True])


def test_what_was_rejected_is_tried_again_once_its_item_is_known(migrated: None, tmp_path: Path) -> None:
    write(tmp_path, items__csv=ITEMS, interactions__csv=EVENTS + "e3,ann,新,view,,2026-01-01\n")
    assert run_folder(tmp_path).rejected == 1
    write(tmp_path, items__csv=ITEMS + "新,New,,,\n")
    second = run_folder(tmp_path)
    assert (second.added, second.rejected) == (2, 0)


def test_the_answer_to_the_dag_is_small_and_plain(migrated: None, tmp_path: Path) -> None:
    told = import_source("csv", str(write(tmp_path / "shop", items__csv=ITEMS)))
    assert told == {"source": "csv", "notes": [], "new_scale": False, "added": 2, "updated": 0, "unchanged": 0,
                    "rejected": 0}  # fmt: skip
    assert import_source("service")["notes"] == ["the service records events itself"]


def test_without_a_folder_the_landing_folder_is_read(migrated: None, home: Settings) -> None:
    write(home.landing_dir, items__csv=ITEMS)
    assert import_source("csv")["added"] == 2


def test_an_unknown_source_is_told_with_those_there_are(migrated: None) -> None:
    with pytest.raises(ValueError, match=r"source 'dance' is none of demo, csv, amazon-reviews, service"):
        import_source("dance")


def test_reviews_need_their_two_files(migrated: None, tmp_path: Path) -> None:
    write(tmp_path, Books__jsonl="{}\n")
    with pytest.raises(UnreadableFile, match=r"must hold one meta_\*.jsonl\(.gz\) and one file of reviews; it holds 1"):
        import_source("amazon-reviews", str(tmp_path))
    with pytest.raises(UnreadableFile, match="download it from the data set's page"):
        run_amazon_reviews(tmp_path / "Books.jsonl", tmp_path / "gone.jsonl")


def test_ratings_that_are_all_1_are_told(migrated: None, tmp_path: Path) -> None:
    def ratings(count: int) -> str:
        rows = "".join(f"u{place},tea,rating,1,2026-01-01\n" for place in range(count))
        return "user_id,item_id,event_type,value,time\n" + rows

    summary = run_folder(write(tmp_path, items__csv=ITEMS, interactions__csv=ratings(LEAST_ONES)))
    [note] = [note for note in summary.notes if "for likes set" in note]
    assert note.startswith(f"all {LEAST_ONES} ratings are 1")
    few = run_folder(write(tmp_path, interactions__csv=ratings(1)), again=True)
    assert len(table("events", "event_id")) == LEAST_ONES
    assert any("for likes set" in note for note in few.notes)
