#!/usr/bin/env bash
# lightfm-next 1.19.0: auc_score gives values below 0 where items have equal scores, as cold items of one kind have when
# the item features hold no identity. It counts a positive as behind all items with its score, other positives too, then
# takes off the positives as if each stood in front of the next, and so counts more wrong pairs than there are pairs.
# The documentation calls it the ROC AUC, "the probability that a randomly chosen positive example has a higher score
# than a randomly chosen negative example"; a probability is not negative.
# Seen, 10 items of one kind for one user: with 5 positives -0.4, with 1 positive 0.0, where the scores say nothing
# about either and half would be right (scikit-learn says so of the same scores).
# Compute AUC from model.predict with another library where items share their features. The script fails if this
# changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --no-compile "lightfm-next==1.19.0" "numpy==2.4.6" "scipy==1.17.1" "scikit-learn==1.9.1"
OMP_NUM_THREADS=1 "$folder/env/bin/python" -W ignore - <<'PY'
import numpy as np
from lightfm import LightFM
from lightfm.evaluation import auc_score
from scipy.sparse import coo_matrix, csr_matrix
from sklearn.metrics import roc_auc_score

one_kind = csr_matrix(np.ones((10, 1), dtype=np.float32))
seen = {}
for positives in (1, 5):
    bought = np.zeros((1, 10), dtype=np.float32)
    bought[0, :positives] = 1
    model = LightFM(no_components=2, random_state=1)
    model.fit(coo_matrix(bought), item_features=one_kind, epochs=1)
    ours = round(float(auc_score(model, csr_matrix(bought), item_features=one_kind)[0]), 3)
    scores = model.predict(0, np.arange(10), item_features=one_kind)
    assert len(set(scores.tolist())) == 1
    seen[positives] = (ours, float(roc_auc_score(bought[0], scores)))
print("positives: (auc_score, scikit-learn on the same scores)", seen)
assert seen[5][0] < 0 and seen[1][0] == 0 and {theirs for _, theirs in seen.values()} == {0.5}, "this has changed"
PY
