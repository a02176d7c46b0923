#!/usr/bin/env bash
# sqlglot 30.31.0, BigQuery to DuckDB (2.0.1): what the two count differently is translated by name alone.
# EXTRACT(DAYOFWEEK) is 1 for Sunday in BigQuery and 0 in DuckDB; UNNEST ... WITH OFFSET begins with 0, and the
# WITH ORDINALITY that it becomes with 1; TIMESTAMP_DIFF counts whole days passed, and DATE_DIFF midnights; NUMERIC has
# nine decimals, and DECIMAL without sizes three. unsupported_level=RAISE raises nothing for any of them.
# sqlglot says that its output aims to be correct in meaning as well as in syntax, and that it tells of what it can't do;
# DATE_TRUNC by week and GREATEST with a null, which differ likewise, it translates with care.
# Seen: a Sunday is day 0 instead of 1, the first of two items has offset 1 instead of 0, from 23:00 to 0:00 is 1 day
# instead of 0, and 1.23456789 is 1.235.
# "WHERE offset = 0" (the first item of an order) then finds nothing, and "within 7 days of the first
# order" ends up to a day early. Who moves such queries should compare results on a few rows of each kind. The script
# fails if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --no-compile "sqlglot==30.31.0" "duckdb==2.0.1"
"$folder/env/bin/python" - <<'PY'
import duckdb
from sqlglot import ErrorLevel, transpile

queries = {
    "day of week of a Sunday": "SELECT EXTRACT(DAYOFWEEK FROM DATE '2024-01-07')",
    "first offset": "SELECT MIN(place) FROM UNNEST(['tea', 'cup']) AS item WITH OFFSET AS place",
    "days": "SELECT TIMESTAMP_DIFF(TIMESTAMP '2024-01-02 00:00:00+00', TIMESTAMP '2024-01-01 23:00:00+00', DAY)",
    "numeric": "SELECT CAST(CAST('1.23456789' AS NUMERIC) AS STRING)",
    "week": "SELECT CAST(DATE_TRUNC(DATE '2024-01-09', WEEK) AS STRING)",
    "greatest": "SELECT GREATEST(1, NULL)",
}
connection = duckdb.connect()
connection.execute("set timezone = 'UTC'")
seen = {}
for name, text in queries.items():
    [sql] = transpile(text, read="bigquery", write="duckdb", unsupported_level=ErrorLevel.RAISE)
    seen[name] = connection.sql(sql).fetchall()[0][0]
    print(f"{name}: {text}\n  {sql}\n  {seen[name]}")
assert seen.pop("week") == "2024-01-07" and seen.pop("greatest") is None
assert list(seen.values()) == [0, 1, 1, "1.235"], "this has changed"
PY
