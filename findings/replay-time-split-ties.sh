#!/usr/bin/env bash
# replay-rec 0.22.0: TimeSplitter with a share as its threshold splits one and the same frame differently as pandas and as
# polars where timestamps are equal. With pandas all rows of the time at the border go to test; with polars the row
# count decides, so that rows of one moment stand in train and in test, in the order in which the frame held them.
# The documentation says for both "float is in case of splitting by ratio" and "split interactions by time".
# Seen, 100 rows of 10 days, ten a day, threshold .25: pandas 70 to train and 30 to test, polars 75 and 25, with one day
# in both. Events that carry a date alone are common (exports of orders), and then test rows are no later than train.
# Who splits a polars frame should give the time itself. The script fails if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --no-compile "replay-rec==0.22.0" "pandas==2.3.3" "polars==1.44.2" "numpy==2.4.6"
"$folder/env/bin/python" - <<'PY'
import pandas as pd
import polars as pl
from replay.splitters import TimeSplitter

days = pd.date_range("2024-01-01", periods=10).repeat(10)
orders = pd.DataFrame({"query_id": range(100), "item_id": range(100), "timestamp": days})
seen = {}
for frame in (orders, pl.from_pandas(orders)):
    train, test = TimeSplitter(0.25).split(frame)
    both = set(train["timestamp"]) & set(test["timestamp"])
    seen[type(frame).__module__.split(".")[0]] = (len(train), len(test), len(both))
print("train, test, days in both:", seen)
assert seen == {"pandas": (70, 30, 0), "polars": (75, 25, 1)}, "this has changed"
PY
