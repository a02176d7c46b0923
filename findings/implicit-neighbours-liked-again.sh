#!/usr/bin/env bash
# implicit 0.7.3: the nearest-neighbour models (CosineRecommender, TFIDFRecommender, BM25Recommender) recommend items that
# the user has liked where their neighbours run out, with filter_already_liked_items=True; their score is 0.0, like that
# of an item without any common user. The documentation says of the option that it doesn't return items that the user has
# rated, and of the answer that it has N items.
# Seen, seven users and six items, five recommendations for a user with four of the six: the four that the user has, each
# with 0.0, in a list of four; the two others aren't among them. ALS returns liked items too, but at the end and with
# -3.4e38.
# Precision and coverage then count what no shop would show. Who evaluates these models should drop what has a score of 0
# or less. The script fails if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --no-compile "implicit==0.7.3" "numpy==2.4.6" "scipy==1.17.1"
"$folder/env/bin/python" -W ignore - <<'PY'
import numpy as np
from implicit.nearest_neighbours import BM25Recommender, CosineRecommender, TFIDFRecommender
from scipy.sparse import csr_matrix

liked = [[0, 1, 2, 3], [0, 1], [2, 3], [1, 2], [0, 3], [4, 5], [4, 5]]
users = np.repeat(np.arange(len(liked)), [len(items) for items in liked])
matrix = csr_matrix((np.ones(len(users), dtype=np.float32), (users, np.concatenate(liked))), shape=(7, 6))
for recommender in (CosineRecommender, TFIDFRecommender, BM25Recommender):
    model = recommender(K=10)
    model.fit(matrix, show_progress=False)
    items, scores = model.recommend(0, matrix[0], N=5, filter_already_liked_items=True)
    print(f"{recommender.__name__}: items {items.tolist()}, scores {scores.tolist()}, liked before: {liked[0]}")
    assert set(items.tolist()) & set(liked[0]), "this has changed"
    assert set(scores.tolist()) == {0.0}
PY
