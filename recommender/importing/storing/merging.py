"""Rows that describe something, joined with what is stored of it: what a row leaves out or blank stays as it was."""

from typing import Any

import orjson
import polars as pl
from sqlalchemy import JSON, Boolean, Column, Connection, Float, Integer, Table, Text, cast, select

from recommender.db.tables import UtcDateTime

SUFFIX = ".stored"


def read_stored(connection: Connection, target: Table, staged: Table, key: str) -> pl.DataFrame:
    """The target's rows whose key is staged; JSON as it is written there."""
    columns = [
        cast(column, Text).label(column.name) if isinstance(column.type, JSON) else column for column in target.columns
    ]
    rows = connection.execute(select(*columns).join_from(target, staged, staged.c[key] == target.c[key])).all()
    schema = {column.name: _dtype(column) for column in target.columns}
    return pl.DataFrame([tuple(row) for row in rows], schema=schema, orient="row")


def merge_rows(incoming: pl.DataFrame, stored: pl.DataFrame, key: str) -> pl.DataFrame:
    """`incoming` with what is stored in place of nulls and of columns that it lacks; JSON objects are merged by name.

    Parameters are frames with unique keys whose JSON columns are texts.
    """
    if stored.is_empty():
        return incoming
    joined = incoming.join(stored, on=key, how="left", suffix=SUFFIX, maintain_order="left")
    both = [name for name in stored.columns if f"{name}{SUFFIX}" in joined.columns]
    merged = joined.with_columns(pl.coalesce(name, f"{name}{SUFFIX}").alias(name) for name in both)
    for name in {"attributes", "categories", "prices", "translations"} & set(both):
        pairs = zip(joined[name], joined[f"{name}{SUFFIX}"], strict=True)
        merged = merged.with_columns(
            pl.Series(name, [merge_json(*pair, deep=name == "translations") for pair in pairs], dtype=pl.String)
        )
    return merged.drop(f"{name}{SUFFIX}" for name in both)


def merge_json(incoming: str | None, stored: str | None, deep: bool = False) -> str | None:
    """Objects merged by name, anything else replaced; where nothing changes, the stored text itself.

    `deep` merges objects in these objects, too.
    """
    if incoming is None or stored is None or incoming == stored:
        return stored if incoming is None else incoming
    new, old = orjson.loads(incoming), orjson.loads(stored)
    whole = _merge(new, old, deep)
    return stored if whole == old else orjson.dumps(whole).decode()


def _merge(new: Any, old: Any, deep: bool = False) -> Any:
    """Objects by name; `deep`, what they hold by name as well."""
    if not isinstance(new, dict) or not isinstance(old, dict):
        return new
    return {**old, **({name: _merge(one, old.get(name)) for name, one in new.items()} if deep else new)}


def _dtype(column: Column[Any]) -> pl.DataType:
    if isinstance(column.type, UtcDateTime):
        return pl.Datetime("us", "UTC")
    if isinstance(column.type, Boolean):
        return pl.Boolean()
    if isinstance(column.type, Float):
        return pl.Float64()
    return pl.Int64() if isinstance(column.type, Integer) else pl.String()
