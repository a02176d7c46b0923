#!/usr/bin/env bash
# sparse-dot-topn 1.2.0: sp_matmul_topn without a threshold leaves out every product that isn't above 0. A row whose
# products are all negative so has no neighbour at all, and one with two positive ones has two of the three asked for.
# By the documentation the threshold leaves out what isn't above it; it gives it as None by default and
# doesn't say that None stands for 0.
# Seen, top_n 3: of the products -.1, -.2 and -.3 none, of .3, .2 and -.1 two; with threshold=-1 all three of each.
# Similarities of TF-IDF texts are never negative; those of embeddings and of ratings less their mean are. Who multiplies
# such vectors should give a threshold below the smallest value that can be. The script fails if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --no-compile "sparse-dot-topn==1.2.0" "numpy==2.4.6" "scipy==1.17.1"
"$folder/env/bin/python" - <<'PY'
import numpy as np
from scipy.sparse import csr_matrix
from sparse_dot_topn import sp_matmul_topn

rows, columns = np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[-0.1, -0.2, -0.3], [0.3, 0.2, -0.1]])
exact = rows @ columns
seen = {}
for name, options in (("no threshold", {}), ("threshold -1", {"threshold": -1.0})):
    best = sp_matmul_topn(csr_matrix(rows), csr_matrix(columns), top_n=3, sort=True, **options)
    seen[name] = [best[row].data.round(2).tolist() for row in range(2)]
    print(name, seen[name])
assert seen["threshold -1"] == [sorted(row, reverse=True) for row in exact.round(2).tolist()]
assert seen["no threshold"] == [[], [0.3, 0.2]], "this has changed"
PY
