#!/usr/bin/env bash
# duckdb 2.0.1: in a Parquet file of pyarrow 26.0.1 or polars 2.1.0 it finds no NaN. isnan(v) is false for every row, so that
# "where not isnan(v)" keeps them all, and "v > 2" or "v != 5" leave a row group out whose other values don't match. The
# same rows as an Arrow table, as a table of its own or in a Parquet file that DuckDB has written give the right counts.
# The Parquet format leaves NaN out of the bounds of a row group and says that bounds are to be ignored when looking for
# NaN; DuckDB takes bounds that aren't NaN as proof that there is none. By its documentation isnan
# tells whether a value is NaN, and NaN sorts above all numbers.
# Seen, 3,000 rows, a third each 1.0, 2.0 and NaN: isnan 0 instead of 1,000, not isnan 3,000 instead of 2,000, v > 2 0
# instead of 1,000.
# A check of quality or a clean-up by isnan over files then does nothing. read_parquet(..., can_have_nan=true), an option
# that the page on Parquet doesn't list, gives the right counts; who writes files should write null for a missing number.
# The script fails if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --no-compile "duckdb==2.0.1" "pyarrow==26.0.1" "polars==2.1.0"
"$folder/env/bin/python" - "$folder" <<'PY'
import sys
from math import nan

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

FILTERS = ("isnan(v)", "not isnan(v)", "v > 2")
folder = sys.argv[1]
rows = pa.table({"v": [1.0, 2.0, nan] * 1_000})
pq.write_table(rows, f"{folder}/pyarrow.parquet")
pl.DataFrame(rows).write_parquet(f"{folder}/polars.parquet")
duckdb.sql(f"copy rows to '{folder}/duckdb.parquet'")
duckdb.sql("create table own as from rows")
sources = {"Arrow table": "rows", "own table": "own"}
sources |= {f"file of {writer}": f"'{folder}/{writer}.parquet'" for writer in ("duckdb", "pyarrow", "polars")}
sources["with the option"] = f"read_parquet('{folder}/pyarrow.parquet', can_have_nan=true)"
seen = {}
for name, source in sources.items():
    counts = [duckdb.sql(f"select count(*) from {source} where {text}").fetchall()[0][0] for text in FILTERS]
    seen[name] = tuple(counts)
    print(f"{name}: {dict(zip(FILTERS, counts))}")
right = (1_000, 2_000, 1_000)
assert seen["Arrow table"] == seen["own table"] == seen["file of duckdb"] == seen["with the option"] == right
assert seen["file of pyarrow"] == seen["file of polars"] == (0, 3_000, 0), "this has changed"
PY
