#!/usr/bin/env bash
# catboost 1.2.10: of one and the same group in which nothing is relevant, NDCG and RecallAt count 1 and MAP, MRR and
# PrecisionAt count 0. The documentation gives the formulas (DCG over ideal DCG, hits over all relevant), which here are 0
# over 0, and says for none of them what that is.
# Seen, ten groups of two, one with its relevant item in the second place and nine with none: RecallAt:top=1 .9, NDCG .963,
# MRR .05 and MAP .05. The more sessions without a purchase are in the data, the nearer recall and NDCG are to 1, whatever
# the ranker does, and the less of a difference between rankers is left.
# Who trains CatBoost on impressions should leave groups without a relevant item out of the evaluation pool. The script
# fails if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --no-compile "pandas==2.3.3" "numpy==2.4.6" "scipy==1.17.1" six
"$folder/env/bin/pip" install -q --no-compile --no-deps "catboost==1.2.10"
"$folder/env/bin/python" - <<'PY'
from catboost.utils import eval_metric

METRICS = ("NDCG", "RecallAt:top=1", "PrecisionAt:top=1", "MAP", "MRR")


def evaluate(empty_groups: int) -> dict[str, float]:
    """A ranker that puts the one relevant item second, beside groups in which nothing is relevant."""
    labels, scores, groups = [0, 1], [0.9, 0.1], [0, 0]
    for group in range(1, empty_groups + 1):
        labels, scores, groups = labels + [0, 0], scores + [0.9, 0.1], groups + [group, group]
    return {metric: round(eval_metric(labels, scores, metric, group_id=groups)[0], 3) for metric in METRICS}


alone, beside = evaluate(0), evaluate(9)
print("one group:                        ", alone)
print("beside nine with nothing relevant:", beside)
assert (alone["RecallAt:top=1"], alone["NDCG"], alone["MRR"], alone["MAP"]) == (0, 0.631, 0.5, 0.5)
assert (beside["MRR"], beside["MAP"]) == (0.05, 0.05), "this has changed"
assert (beside["RecallAt:top=1"], beside["NDCG"]) == (0.9, 0.963), "this has changed"
PY
