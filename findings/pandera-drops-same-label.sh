#!/usr/bin/env bash
# pandera 0.35.0 (pandas 2.3.3): drop_invalid_rows drops each valid row that has the same index label as an invalid one.
# The rows to drop are found by their label, which pandas doesn't ask to be unique, and pandera doesn't either.
# The documentation says that the rows in which a check fails are dropped.
# Seen, two exports of two rows each put together with pandas.concat, one price of the four negative: two rows are left,
# and a row with a valid price is lost beside the invalid one; with ignore_index=True three are left.
# Files read in parts and put together have such labels. Who drops invalid rows should reset the index first. The script
# fails if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --no-compile "pandera[pandas]==0.35.0" "pandas==2.3.3" "numpy==2.4.6"
"$folder/env/bin/python" - <<'PY'
import pandas as pd
import pandera.pandas as pa

schema = pa.DataFrameSchema({"price": pa.Column(float, pa.Check.gt(0))}, drop_invalid_rows=True)
first = pd.DataFrame({"sku": ["A", "B"], "price": [1.0, 2.0]})
second = pd.DataFrame({"sku": ["C", "D"], "price": [-1.0, 4.0]})
seen = {}
for name, ignore_index in (("labels of the files", False), ("new labels", True)):
    rows = pd.concat([first, second], ignore_index=ignore_index)
    seen[name] = list(schema.validate(rows, lazy=True)["sku"])
print("rows left:", seen)
assert seen["new labels"] == ["A", "B", "D"]
assert seen["labels of the files"] == ["B", "D"], "this has changed"
PY
