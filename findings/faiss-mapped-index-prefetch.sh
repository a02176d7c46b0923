#!/usr/bin/env bash
# faiss-cpu 1.15.1: an IVF index that is read with IO_FLAG_MMAP starts up to 32 threads for each search, which touch the
# lists that the search is about to read (`OnDiskInvertedLists.prefetch_nthread`, 32 by default), also where
# omp_set_num_threads(1) was called, and where the file lies in the page cache already. Answers are the same. Seen, CPU
# time of 2,000 single searches of an IVF400,SQfp16 over 50,000 vectors of 128 numbers on 2 cores, file in memory: 16
# times that of the same mapped index with `prefetch_nthread = 0`.
# Who maps an index so that workers share it should set it to 0. The script fails if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/env"
"$folder/env/bin/pip" install -q "faiss-cpu==1.15.1" "numpy==2.4.6"
"$folder/env/bin/python" - "$folder/index.faiss" <<'PY'
import sys
import time

import faiss
import numpy as np

faiss.omp_set_num_threads(1)
random = np.random.default_rng(0)
vectors = random.standard_normal((50_000, 128), dtype=np.float32)
index = faiss.index_factory(128, "IVF400,SQfp16", faiss.METRIC_INNER_PRODUCT)
index.train(vectors)
index.add(vectors)
faiss.write_index(index, sys.argv[1])


def search(threads: int | None) -> tuple[float, np.ndarray]:
    """CPU seconds of the searches on the mapped index, and what they found."""
    mapped = faiss.read_index(sys.argv[1], faiss.IO_FLAG_MMAP)
    ivf = faiss.extract_index_ivf(mapped)
    ivf.nprobe = 16
    lists = faiss.downcast_InvertedLists(ivf.invlists)
    if threads is not None:
        lists.prefetch_nthread = threads
    else:
        assert lists.prefetch_nthread == 32, "the default has changed"
    mapped.search(vectors[:200], 10)
    began, found = time.process_time(), []
    for place in range(2_000):
        found.append(mapped.search(vectors[place : place + 1], 10)[1])
    return time.process_time() - began, np.concatenate(found)


(usual, rows), (alone, same) = search(None), search(0)
print(f"CPU time of the same searches: {usual / alone:.1f} times with the default prefetch_nthread")
assert (rows == same).all()
assert usual > 1.5 * alone, "this has changed"
PY
