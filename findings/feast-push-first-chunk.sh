#!/usr/bin/env bash
# feast 0.67.0 (pandas 2.3.3, SQLite online store): push and write_to_online_store write only the first part of a frame
# whose text column is backed by pyarrow and came about by pd.concat. Such a column is in chunks, the Arrow table is then
# in as many batches, and Feast writes the first batch and drops the others; no error, warning or count says so.
# The documentation of push says that it "updates all the feature views that have the push source as stream source".
# Seen, four items in two frames put together, pushed with ONLINE_AND_OFFLINE: all four in the file offline, two online;
# the other two read as if they had no features. The same with write_to_online_store, and with "string[pyarrow]" as with
# pd.ArrowDtype; with object columns all four are there. pd.read_parquet(dtype_backend="pyarrow") gives such columns.
# Turn text into object columns (astype(object)) before a push. The script fails if this changes.
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
import pandas as pd
import pyarrow as pa
from feast import Entity, FeatureStore, FeatureView, Field, FileSource, PushSource, ValueType
from feast.data_source import PushMode
from feast.types import Float64, String

FEATURES = ["shop_items:price", "shop_items:title"]
time = pd.Timestamp("2024-01-01", tz="UTC")


def describe(ids: list[int], kind: object) -> pd.DataFrame:
    titles = pd.array([f"item {number}" for number in ids], dtype=kind)
    frame = pd.DataFrame({"item_id": ids, "time": time, "price": [float(number) for number in ids], "title": titles})
    return frame.astype({"time": "datetime64[us, UTC]"})


def count_online(ids: list[int]) -> int:
    found = store.get_online_features(FEATURES, [{"item_id": number} for number in ids]).to_dict()
    return sum(price is not None for price in found["price"])


describe([0], object).to_parquet("items.parquet")
source = PushSource(name="items", batch_source=FileSource(path="items.parquet", timestamp_field="time"))
item = Entity(name="item", join_keys=["item_id"], value_type=ValueType.INT64)
fields = [Field(name="price", dtype=Float64), Field(name="title", dtype=String)]
store = FeatureStore(".")
store.apply([item, source, FeatureView(name="shop_items", entities=[item], schema=fields, source=source)])
seen = []
for number, kind in enumerate((object, "string[pyarrow]", pd.ArrowDtype(pa.string())), start=1):
    pushed, written = [[10 * number + place for place in range(begin, begin + 4)] for begin in (0, 4)]
    before = len(pd.read_parquet("items.parquet"))
    both = pd.concat([describe(pushed[:2], kind), describe(pushed[2:], kind)], ignore_index=True)
    store.push("items", both, to=PushMode.ONLINE_AND_OFFLINE)
    offline = len(pd.read_parquet("items.parquet")) - before
    both = pd.concat([describe(written[:2], kind), describe(written[2:], kind)], ignore_index=True)
    store.write_to_online_store("shop_items", both)
    seen.append((count_online(pushed), offline, count_online(written)))
    print(f"{kind!r}: of 4 pushed {seen[-1][0]} online and {offline} offline; of 4 written online {seen[-1][2]}")
assert seen == [(4, 4, 4), (2, 4, 2), (2, 4, 2)], "this has changed"
PY
