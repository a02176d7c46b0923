"""Rows that are joined from several files of a folder, by SQL over its CSV files."""

from collections.abc import Iterator
from functools import reduce
from pathlib import Path

import duckdb
import polars as pl

from recommender.importing.reading.rows import UnreadableFile
from recommender.settings import get_settings

AT_ONCE = 50_000


def join_files(folder: Path, tables: dict[str, list[str]], query: str) -> Iterator[pl.DataFrame]:
    """What the query says of the files, which it finds under the names in `tables`; all columns are texts."""
    with duckdb.connect() as connection:
        connection.execute(f"SET threads = {get_settings().threads}")
        for name, files in tables.items():
            paths = [folder / file for file in files if (folder / file).is_file()]
            if not paths:
                raise UnreadableFile(f"{folder} lacks {' or '.join(files)}: put it beside the other files")
            _as_table(connection, paths).create_view(name)
        reader = connection.sql(query).to_arrow_reader(AT_ONCE)
        for batch in reader:
            yield pl.DataFrame(pl.from_arrow(batch))


def _as_table(connection: duckdb.DuckDBPyConnection, paths: list[Path]) -> duckdb.DuckDBPyRelation:
    tables = [connection.read_csv(str(path), header=True, all_varchar=True) for path in paths]
    return reduce(lambda one, other: one.union(other), tables)
