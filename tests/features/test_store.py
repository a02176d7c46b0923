"""The store of the settings: its configuration, its registry, and what an earlier release left in it."""

from typing import Any

import pytest
from feast import Entity, FeatureView, Field, FileSource, ValueType
from feast.on_demand_feature_view import on_demand_feature_view
from feast.types import Int64

from features.store import PROJECT, close_stores, get_store, project_of, redis_connection, service_of, store_config
from recommender.settings import Settings


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


def test_each_shop_has_a_project_of_its_own_in_a_shared_redis(home: Settings) -> None:
    shared = home.model_copy(update={"redis_url": "redis://host/0", "shop_id": "tea"})
    other = home.model_copy(update={"redis_url": "redis://host/0", "shop_id": "coffee"})
    assert len({project_of(shared), project_of(other), project_of(home)}) == 3
    assert project_of(home) == PROJECT
    assert not any(one.endswith(PROJECT) for one in (project_of(shared), project_of(other)))


def test_a_model_s_feature_service_bears_its_version() -> None:
    assert service_of("2026-03-01.1") == "recommender_2026-03-01.1"
