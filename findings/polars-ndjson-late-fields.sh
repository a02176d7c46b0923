#!/usr/bin/env bash
# polars 2.1.0: read_ndjson and scan_ndjson drop what no line among the first 100 has: columns, and fields inside a struct,
# of which null is left. Nothing is raised or warned of (the project has an open report, issue 29330).
# The documentation says of infer_schema_length that so many rows are looked at to infer the schema, and of ignore_errors,
# which is False, that it makes null of what doesn't fit.
# Seen, lines like those of a GA4 export, 200 events with a string parameter and then one order with an int_value and an
# items column: polars gives the order without its number and without the column; pyarrow 26.0.1 gives both, and duckdb
# 2.0.1 too where its sample (of 20,480 rows) reaches the order, and raises an error that names the field where not.
# A day of events has its first order late. Read such files with infer_schema_length=None or with a schema of your own.
# The script fails if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --no-compile "polars==2.1.0" "duckdb==2.0.1" "pyarrow==26.0.1"
cd "$folder"
"$folder/env/bin/python" - <<'PY'
import json
from pathlib import Path

import duckdb
import polars as pl
import pyarrow.json

view = {"event_name": "view_item", "param": {"key": "page", "value": {"string_value": "tea"}}}
order = {"event_name": "purchase", "param": {"key": "quantity", "value": {"int_value": 2}}, "items": ["tea-1"]}
Path("events.ndjson").write_text("".join(json.dumps(event) + "\n" for event in [view] * 200 + [order]))
by_polars = pl.read_ndjson("events.ndjson").row(-1, named=True)
by_scan = pl.scan_ndjson("events.ndjson").collect().row(-1, named=True)
whole = pl.read_ndjson("events.ndjson", infer_schema_length=None).row(-1, named=True)
by_arrow = pyarrow.json.read_json("events.ndjson").to_pylist()[-1]
names = "event_name, param.value.int_value, items"
by_duckdb = duckdb.sql(f"select {names} from 'events.ndjson' where event_name = 'purchase'").fetchall()
try:
    short = duckdb.sql("from read_json('events.ndjson', sample_size = 100)").fetchall()
except duckdb.Error as error:
    short = str(error).splitlines()[0]
print(f"polars: {by_polars}\npolars, all rows looked at: {whole}\npyarrow: {by_arrow}\nduckdb: {by_duckdb}\n{short}")
assert whole["items"] == by_arrow["items"] == ["tea-1"] and by_duckdb == [("purchase", 2, ["tea-1"])]
assert whole["param"]["value"]["int_value"] == by_arrow["param"]["value"]["int_value"] == 2 and "int_value" in short
left = {"event_name": "purchase", "param": {"key": "quantity", "value": {"string_value": None}}}
assert by_polars == by_scan == left, "this has changed"
PY
