#!/usr/bin/env bash
# rectools 0.19.0: get_user_item_matrix(include_weights=False) is not binary where a user has an item more than once: the
# rows are added up. By the documentation every value is then 1.
# The metrics add repeated rows too: of a list of two with one relevant item, which the user has bought three times since,
# Precision@2 is 1.5 and NDCG@2 1.84.
# Seen, one user with three rows of one item and one of another: values 3.0 and 1.0.
# Orders repeat items by nature. Who takes the matrix for a binary one, or evaluates on orders, should keep one row per
# user and item. The script fails if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --no-compile "rectools==0.19.0" "numpy==1.26.4" "pandas==2.3.3"
"$folder/env/bin/python" -W ignore - <<'PY'
import pandas as pd
from rectools import Columns
from rectools.dataset import Dataset
from rectools.metrics import NDCG, Precision

orders = pd.DataFrame({Columns.User: ["u"] * 4, Columns.Item: ["bread", "bread", "bread", "salt"], Columns.Weight: 1.0})
orders[Columns.Datetime] = pd.date_range("2024-01-01", periods=4)
matrix = Dataset.construct(orders).get_user_item_matrix(include_weights=False).toarray()
print("values without weights:", matrix.tolist())
assert matrix.tolist() == [[3.0, 1.0]], "this has changed"

lists = pd.DataFrame({Columns.User: ["u", "u"], Columns.Item: ["bread", "milk"], Columns.Rank: [1, 2]})
bought = orders[orders[Columns.Item] == "bread"]
for name, rows in (("as bought", bought), ("one row per item", bought.drop_duplicates([Columns.User, Columns.Item]))):
    print(f"{name}: Precision@2 {Precision(k=2).calc(lists, rows)}, NDCG@2 {NDCG(k=2).calc(lists, rows):.2f}")
assert Precision(k=2).calc(lists, bought) == 1.5, "this has changed"
PY
