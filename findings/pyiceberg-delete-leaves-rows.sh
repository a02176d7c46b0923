#!/usr/bin/env bash
# pyiceberg 0.12.0 (pyarrow 26.0.1): delete leaves rows that a scan with the same filter finds. To rewrite a file it keeps
# what doesn't match, and adds the null and NaN rows of each column whose nulls or NaNs the filter doesn't name; the scan
# counts them as matches of "not in" and "is not null", and NaN of "!=" too.
# The documentation says that delete removes the rows that match the filter.
# Seen, one column with 1.0, 2.0, null and NaN: a scan for "v not in (1, 2)" finds two rows and delete takes none; for
# "v is not null" three and two, for "v != 1" two and one. Of whole numbers and a null, "not in" finds two and takes one.
# A request to erase, or an overwrite with a filter (which deletes by it and then appends), so leaves old rows behind.
# Who deletes should scan with the same filter after, or name nulls and NaNs ("v not in (1, 2) or v is null or v is nan").
# The script fails if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --no-compile "pyiceberg[sql-sqlite]==0.12.0" "pyarrow==26.0.1"
"$folder/env/bin/python" - "$folder" <<'PY'
import sys
from math import nan

import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog

folder = sys.argv[1]
catalog = SqlCatalog("local", uri=f"sqlite:///{folder}/catalog.db", warehouse=f"file://{folder}/tables")
catalog.create_namespace("shop")


def find_and_delete(values: list, filter_text: str) -> tuple[int, int]:
    """How many rows a scan finds, and how many a delete with the same filter takes."""
    rows = pa.table({"v": values})
    table = catalog.create_table("shop.rows", schema=rows.schema)
    table.append(rows)
    found = table.scan(row_filter=filter_text).to_arrow().num_rows
    table.delete(filter_text)
    deleted = len(values) - table.scan().to_arrow().num_rows
    catalog.drop_table("shop.rows")
    return found, deleted


whole, real = [1, 2, None, 3], [1.0, 2.0, None, nan]
named = "v not in (1, 2) or v is null or v is nan"
seen = {text: find_and_delete(real, text) for text in ("v in (1, 2)", "v not in (1, 2)", "v is not null", "v != 1", named)}
seen["v not in (1, 2), whole numbers"] = find_and_delete(whole, "v not in (1, 2)")
print("found, deleted:", seen)
assert seen["v in (1, 2)"] == seen[named] == (2, 2)
assert seen["v not in (1, 2), whole numbers"] == (2, 1), "this has changed"
assert (seen["v not in (1, 2)"], seen["v is not null"], seen["v != 1"]) == ((2, 0), (3, 2), (2, 1)), "this has changed"
PY
