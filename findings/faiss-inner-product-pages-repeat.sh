#!/usr/bin/env bash
# faiss-cpu 1.15.1: of identical vectors an inner-product index puts others first for each k: the k added first, in turned
# order. The six best are then not the first six of the twelve best, and pages cut out of a growing k repeat.
# IndexFlatL2 puts the first added first for every k. IndexFlatIP and IndexIVFFlat with the inner product don't.
# The order of ties is promised nowhere; that the first answers depend on how many are asked for isn't said either.
# Seen, 500 vectors of which 40 (100 to 139) are identical, one of these as the query: the six best are 105 to 100, of
# twelve the first six are 111 to 106, so that the second page of six is 105 to 100 again, and the third too; with L2 the
# pages are 100 to 105, 106 to 111 and 112 to 117.
# Variants with one title have identical embeddings. Who shows pages should ask for all that may be shown once, or order
# by score and id after. The script fails if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --no-compile "faiss-cpu==1.15.1" "numpy==2.4.6"
OMP_NUM_THREADS=1 "$folder/env/bin/python" - <<'PY'
import faiss
import numpy as np

vectors = np.random.default_rng(0).standard_normal((500, 4)).astype(np.float32)
vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
vectors[100:140] = vectors[100]
lists = faiss.IndexIVFFlat(faiss.IndexFlatIP(4), 4, 4, faiss.METRIC_INNER_PRODUCT)
lists.train(vectors)
lists.nprobe = 4
seen = {}
for name, index in (("IP", faiss.IndexFlatIP(4)), ("IVF, IP", lists), ("L2", faiss.IndexFlatL2(4))):
    index.add(vectors)
    found = {size: index.search(vectors[100:101], size)[1][0].tolist() for size in (6, 12, 18)}
    seen[name] = [ids[-6:] for ids in found.values()]
    print(f"{name}: three pages of six {seen[name]}")
assert seen["L2"] == [list(range(first, first + 6)) for first in (100, 106, 112)]
assert seen["IP"] == seen["IVF, IP"] == [[105, 104, 103, 102, 101, 100]] * 3, "this has changed"
PY
