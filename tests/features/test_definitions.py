"""What `feature_repo` declares and what is written to disk are the same columns."""

import polars as pl

from features.partitions import SCHEMAS, STAMP
from features.store import get_store
from recommender.settings import PROJECT_ROOT, Settings

KINDS = {
    pl.Int64(): "Int64",
    pl.String(): "String",
    pl.Float32(): "Float32",
    pl.Datetime("us", "UTC"): "UnixTimestamp",
    pl.List(pl.String): "Array(String)",
    pl.List(pl.Float32): "Array(Float32)",
    pl.List(pl.Float64): "Array(Float64)",
    pl.List(pl.Int64): "Array(Int64)",
}


def test_each_view_has_the_columns_of_its_partitions(home: Settings) -> None:
    views = {view.name: view for view in get_store().list_feature_views()}
    assert set(views) == set(SCHEMAS) - {"events"}
    for name, view in views.items():
        keys = {column.name for column in view.entity_columns}
        declared = {field.name: str(field.dtype) for field in view.features}
        written = {column: KINDS[kind] for column, kind in SCHEMAS[name].items() if column not in {STAMP, *keys}}
        assert declared == written
        assert view.owner
        assert view.description
        assert view.tags["freshness"]


def test_each_view_is_in_the_docs() -> None:
    text = (PROJECT_ROOT / "docs" / "features.md").read_text()
    for name, schema in SCHEMAS.items():
        assert f"`{name}`" in text
        for column in schema:
            stem = column.rsplit("_", 1)[0] if column.endswith(("_1d", "_7d", "_30d", "_180d")) else column
            assert stem in text, f"{name}.{column} is not in docs/features.md"
