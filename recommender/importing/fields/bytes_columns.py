"""Columns of bytes, as Parquet has them: text where they are UTF-8, otherwise told apart."""

from collections.abc import Mapping

import polars as pl

from recommender.importing.fields.values import Problem
from recommender.importing.notices import Notice

NOT_TEXT = "bytes that are not UTF-8 text: store it as text"
NOT_USED = "column {examples} holds bytes, not text: it is not used"


def read_bytes(
    raw: pl.DataFrame, fields: Mapping[str, str]
) -> tuple[pl.DataFrame, list[tuple[str, Problem]], list[Notice]]:
    """The rows with texts for bytes; `fields` (theirs -> ours) are those whose bytes must be text."""
    problems, notices = list[tuple[str, Problem]](), list[Notice]()
    for name in [name for name, dtype in raw.schema.items() if dtype == pl.Binary]:
        values = [_decode(value) for value in raw[name]]
        bad = pl.Series([value is not None and text is None for value, text in zip(raw[name], values, strict=True)])
        if name in fields:
            problems.append((fields[name], Problem(bad, NOT_TEXT)))
        elif bad.any():
            notices.append(Notice(NOT_USED, 1, (name,)))
            raw = raw.drop(name)
            continue
        raw = raw.with_columns(pl.Series(name, values, dtype=pl.String))
    return raw, problems, notices


def _decode(value: bytes | None) -> str | None:
    try:
        return None if value is None else value.decode()
    except UnicodeDecodeError:
        return None
