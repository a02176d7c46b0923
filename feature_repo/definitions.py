"""Every feature the platform has, declared for Feast: entities, views, the push source, the on-demand view.

It knows names, types, freshness and where the parquet lies; how values are computed is `features.build`'s affair.
Nobody imports this file: `features.apply()` and the `feast` command load it. Feature services are not here; one is made
for each model version when the model is trained.
"""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from feast import Entity, FeatureView, Field, FileSource, PushSource, RequestSource, ValueType
from feast.on_demand_feature_view import on_demand_feature_view
from feast.types import Array, Float32, Float64, Int64, String, UnixTimestamp

HOME = Path(os.environ.get("ZHIYIN_HOME") or Path(__file__).resolve().parent.parent / "var").expanduser().resolve()
OWNER = "recommender"
WINDOWS = (1, 7, 30, 180)
ACTIONS = ("views", "carts", "purchases", "ratings", "reviews", "searches")
A_WEEKLY_ROW = timedelta(days=8)  # snapshots are weekly: an older row means that nothing happened for half a year


def parquet(view: str) -> FileSource:
    """The day partitions of a view."""
    return FileSource(
        name=f"{view}_days",
        path=str(HOME / "offline" / view / "*" / "*.parquet"),
        timestamp_field="event_timestamp",
        owner=OWNER,
    )


def counted(actions: tuple[str, ...]) -> list[Field]:
    return [Field(name=f"{action}_{days}d", dtype=Int64) for action in actions for days in WINDOWS]


user = Entity(name="user", join_keys=["user_id"], value_type=ValueType.STRING, description="A shopper", owner=OWNER)
item = Entity(name="item", join_keys=["item_id"], value_type=ValueType.STRING, description="A product", owner=OWNER)

user_behaviour = FeatureView(
    name="user_behaviour",
    entities=[user],
    ttl=A_WEEKLY_ROW,
    schema=[
        *counted(ACTIONS),
        *[Field(name=f"spend_{days}d", dtype=Float32) for days in WINDOWS],
        Field(name="days_since_last_event", dtype=Float32),
        Field(name="days_since_last_purchase", dtype=Float32),
        Field(name="price_level", dtype=Float32, description="mean of log(1 + unit price) of purchases in 180 days"),
        Field(name="top_categories", dtype=Array(String), description="strongest first; decayed, within 180 days"),
        Field(name="top_category_weights", dtype=Array(Float32), description="shares of all categories' weight"),
        Field(name="top_brands", dtype=Array(String)),
        Field(name="top_brand_weights", dtype=Array(Float32)),
    ],
    source=parquet("user_behaviour"),
    online=True,
    tags={"freshness": "day"},
    description="What a shopper did over 1, 7, 30 and 180 days, and what they lean to",
    owner=OWNER,
)

item_statistics = FeatureView(
    name="item_statistics",
    entities=[item],
    ttl=A_WEEKLY_ROW,
    schema=[
        *counted(("purchases", "views")),
        Field(name="shoppers_30d", dtype=Int64),
        Field(
            name="conversion_30d",
            dtype=Float32,
            description="buyers a viewer, counted once a day, over 30 days; null without",
        ),
        Field(name="rating_mean", dtype=Float32),
        Field(name="rating_count", dtype=Int64),
        Field(name="days_since_last_purchase", dtype=Float32),
    ],
    source=parquet("item_statistics"),
    online=False,  # ranking reads its model's own snapshot of the catalogue
    tags={"freshness": "week"},
    description="How an item sells: shoppers, counted once a day, over 1, 7, 30 and 180 days, conversion, rating",
    owner=OWNER,
)

item_embedding = FeatureView(
    name="item_embedding",
    entities=[item],
    ttl=timedelta(0),
    schema=[
        Field(name="embedding", dtype=Array(Float32)),
        Field(name="encoder_id", dtype=String),
        Field(name="content_hash", dtype=String, description="of the text that was read"),
    ],
    source=parquet("item_embedding"),
    online=False,  # the service keeps the vectors of its model in memory
    tags={"freshness": "when the text changes"},
    description="The LLM's vector of an item's text",
    owner=OWNER,
)

profile_push = PushSource(name="profile_push", batch_source=parquet("user_profile"), owner=OWNER)

user_profile = FeatureView(
    name="user_profile",
    entities=[user],
    ttl=timedelta(0),
    schema=[
        Field(name="profile_version", dtype=Int64),
        Field(name="model_version", dtype=String),
        Field(name="as_of_us", dtype=Int64, description="microseconds since 1970, UTC"),
        Field(name="last_event_time", dtype=UnixTimestamp),
        Field(name="summary", dtype=String),
        Field(name="vector", dtype=Array(Float32)),
        Field(name="affinity_kinds", dtype=Array(String)),
        Field(name="affinity_keys", dtype=Array(String)),
        Field(name="affinity_weights", dtype=Array(Float64)),
        Field(name="affinity_evidence", dtype=Array(String), description="event ids of each affinity, as JSON lists"),
        Field(name="recent_event_ids", dtype=Array(String)),
        Field(name="recent_item_ids", dtype=Array(String)),
        Field(name="recent_event_types", dtype=Array(Int64)),
        Field(name="recent_values", dtype=Array(Float32)),
        Field(name="recent_times", dtype=Array(Int64)),
        Field(name="background", dtype=String, description="what else is known of the shopper, as JSON"),
    ],
    source=profile_push,
    online=True,
    tags={"freshness": "seconds, pushed"},
    description="The shopper's profile as the model built it: vector, affinities, recent events",
    owner=OWNER,
)

asked = RequestSource(name="asked", schema=[Field(name="price", dtype=Float64)])


def price_ratio(inputs: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """The price beside what the shopper usually pays for one unit; null when they have bought nothing."""
    from math import expm1

    pairs = zip(inputs["price"], inputs["price_level"], strict=True)
    return {
        "price_ratio": [
            None if price is None or level is None or not level > 0 else price / expm1(level) for price, level in pairs
        ]
    }


price_against_level = on_demand_feature_view(
    name="price_against_level",
    sources=[asked, user_behaviour[["price_level"]]],
    schema=[Field(name="price_ratio", dtype=Float64)],
    mode="python",
    description="An asked price against the shopper's price level",
    owner=OWNER,
)(price_ratio)
