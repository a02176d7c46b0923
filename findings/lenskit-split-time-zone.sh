#!/usr/bin/env bash
# lenskit 2025.8.1: split_global_time splits the same data elsewhere when the machine's time zone is another. It makes
# the cut-off a local time and compares it with timestamps that are in UTC: of a cut-off in Unix seconds against a
# column of datetimes, and of a cut-off in ISO format against a column of Unix seconds.
# The documentation says only "Time or sequence of times at which to split. Strings must be in ISO format."
# Seen, 48 events an hour apart, cut-off the 25th event: 24 rows to train with TZ=UTC; with TZ=Asia/Shanghai, 32 for the
# number and 16 for the string, so that events after the cut-off stand in the training data.
# Who splits by time should give numbers for numbers and strings for datetimes, as both are compared as they are. The
# script fails if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --no-compile "lenskit==2025.8.1" "torch==2.13.0" "pandas==2.3.3" "numpy==2.4.6"
"$folder/env/bin/python" - <<'PY'
import os
import time

import pandas as pd
from lenskit.data import from_interactions_df
from lenskit.splitting import split_global_time

CUT = 1_704_067_200  # 2024-01-01T00:00:00Z
seconds = [CUT + 3600 * (hour - 24) for hour in range(48)]
numbers = pd.DataFrame({"user_id": 1, "item_id": range(48), "timestamp": seconds})
datetimes = numbers.assign(timestamp=pd.to_datetime(numbers["timestamp"], unit="s"))


def count_training(frame: pd.DataFrame, cut: int | str) -> int:
    return split_global_time(from_interactions_df(frame), cut).train.interaction_count


seen = {}
for zone in ("UTC", "Asia/Shanghai"):
    os.environ["TZ"] = zone
    time.tzset()
    seen[zone] = {
        "number, column of datetimes": count_training(datetimes, CUT),
        "string, column of numbers": count_training(numbers, "2024-01-01"),
        "number, column of numbers": count_training(numbers, CUT),
        "string, column of datetimes": count_training(datetimes, "2024-01-01"),
    }
    print(zone, seen[zone])
assert list(seen["UTC"].values()) == [24, 24, 24, 24]
assert list(seen["Asia/Shanghai"].values()) == [32, 16, 24, 24], "this has changed"
PY
