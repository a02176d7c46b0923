"""A profile's row as Feast's protobuf values, and back.

Feast's own way there is a data frame, then arrow, then these values: right for thousands of rows, far too long for the
one row of a shopper who waits. What is made here is what Feast makes; a test holds the two together.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl
from feast.protos.feast.types.EntityKey_pb2 import EntityKey
from feast.protos.feast.types.Value_pb2 import DoubleList, FloatList, Int64List, StringList, Value
from feast.type_map import NULL_TIMESTAMP_INT_VALUE

from features.partitions import SCHEMAS, TIME
from features.profile_rows import FEATURES

_KINDS = {name: SCHEMAS["user_profile"][name] for name in FEATURES}
NO_TIME = int(NULL_TIMESTAMP_INT_VALUE)
NOTHING = Value()  # also what a row of an earlier release says of a newer feature
_PLAIN: dict[pl.DataType, str] = {pl.String(): "string_val", pl.Int64(): "int64_val"}
_LISTED: dict[pl.DataType, tuple[str, Any]] = {
    pl.List(pl.String): ("string_list_val", StringList),
    pl.List(pl.Int64): ("int64_list_val", Int64List),
    pl.List(pl.Float32): ("float_list_val", FloatList),
    pl.List(pl.Float64): ("double_list_val", DoubleList),
}


def entity_key(user_id: str) -> EntityKey:
    """The key under which the online store keeps a shopper's features."""
    return EntityKey(join_keys=["user_id"], entity_values=[Value(string_val=user_id)])


def to_values(row: Mapping[str, Any]) -> dict[str, Value]:
    """The features of a row that has every column; what is missing becomes what Feast puts there."""
    return {name: _to_value(kind, row[name]) for name, kind in _KINDS.items()}


def from_values(values: Mapping[str, Value], names: Iterable[str]) -> dict[str, Any]:
    """The features of these names as Python's own values.

    What is missing or empty becomes None, a list a list, and a time its seconds since 1970.
    """
    return {name: _held(values.get(name, NOTHING)) for name in names}


def _to_value(kind: pl.DataType, value: Any) -> Value:
    fields: dict[str, Any] = {}
    if kind == TIME:
        fields["unix_timestamp_val"] = NO_TIME if value is None else int(value.timestamp())
    elif value is not None and kind in _LISTED:
        field, of = _LISTED[kind]
        fields[field] = of(val=value)
    elif value is not None:
        fields[_PLAIN[kind]] = value
    return Value(**fields)


def _held(value: Value) -> Any:
    field = value.WhichOneof("val")
    held: Any = getattr(value, field) if field is not None else None
    if field is None or (field == "unix_timestamp_val" and held == NO_TIME):
        return None
    return held.val[:] if field.endswith("_list_val") else held
