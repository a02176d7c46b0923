#!/usr/bin/env bash
# feast 0.67.0 (pyarrow 26.0.1): a push to a feature view with an Array(String) feature over a parquet file never reaches
# the offline store, with the file store as with duckdb: KeyError('list<element: string>'). pandas and pyarrow call the
# item of a list in a parquet file "element", and Feast knows the type by the name "item" alone. apply, materialisation,
# get_historical_features and the online part of the push work with the same file.
# The documentation lists Array types as supported, and PushMode.ONLINE_AND_OFFLINE as writing to both stores.
# Seen: with ONLINE_AND_OFFLINE the error comes after the online store was written, so that the two stores differ from
# then on: online the pushed price 9, offline the old price 1, one row in the file.
# Push with PushMode.ONLINE and append to the file by other means, or keep lists in a string. The script fails if this
# changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --no-compile "feast[duckdb]==0.67.0" "pyarrow==26.0.1" "pandas==2.3.3" "numpy==2.4.6"
cd "$folder"
for store in file duckdb; do
mkdir "$store" && cd "$store"
cat > feature_store.yaml <<YAML
project: shop
provider: local
registry: registry.db
offline_store: {type: $store}
online_store: {type: sqlite, path: online.db}
entity_key_serialization_version: 3
YAML
FEAST_USAGE=False "$folder/env/bin/python" -W ignore - "$store" 2> "$folder/log" <<'PY' || { cat "$folder/log"; exit 1; }
import sys

import pandas as pd
from feast import Entity, FeatureStore, FeatureView, Field, FileSource, PushSource, ValueType
from feast.data_source import PushMode
from feast.types import Array, Float64, String

FEATURES = ["shop_items:price", "shop_items:tags"]
first = pd.Timestamp("2024-01-01", tz="UTC")
later = first + pd.Timedelta("1h")


def describe(time: pd.Timestamp, price: float, tags: list[str]) -> pd.DataFrame:
    row = pd.DataFrame({"item_id": [1], "time": [time], "price": [price], "tags": [tags]})
    return row.astype({"time": "datetime64[us, UTC]"})


describe(first, 1.0, ["old"]).to_parquet("items.parquet")
source = PushSource(name="items", batch_source=FileSource(path="items.parquet", timestamp_field="time"))
item = Entity(name="item", join_keys=["item_id"], value_type=ValueType.INT64)
fields = [Field(name="price", dtype=Float64), Field(name="tags", dtype=Array(String))]
store = FeatureStore(".")
store.apply([item, source, FeatureView(name="shop_items", entities=[item], schema=fields, source=source)])
try:
    store.push("items", describe(later, 9.0, ["new"]), to=PushMode.ONLINE_AND_OFFLINE)
    said = "nothing"
except KeyError as error:
    said = repr(error)
online = store.get_online_features(FEATURES, [{"item_id": 1}]).to_dict()
asked = pd.DataFrame({"item_id": [1], "event_timestamp": [later + pd.Timedelta("1h")]})
offline = store.get_historical_features(asked, FEATURES).to_df()
seen = (said, online["price"][0], float(offline["price"][0]), len(pd.read_parquet("items.parquet")))
print(f"{sys.argv[1]}: the push said {seen[0]}; price online {seen[1]}, offline {seen[2]}; rows in the file {seen[3]}")
assert seen == ("KeyError('list<element: string>')", 9.0, 1.0, 1), "this has changed"
PY
cd "$folder"
done
