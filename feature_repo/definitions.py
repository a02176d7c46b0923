"""Every feature the platform has, declared for Feast: the entity, views, the push source.

It knows names, types, freshness and where the parquet lies; how values are computed is the affair of
`features.building.pipeline`.
Nobody imports this file: `features.apply()` and the `feast` command load it. Feature services are not here; one is made
for each model version when the model is trained.
"""

import os
from datetime import timedelta
from pathlib import Path

from feast import Entity, FeatureView, Field, FileSource, PushSource, ValueType
from feast.types import Array, Float32, Float64, Int64, String, UnixTimestamp

HOME = Path(os.environ.get("ZHIYIN_HOME") or Path(__file__).resolve().parent.parent / "var").expanduser().resolve()
OWNER = "recommender"
WINDOWS = (1, 7, 30, 180)
ACTIONS = ("views", "carts", "purchases", "ratings", "reviews", "searches")
UNTIL_THE_NEXT = timedelta(0)  # a row holds until the next one: there is one whenever a value changes


def parquet(view: str) -> FileSource:
    """The day partitions of a view."""
    return FileSource(
        name=f"{view}_days",
        path=str(HOME / "offline" / view / "*" / "*.parquet"),
        timestamp_field="event_timestamp",
        owner=OWNER,
    )


def counted(actions: tuple[str, ...]) -> list[Field]:
    """How often each action was done within each window of days, as fields of a view."""
    return [Field(name=f"{action}_{days}d", dtype=Int64) for action in actions for days in WINDOWS]


user = Entity(name="user", join_keys=["user_id"], value_type=ValueType.STRING, description="A shopper", owner=OWNER)

user_behaviour = FeatureView(
    name="user_behaviour",
    entities=[user],
    ttl=UNTIL_THE_NEXT,
    schema=[
        *counted(ACTIONS),
        *[Field(name=f"spend_{days}d", dtype=Float32) for days in WINDOWS],
        Field(name="last_active_time", dtype=UnixTimestamp, description="within 180 days"),
        Field(name="last_purchase_time", dtype=UnixTimestamp, description="within 180 days"),
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

profile_push = PushSource(name="profile_push", batch_source=parquet("user_profile"), owner=OWNER)

user_profile = FeatureView(
    name="user_profile",
    entities=[user],
    ttl=UNTIL_THE_NEXT,
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
