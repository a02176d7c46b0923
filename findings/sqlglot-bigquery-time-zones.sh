#!/usr/bin/env bash
# sqlglot 30.31.0, BigQuery to DuckDB (2.0.1): of a timestamp made by TIMESTAMP_MICROS the hour in a time zone comes out
# shifted the wrong way, and FORMAT_TIMESTAMP and PARSE_TIMESTAMP lose their time zone. unsupported_level=RAISE
# raises nothing for them.
# TIMESTAMP_MICROS gives a point in time in BigQuery; the translation, MAKE_TIMESTAMP, gives DuckDB's type without a zone,
# of which AT TIME ZONE means "this was the local time there". The third argument of the other two is not carried over.
# sqlglot says that its output aims to be correct in meaning as well as in syntax, and that it tells of what it can't do.
# Seen, session in UTC, 2024-01-09 01:02:03 UTC as microseconds, Asia/Shanghai (UTC+8): the hour is 17 instead of 9,
# formatted 01:02 instead of 09:02, and 01:02:03 in Shanghai is read as 01:02:03 UTC instead of 17:02:03 of the day before.
# DATETIME(..., zone) and DATE(..., zone) come out right.
# event_timestamp of a GA4 export is in microseconds. Who runs its queries on DuckDB should take the hour from
# DATETIME(TIMESTAMP_MICROS(event_timestamp), zone). The script fails if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --no-compile "sqlglot==30.31.0" "duckdb==2.0.1"
"$folder/env/bin/python" - <<'PY'
from datetime import datetime

import duckdb
from sqlglot import ErrorLevel, transpile

ZONE = "'Asia/Shanghai'"
MOMENT = "TIMESTAMP_MICROS(1704762123000000)"
queries = {
    "hour": f"EXTRACT(HOUR FROM {MOMENT} AT TIME ZONE {ZONE})",
    "formatted": f"FORMAT_TIMESTAMP('%H:%M', {MOMENT}, {ZONE})",
    "parsed": f"UNIX_SECONDS(PARSE_TIMESTAMP('%Y-%m-%d %H:%M:%S', '2024-01-09 01:02:03', {ZONE}))",
    "right hour": f"EXTRACT(HOUR FROM DATETIME({MOMENT}, {ZONE}))",
    "right date": f"CAST(DATE({MOMENT}, {ZONE}) AS STRING)",
}
connection = duckdb.connect()
connection.execute("set timezone = 'UTC'")
seen = {}
for name, text in queries.items():
    [sql] = transpile(f"SELECT {text}", read="bigquery", write="duckdb", unsupported_level=ErrorLevel.RAISE)
    seen[name] = connection.sql(sql).fetchall()[0][0]
    print(f"{name}: {text}\n  {sql}\n  {seen[name]}")
assert seen["right hour"] == 9 and seen["right date"] == "2024-01-09"
utc = int(datetime.fromisoformat("2024-01-09T01:02:03+00:00").timestamp())
assert (seen["hour"], seen["formatted"], seen["parsed"]) == (17, "01:02", utc), "this has changed"
PY
