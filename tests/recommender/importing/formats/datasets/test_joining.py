"""Rows that are joined from several files of a folder."""

from pathlib import Path

import pytest

from recommender.importing.formats.datasets.joining import join_files
from recommender.importing.reading.rows import UnreadableFile
from recommender.settings import Settings
from tests.support.shops.files import write

QUERY = "SELECT name, shelf FROM goods LEFT JOIN shelves USING (id) ORDER BY id"


def test_columns_are_texts_and_parts_of_a_table_are_one(home: Settings, tmp_path: Path) -> None:
    write(tmp_path, a__csv="id,name\n007,茶\n", b__csv="id,name\n2,Cup\n", shelves__csv="id,shelf\n007,1\n")
    [frame] = join_files(tmp_path, {"goods": ["a.csv", "b.csv", "c.csv"], "shelves": ["shelves.csv"]}, QUERY)
    assert frame.rows() == [("茶", "1"), ("Cup", None)]


def test_a_file_that_is_missing_is_named(home: Settings, tmp_path: Path) -> None:
    write(tmp_path, a__csv="id,name\n1,x\n")
    with pytest.raises(UnreadableFile, match=r"lacks x.csv or y.csv: put it beside the other files"):
        list(join_files(tmp_path, {"goods": ["a.csv"], "shelves": ["x.csv", "y.csv"]}, QUERY))
