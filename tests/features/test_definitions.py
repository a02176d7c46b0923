"""What `feature_repo` declares and what is written to disk are the same columns."""

from typing import Any

import polars as pl
import pytest
from feast import Entity, FeatureView, Field, FileSource, ValueType
from feast.on_demand_feature_view import on_demand_feature_view
from feast.types import Int64

from features.partitions import SCHEMAS, STAMP
from features.store import close_stores, get_store, redis_connection, store_config
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


def test_views_of_an_earlier_release_leave_the_registry(home: Settings) -> None:
    store = get_store()
    item = Entity(name="item", join_keys=["item_id"], value_type=ValueType.STRING)
    days = FileSource(name="item_days", path=str(home.offline_dir / "*.parquet"), timestamp_field="event_timestamp")
    former = FeatureView(name="item_statistics", entities=[item], schema=[Field(name="n", dtype=Int64)], source=days)
    asked = on_demand_feature_view(
        sources=[store.get_feature_view("user_behaviour")[["price_level"]]],
        schema=[Field(name="cheap", dtype=Int64)],
        mode="python",
    )(cheap)
    store.apply([item, former, asked])
    close_stores()
    store = get_store()
    assert {view.name for view in store.list_all_feature_views()} == {"user_behaviour", "user_profile"}
    assert {source.name for source in store.list_data_sources()} >= {"user_behaviour_days", "profile_push"}
    assert "item_days" not in {source.name for source in store.list_data_sources()}
    assert "item" not in {one.name for one in store.list_entities()}


def cheap(inputs: dict[str, Any]) -> dict[str, Any]:
    return {"cheap": [int(level < 1) for level in inputs["price_level"]]}


def test_each_view_is_in_the_docs() -> None:
    text = (PROJECT_ROOT / "docs" / "features.md").read_text()
    for name, schema in SCHEMAS.items():
        assert f"`{name}`" in text
        for column in schema:
            stem = column.rsplit("_", 1)[0] if column.endswith(("_1d", "_7d", "_30d", "_180d")) else column
            assert stem in text, f"{name}.{column} is not in docs/features.md"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("redis://localhost", ["localhost:6379", "db=0"]),
        ("redis://:s%40crit@shop.example:7000/3", ["shop.example:7000", "db=3", "password=s@crit"]),
        ("rediss://user:p@host/1", ["host:6379", "db=1", "ssl=true", "username=user", "password=p"]),
    ],
)
def test_redis_urls_become_feasts_words(url: str, words: list[str]) -> None:
    assert redis_connection(url).split(",")[: len(words)] == words


@pytest.mark.parametrize("url", ["localhost:6379", "http://host", "redis://:a%2Cb@host"])
def test_redis_urls_that_cannot_be_used_are_named(url: str) -> None:
    with pytest.raises(ValueError, match="ZHIYIN_REDIS_URL"):
        redis_connection(url)


def test_the_registry_lives_in_postgresql_where_the_application_does(home: Settings) -> None:
    settings = home.model_copy(update={"database_url": "postgresql://u:p%40@db/shop"})
    assert store_config(settings).registry.path == "postgresql+psycopg://u:p%40@db/shop?connect_timeout=10"
    assert store_config(home).registry.path.startswith("sqlite:///")
