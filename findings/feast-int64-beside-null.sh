#!/usr/bin/env bash
# feast 0.67.0 (pandas 2.3.3, SQLite online store): an Int64 feature comes out of the online store as another number when
# any other row of the batch that was written with it has no value. The column goes through floats on its way, so that
# values above 2^53 are rounded; without the gap they are exact. Whether an id is right so depends on its neighbours.
# The documentation says that Feast's own types give guarantees on training and serving data, Int64 being one of them.
# Seen: 1234567890123456789 pushed (as pandas' Int64) or materialised (from Parquet's int64) beside a null is read back
# as 1234567890123456768, and with no null beside it as written; the declared type, file and frame hold the integer.
# Ids of 18 or 19 digits (made of time and machine) are usual in large shops. Keep them in String features, or fill the
# gaps. The script fails if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --no-compile "feast==0.67.0" "pyarrow==26.0.1" "pandas==2.3.3" "numpy==2.4.6"
cd "$folder"
cat > feature_store.yaml <<YAML
project: shop
provider: local
registry: registry.db
offline_store: {type: file}
online_store: {type: sqlite, path: online.db}
entity_key_serialization_version: 3
YAML
FEAST_USAGE=False "$folder/env/bin/python" -W ignore - 2> log <<'PY' || { cat log; exit 1; }
from datetime import timedelta

import pandas as pd
from feast import Entity, FeatureStore, FeatureView, Field, FileSource, PushSource, ValueType
from feast.data_source import PushMode
from feast.types import Int64

LAST = 1_234_567_890_123_456_789
first = pd.Timestamp("2024-01-01", tz="UTC")


def describe(time: pd.Timestamp) -> pd.DataFrame:
    """Two users with the item each bought last (`full`), and the same where one has bought nothing (`gap`)."""
    last = {"full": pd.array([LAST, LAST], dtype="Int64"), "gap": pd.array([LAST, None], dtype="Int64")}
    return pd.DataFrame({"user_id": [1, 2], "time": time, **last}).astype({"time": "datetime64[us, UTC]"})


def read() -> tuple[int, int]:
    found = store.get_online_features(["bought:full", "bought:gap"], [{"user_id": 1}]).to_dict()
    return found["full"][0], found["gap"][0]


describe(first).to_parquet("bought.parquet")
source = PushSource(name="bought_now", batch_source=FileSource(path="bought.parquet", timestamp_field="time"))
user = Entity(name="user", join_keys=["user_id"], value_type=ValueType.INT64)
fields = [Field(name=name, dtype=Int64) for name in ("full", "gap")]
store = FeatureStore(".")
store.apply([user, source, FeatureView(name="bought", entities=[user], schema=fields, source=source)])
day = timedelta(days=1)
store.materialize((first - day).to_pydatetime(), (first + day).to_pydatetime())
materialised = read()
store.push("bought_now", describe(first + day), to=PushMode.ONLINE)
pushed = read()
print(f"written {LAST}; materialised, no gap and gap: {materialised}; pushed: {pushed}")
assert materialised == pushed == (LAST, LAST - 21), "this has changed"
PY
