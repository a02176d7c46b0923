#!/usr/bin/env bash
# implicit 0.7.3: precision_at_k, and "precision" of ranking_metrics_at_k, isn't the share of the list that is relevant. It
# divides the hits of all users by the sum of the lesser of K and the number of the user's test items, so that with fewer
# test items than K it is a recall.
# The documentation says "Calculates P@K for a given trained model" and gives no formula; the usual one divides by K.
# Seen, five users with one test item each, which is in the sixth place of all their lists: at K 10 precision is 1.0,
# where the share of the list is .1; at 1 and 5 both are 0.
# With one test item a user (leave one out) it is the hit rate under another name. Who puts it beside the precision of
# other libraries should count hits over K. The script fails if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --no-compile "implicit==0.7.3" "numpy==2.4.6" "scipy==1.17.1"
"$folder/env/bin/python" -W ignore - <<'PY'
import numpy as np
from implicit.evaluation import precision_at_k, ranking_metrics_at_k
from implicit.nearest_neighbours import CosineRecommender
from scipy.sparse import csr_matrix

ITEMS = 12
# Five users who liked item 0; item i was liked by 12 - i others beside item 0, so that the list is 1, 2, ..., 10.
others = [[0, item] for item in range(1, ITEMS) for _ in range(ITEMS - item)]
liked = [[0]] * 5 + others
rows = np.repeat(np.arange(len(liked)), [len(items) for items in liked])
train = csr_matrix((np.ones(len(rows), dtype=np.float32), (rows, np.concatenate(liked))), shape=(len(liked), ITEMS))
model = CosineRecommender(K=ITEMS)
model.fit(train, show_progress=False)
bought = 6
test = csr_matrix((np.ones(5, dtype=np.float32), (np.arange(5), [bought] * 5)), shape=train.shape)
lists, _ = model.recommend(np.arange(5), train[:5], N=10)
place = int(np.flatnonzero(lists[0] == bought)[0]) + 1
usual, seen = {}, {}
for k in (1, 5, 10):
    usual[k] = float((lists[:, :k] == bought).sum() / (5 * k))
    seen[k] = precision_at_k(model, train, test, K=k, show_progress=False, num_threads=1)
    assert seen[k] == ranking_metrics_at_k(model, train, test, K=k, show_progress=False, num_threads=1)["precision"]
print(f"the one test item is in place {place}; hits over K {usual}; implicit {seen}")
assert usual == {1: 0.0, 5: 0.0, 10: 0.1}
assert seen == {1: 0.0, 5: 0.0, 10: 1.0}, "this has changed"
PY
