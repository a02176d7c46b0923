"""What a file's columns are read as, on the terminal."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from recommender.cli.columns import show_columns, show_preview
from recommender.db.engine import get_engine
from recommender.importing.folder import Reading, find_files
from recommender.importing.preview import preview_files
from recommender.settings import Settings
from tests.support.shops.files import write

READING = Reading.automatic()


def test_each_column_is_named_with_what_becomes_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    goods = "item_id,Titel [de],名称,colour\ntea,x,茶,green\n"
    [items] = find_files(write(tmp_path, items__csv=goods), READING)
    show_columns(items)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("items.csv, read as items:")
    assert "  item_id -> item_id" in lines
    assert "  colour -> attribute colour" in lines
    assert any(line.startswith("  Titel [de] -> ") for line in lines), "brackets are no markup"


def test_rows_that_do_not_say_what_happened_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [events] = find_files(write(tmp_path, purchases__csv="user_id,item_id,time\na,i,2026-01-01\n"), READING)
    show_columns(events)
    assert "every row is a purchase; else --default-type" in capsys.readouterr().out


def test_a_preview_shows_rows_rejects_and_notes_as_they_are(
    home: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    goods = "item_id,title,hidden\ntea,[b]茶[/b],no\ncup,Cup,perhaps\n"
    files = find_files(write(tmp_path, items__csv=goods), READING)
    show_preview(preview_files(get_engine(), files, READING, datetime(2026, 6, 1, tzinfo=UTC)), ["a [note]"])
    said = capsys.readouterr().out
    assert '"title":"[b]茶[/b]"' in said
    assert "2 rows, from which 1 items would be kept" in said
    assert "would be rejected: 1 rows, the first at line 3: hidden:" in said
    assert "note: a [note]" in said
    assert said.endswith("Nothing was imported; the same command without --dry-run does.\n")
