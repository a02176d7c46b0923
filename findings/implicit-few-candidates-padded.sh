#!/usr/bin/env bash
# implicit 0.7.3: asked for more neighbours than there are candidates (items= or users=), similar_items and similar_users of
# AlternatingLeastSquares fill the answer with the first candidate again, each time with the score 0.0. That is a valid
# score: it stands above the negative one of a real candidate. recommend with the same items= returns a shorter list.
# The documentation says of items= that these items are included in the output, and of N that so many are returned; it
# tells neither of repeats nor of a mark by which to know them.
# Seen, two candidates and N 5: five items, of which one stands there four times, three of them with 0.0; likewise for
# users; recommend: two items. Without candidates and with N above the catalogue, recommend repeats item 0 likewise.
# A shelf of a category with few items so shows one of them several times. Ask for no more than there are candidates. The
# script fails if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --no-compile "implicit==0.7.3" "numpy==2.4.6" "scipy==1.17.1"
OPENBLAS_NUM_THREADS=1 "$folder/env/bin/python" -W ignore - <<'PY'
import numpy as np
from implicit.als import AlternatingLeastSquares
from scipy.sparse import csr_matrix

liked = csr_matrix((np.random.default_rng(0).random((20, 30)) < 0.2).astype(np.float32))
model = AlternatingLeastSquares(factors=8, iterations=3, random_state=0, num_threads=1)
model.fit(liked, show_progress=False)
candidates = [5, 7]
items, item_scores = model.similar_items(3, N=5, items=candidates)
users, user_scores = model.similar_users(0, N=5, users=candidates)
recommended, _ = model.recommend(0, liked[0], N=5, items=candidates)
beyond, beyond_scores = model.recommend(0, liked[0], N=33)
print(f"similar items {items.tolist()} {item_scores.round(2).tolist()}")
print(f"similar users {users.tolist()} {user_scores.round(2).tolist()}")
print(f"recommended {sorted(recommended.tolist())}; last of 33 {beyond[30:].tolist()} {beyond_scores[30:].tolist()}")
assert sorted(recommended.tolist()) == candidates and set(items.tolist()) == set(users.tolist()) == set(candidates)
for found, scores in ((items, item_scores), (users, user_scores)):
    assert found.tolist()[2:] == [candidates[0]] * 3 and scores.tolist()[2:] == [0.0] * 3, "this has changed"
assert beyond.tolist()[30:] == [0, 0, 0] and beyond_scores.tolist()[30:] == [0.0] * 3, "this has changed"
PY
