#!/usr/bin/env bash
# torchmetrics 1.9.0 (torch 2.13.0, CPU): of one list that is no longer than k, with its only relevant item scored 0,
# retrieval_hit_rate counts the hit and retrieval_recall does not. Seen: hit rate 1.0, recall 0.0.
# A hit rate above 0 beside a recall of 0 for one and the same list can't both be right; who compares rankers with both
# should give positive scores. The script fails if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/env"
"$folder/env/bin/pip" install -q "torch==2.13.0" "torchmetrics==1.9.0" "numpy<3"
"$folder/env/bin/python" - <<'PY'
import torch
from torchmetrics.functional.retrieval import retrieval_hit_rate, retrieval_recall

scores, target = torch.tensor([1.0, 0.0]), torch.tensor([False, True])
hit, recall = float(retrieval_hit_rate(scores, target, top_k=3)), float(retrieval_recall(scores, target, top_k=3))
print(f"hit rate {hit}, recall {recall}")
assert (hit, recall) == (1.0, 0.0), "this has changed"
PY
