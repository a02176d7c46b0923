#!/usr/bin/env bash
# evidently 0.7.23 (pandas 2.3.3): a numeric column of an unsigned type (uint8 to uint64) or of pandas' nullable types
# (Int64, Float64) is no column to DataDriftPreset: it is left out of the count and of its share, no error or warning
# says so, and with include_tests=True the verdict is that of the other columns.
# The documentation says that columns are mapped "by type (numerical, categorical)" by themselves; the one of the releases
# before says "all columns with numeric types (np.number)".
# Seen, three columns of which one has moved by 100 with drift_share=.3: count 1, share .33, FAIL when the column is
# int64 or int32; count 0, share 0, SUCCESS when it is uint8, uint32 or Int64. Naming the column in a DataDefinition
# makes uint32 count; of Int64 it makes an AttributeError.
# Such columns are usual: prices and counts of Arrow, Parquet and polars, ids packed small, integers with gaps. Turn
# numbers into int64 or float64 first, and compare the number of drift values with that of columns. The script fails if
# this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --no-compile "evidently==0.7.23" "pandas==2.3.3" "numpy==2.4.6"
DO_NOT_TRACK=1 "$folder/env/bin/python" -W ignore - <<'PY'
import numpy as np
import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataDriftPreset

random = np.random.default_rng(0)
reference = pd.DataFrame({"x": random.normal(size=500), "y": random.normal(size=500), "n": random.integers(0, 50, 500)})
current = reference.assign(n=reference["n"] + 100)


def check(kind: str, definition: DataDefinition | None = None) -> tuple[int, str]:
    """How many columns drifted, and the verdict, where `n` has the type `kind`."""
    frames = [frame.astype({"n": kind}) for frame in (current, reference)]
    if definition:
        frames = [Dataset.from_pandas(frame, data_definition=definition) for frame in frames]
    snapshot = Report([DataDriftPreset(drift_share=0.3)], include_tests=True).run(*frames).dict()
    return int(snapshot["metrics"][0]["value"]["count"]), snapshot["tests"][0]["status"].value


seen = {kind: check(kind) for kind in ("int64", "int32", "uint8", "uint32", "Int64")}
named = check("uint32", DataDefinition(numerical_columns=["x", "y", "n"]))
print(seen, "uint32 named in a DataDefinition:", named)
caught, missed = (1, "FAIL"), (0, "SUCCESS")
assert seen == {"int64": caught, "int32": caught, "uint8": missed, "uint32": missed, "Int64": missed}, "this has changed"
assert named == caught, "this has changed"
PY
