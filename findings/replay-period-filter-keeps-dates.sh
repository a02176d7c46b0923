#!/usr/bin/env bash
# replay-rec 0.22.0: a TimePeriodFilter without start_date or end_date takes it from the first frame that it is given,
# and keeps it: of every later frame it returns only the rows within the time of the first, without a word.
# Its documentation names None as the default of both, and `transform` says "Filter interactions" and nothing of state.
# Seen, with pandas and with polars: "all from 2 January on", made once, called on January's rows and then on
# February's: 1 row of 2, then 0 rows of 2; a new filter returns February's 2.
# Make a new filter for each frame. The script fails if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --no-compile "replay-rec==0.22.0" "pandas==2.3.3" "polars==1.44.2" "numpy==2.4.6"
"$folder/env/bin/python" - <<'PY'
import pandas as pd
import polars as pl
from replay.preprocessing.filters import TimePeriodFilter

days = pd.to_datetime(["2024-01-01", "2024-01-02", "2024-02-01", "2024-02-02"])
events = pd.DataFrame({"user_id": 1, "item_id": range(4), "timestamp": days})
for frame in (events, pl.from_pandas(events)):
    january, february = frame[:2], frame[2:]
    kept = TimePeriodFilter(start_date="2024-01-02 00:00:00")
    seen = [len(kept.transform(january)), len(kept.transform(february))]
    fresh = len(TimePeriodFilter(start_date="2024-01-02 00:00:00").transform(february))
    print(f"{type(frame).__module__}: January, February {seen}; February with a new filter {fresh}")
    assert (seen, fresh) == ([1, 0], 2), "this has changed"
PY
