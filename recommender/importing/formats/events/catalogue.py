"""A catalogue out of events: what they say of their items, the latest word of each.

It knows events' files and what a format reads of a row; memory holds the items, not the events.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

import polars as pl

from recommender.importing.formats.base import Row
from recommender.importing.formats.helpers import nested
from recommender.importing.reading.parquet_rows import as_text
from recommender.importing.reading.readers import read_batches

_AT_ONCE = 50_000


def items_of_events(path: Path, items_of: Callable[[Row], Iterable[Row]]) -> Iterable[pl.DataFrame]:
    """The items that the file's events name, each once, with what was said of it last."""
    items: dict[str, Row] = {}
    for batch in read_batches(path, 0, _AT_ONCE):
        for row in batch.rows.iter_rows(named=True):
            for item in items_of({name: nested(value) for name, value in row.items()}):
                fields = {name: value for name, value in item.items() if value not in (None, "", [])}
                items.setdefault(str(item["item_id"]), {}).update(fields)
    found = list(items.values())
    names = dict.fromkeys(name for item in found for name in item)
    for start in range(0, len(found), _AT_ONCE):
        part = found[start : start + _AT_ONCE]
        data = {name: pl.Series([as_text(item.get(name)) for item in part], dtype=pl.String) for name in names}
        yield pl.DataFrame(data)
