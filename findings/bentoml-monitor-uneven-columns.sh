#!/usr/bin/env bash
# bentoml 1.4.39: a monitor's record whose columns differ in length loses the values beyond the shortest column, without
# error or warning. The code means to refuse it ("All columns should have the same length"), but writes
# `assert ValueError(...)`, which is always true.
# The documentation of log_batch says that "the data will be logged as a single column", and nothing of leaving any out.
# Seen, one record with a column of three items and one of two scores (one item had none): two records are written, and
# the third item is nowhere.
# Log None where a value is missing, and count before you log. The script fails if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --no-compile "bentoml==1.4.39"
cd "$folder"
BENTOML_HOME="$folder/home" BENTOML_DO_NOT_TRACK=True "$folder/env/bin/python" -W ignore - 2> said <<'PY'
import json
from pathlib import Path

import bentoml

with bentoml.monitor("served", monitor_options={"log_path": "logs"}) as opened:
    opened.log_batch(["a", "b", "c"], "item", "feature", "categorical")
    opened.log_batch([0.9, 0.8], "score", "prediction", "numerical")
rows = [json.loads(line) for line in Path("logs/served/data/data.0.log").read_text().splitlines()]
seen = [(row["item"], row["score"]) for row in rows]
print("written:", seen)
assert seen == [("a", 0.9), ("b", 0.8)], "this has changed"
PY
if grep -i "length" said; then echo "this has changed"; exit 1; fi
