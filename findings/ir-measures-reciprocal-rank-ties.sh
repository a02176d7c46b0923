#!/usr/bin/env bash
# ir-measures 0.4.3 (pytrec-eval-terrier 0.5.11): RR@k ranks equal scores the other way round than every other measure that
# is asked for with it. RR@k is computed by other code (that of MS MARCO), which puts the smaller document name first; RR,
# AP, P, R, nDCG and Success are computed by trec_eval, which puts the greater one first.
# The documentation gives RR@k as RR with a cut-off, and says nothing of ties.
# Seen, one query, four products with the same score, the last by name relevant: RR 1.0 and RR@10 .25; at 2, P .5 and
# Success 1.0 beside an RR@2 of 0.
# Keyword scores and scores by popularity have many ties. Who reports MRR@10 beside nDCG@10 should make the scores
# distinct first, by rank. The script fails if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --no-compile "pytrec-eval-terrier==0.5.11" "numpy==2.4.6" "scipy==1.17.1"
"$folder/env/bin/pip" install -q --no-compile --no-deps "ir-measures==0.4.3"
"$folder/env/bin/python" - <<'PY'
import ir_measures
from ir_measures import RR, P, Success, nDCG

measures = [RR, RR @ 10, RR @ 2, P @ 2, Success @ 2, nDCG @ 2]
relevant = {"query": {"p4": 1}}


def evaluate(scores: list[float]) -> dict[str, float]:
    """The measures of a list of four products with these scores."""
    run = {"query": {f"p{number}": score for number, score in enumerate(scores, 1)}}
    values = ir_measures.calc_aggregate(measures, relevant, run)
    return {str(measure): values[measure] for measure in measures}


ties, distinct = evaluate([1.0] * 4), evaluate([1.0, 2.0, 3.0, 4.0])
print("equal scores:   ", ties)
print("distinct scores:", distinct)
assert distinct["RR"] == distinct["RR@10"] == distinct["RR@2"] == distinct["Success@2"] == 1.0
assert (ties["RR"], ties["Success@2"], ties["P@2"]) == (1.0, 1.0, 0.5)
assert (ties["RR@10"], ties["RR@2"]) == (0.25, 0.0), "this has changed"
PY
