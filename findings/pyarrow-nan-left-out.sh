#!/usr/bin/env bash
# pyarrow 26.0.1: a filter on a Parquet file leaves out the NaN rows of a row group whose other values are all the same.
# Equal bounds are taken as proof that every row has that value, so that is_nan() and "!=" skip the row group; the Parquet
# format leaves NaN out of the bounds, and says that they are to be ignored when looking for NaN.
# read_table(filters=), datasets, pandas.read_parquet(filters=) and scans of pyiceberg 0.12.0 tables inherit it.
# Seen, a column of 5.0, 5.0 and NaN: is_nan() and != 5 find no row in the file and one in the same table in memory; polars
# 2.1.0 finds it in the file. Of 1.0, NaN and 3.0 the file gives the right rows.
# Ratings that are all 5, or one price in a small file, are common. Who looks for missing numbers in files should write null
# for them, or read the column and filter after. The script fails if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --no-compile "pyarrow==26.0.1" "polars==2.1.0"
"$folder/env/bin/python" - "$folder" <<'PY'
import sys
from math import nan

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

path = f"{sys.argv[1]}/rows.parquet"
is_nan, unequal = pc.is_nan(ds.field("v")), ds.field("v") != 5


def count_found(values: list[float]) -> dict[str, tuple[int, int]]:
    """How many rows are NaN and how many are unequal to 5, by who looks."""
    rows = pa.table({"v": values})
    pq.write_table(rows, path)
    lazy = pl.scan_parquet(path)
    return {
        "memory": (rows.filter(is_nan).num_rows, rows.filter(unequal).num_rows),
        "file": (pq.read_table(path, filters=is_nan).num_rows, pq.read_table(path, filters=unequal).num_rows),
        "file, by polars": tuple(
            lazy.filter(condition).collect().height for condition in (pl.col("v").is_nan(), pl.col("v") != 5)
        ),
    }


same, different = count_found([5.0, 5.0, nan]), count_found([1.0, nan, 3.0])
print("5.0, 5.0, NaN: rows that are NaN, unequal to 5", same)
print("1.0, NaN, 3.0: rows that are NaN, unequal to 5", different)
assert set(different.values()) == {(1, 3)}
assert same["memory"] == same["file, by polars"] == (1, 1)
assert same["file"] == (0, 0), "this has changed"
PY
