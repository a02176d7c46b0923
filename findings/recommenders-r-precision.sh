#!/usr/bin/env bash
# recommenders 1.2.1 (pandas 2.3.3): r_precision_at_k takes its mean over the users with a hit alone. Users whose list
# holds nothing relevant are left out of the mean, where precision_at_k and recall_at_k count them as 0.
# Its documentation says that it is equal to precision@k when no user has fewer than k true items, and that it is
# equivalent to the recall at the R-th position. Seen, two users with two true items each, one list all right and one
# all wrong: precision@2 .5, recall@2 .5, r-precision@2 1.0. A ranker that finds something for fewer users can so only
# gain. Who compares rankers with it should multiply by the share of users with a hit. The script fails if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --no-compile "pandas==2.3.3" "numpy==2.4.6" "scikit-learn==1.9.1"
"$folder/env/bin/pip" install -q --no-compile --no-deps "recommenders==1.2.1"
"$folder/env/bin/python" - <<'PY'
import pandas as pd
from recommenders.evaluation.python_evaluation import precision_at_k, r_precision_at_k, recall_at_k

true = pd.DataFrame({"userID": [1, 1, 2, 2], "itemID": [10, 11, 10, 11], "rating": 1})
lists = pd.DataFrame({"userID": [1, 1, 2, 2], "itemID": [10, 11, 12, 13], "prediction": [2.0, 1.0, 2.0, 1.0]})
values = [float(metric(true, lists, k=2)) for metric in (precision_at_k, recall_at_k, r_precision_at_k)]
print("precision@2 {}, recall@2 {}, r-precision@2 {}".format(*values))
assert values == [0.5, 0.5, 1.0], "this has changed"
PY
