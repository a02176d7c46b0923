#!/usr/bin/env bash
# cornac 2.6.0: a metric over the whole list (MRR, and NDCG or NCRR with k=-1, "all items") changes when a metric with a
# cut-off is asked for in the same evaluation. `ranking_eval` ranks once, to the greatest k of all metrics, and counts
# k=-1 as the smallest; places after that k are then in no order, and the metrics over the whole list read them.
# Seen, the same most-popular model and split with 3,000 items: NDCG@-1 .2206 and MRR .1240 alone, .2200 and .1241 when
# Recall(k=1) is in the list of metrics, though neither model nor data has changed.
# Who reports metrics over the whole list should evaluate them apart from those with a cut-off. The script fails if this
# changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --no-compile "cornac==2.6.0" "numpy==2.4.6"
"$folder/env/bin/python" - <<'PY'
import numpy as np
from cornac.eval_methods import RatioSplit
from cornac.metrics import MRR, NCRR, NDCG, Recall
from cornac.models import MostPop

random = np.random.default_rng(0)
pairs = {(int(random.integers(200)), int(3_000 * random.random() ** 2)) for _ in range(9_000)}
split = RatioSplit([(f"u{user}", f"i{item}", 1.0) for user, item in sorted(pairs)], test_size=0.1, seed=1)


def evaluate(*more) -> dict[str, float]:
    """The metrics over the whole list, evaluated beside `more`."""
    metrics = [MRR(), NDCG(k=-1), NCRR(k=-1), *more]
    result, _ = split.evaluate(MostPop(), metrics, user_based=False)
    return {name: round(float(result.metric_avg_results[name]), 4) for name in ("MRR", "NDCG@-1", "NCRR@-1")}


alone, beside = evaluate(), evaluate(Recall(k=1))
print("alone            ", alone)
print("beside Recall(k=1)", beside)
assert alone == evaluate(), "not repeatable: the rest says nothing"
assert alone["NDCG@-1"] != beside["NDCG@-1"] and alone["NCRR@-1"] != beside["NCRR@-1"], "this has changed"
PY
