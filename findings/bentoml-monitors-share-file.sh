#!/usr/bin/env bash
# bentoml 1.4.39: where one process uses two monitors (bentoml.monitor with two names, as for impressions and ratings),
# the records of the first go to the file of the second from the second's first record on. Each monitor sets up the one
# logger "bentoml_monitor_data" anew, whose handler is then the newest monitor's.
# The name is the first argument of a monitor, and its files lie under <log_path>/<name>/, one folder a monitor.
# Seen, three records of "impressions", three of "ratings", three of "impressions": three records in the first's file
# and six in the second's, no warning. A reader of either file gets wrong rates; the schema's log is shared likewise.
# Use one monitor a process, or give each a log_config_file with loggers of its own in a monitor class of your own. The
# script fails if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --no-compile "bentoml==1.4.39"
cd "$folder"
BENTOML_HOME="$folder/home" BENTOML_DO_NOT_TRACK=True "$folder/env/bin/python" -W ignore - <<'PY'
import json
from pathlib import Path

import bentoml


def record(monitor: str, values: range) -> None:
    for value in values:
        with bentoml.monitor(monitor, monitor_options={"log_path": "logs"}) as opened:
            opened.log(value, "value", "prediction", "numerical")


def read(monitor: str) -> list[int]:
    return [json.loads(line)["value"] for line in Path(f"logs/{monitor}/data/data.0.log").read_text().splitlines()]


record("impressions", range(3))
record("ratings", range(100, 103))
record("impressions", range(3, 6))
print("impressions:", read("impressions"), "ratings:", read("ratings"))
assert read("impressions") == [0, 1, 2] and read("ratings") == [100, 101, 102, 3, 4, 5], "this has changed"
PY
