#!/usr/bin/env bash
# jurity 2.1.0 (pandas 2.3.3): Precision, Recall, NDCG and MAP at k give a second model the first one's result where both
# have the same scores. The sorted lists are kept in a cache whose key is the scores alone: users and items have become
# the frame's index by then, and the index is not part of the key.
# The documentation speaks of no cache; the metrics are to be computed from the frames that are passed.
# Seen, two users, two relevant items each, scores .9 and .8 in each list: recall@2 of a list without any relevant item
# is .0 alone and 1.0 after a list with all of them; the right list gets .0 when the wrong one comes first.
# Scores that only tell the place (1/rank, a vote of models) are the same from list to list. Who compares such models
# should start a process for each, or add another small number to each model's scores. The script fails if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --no-compile "pandas==2.3.3" "numpy==2.4.6" "scikit-learn==1.9.1"
"$folder/env/bin/pip" install -q --no-compile --no-deps "jurity==2.1.0"
cat > "$folder/evaluate.py" <<'PY'
import sys

import pandas as pd
from jurity.recommenders import RankingRecoMetrics

SCORES = {"user_id": [1, 1, 2, 2], "clicks": [0.9, 0.8, 0.9, 0.8]}
clicks = pd.DataFrame({"user_id": [1, 1, 2, 2], "item_id": [10, 11, 10, 12], "clicks": 1})
lists = {
    "right": pd.DataFrame({**SCORES, "item_id": [10, 11, 10, 12]}),
    "wrong": pd.DataFrame({**SCORES, "item_id": [20, 21, 22, 23]}),
}
metrics = [getattr(RankingRecoMetrics, name)("clicks", k=2) for name in ("Precision", "Recall", "NDCG", "MAP")]
seen = {name: [float(metric.get_score(clicks, lists[name])) for metric in metrics] for name in sys.argv[2:]}
print(f"{' then '.join(sys.argv[2:])}: {seen}")
assert set(seen[sys.argv[-1]]) == {float(sys.argv[1])}, "this has changed"
PY
evaluate() { "$folder/env/bin/python" -W ignore "$folder/evaluate.py" "$@"; }
evaluate 0 wrong        # expected and seen
evaluate 1 right        # expected and seen
evaluate 1 right wrong  # expected 0 for the wrong list
evaluate 0 wrong right  # expected 1 for the right list
