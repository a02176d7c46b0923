#!/usr/bin/env bash
# pytrec-eval-terrier 0.5.11: scores are ranked in single precision. Python's numbers are doubles; those that are the same
# in 24 bits are ties, and ties are put in the order of the document names, the greater first.
# Its documentation speaks of scores without saying so; the C program under it keeps them in a float.
# Seen, two products ranked by when they were last sold, in Unix seconds, 50 s apart: reciprocal rank .5 for the product
# that was sold last, and 1.0 when the two have each other's name. At 1.7e9 a float knows steps of 128 s; large counts and
# sums that differ after the seventh digit are the same case.
# Who evaluates with it should pass the number of the place as the score. The script fails if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --no-compile "pytrec-eval-terrier==0.5.11" "numpy==2.4.6" "scipy==1.17.1"
"$folder/env/bin/python" - <<'PY'
import pytrec_eval


def reciprocal_rank(right: str, other: str, later: float) -> float:
    """Of the product that was sold `later` seconds after the other one."""
    evaluator = pytrec_eval.RelevanceEvaluator({"query": {right: 1}}, {"recip_rank"})
    run = {"query": {right: 1_700_000_000.0 + later, other: 1_700_000_000.0}}
    return evaluator.evaluate(run)["query"]["recip_rank"]


seen = {later: (reciprocal_rank("p1", "p2", later), reciprocal_rank("p2", "p1", later)) for later in (50.0, 500.0)}
print("seconds later: reciprocal rank of p1 before p2, and of p2 before p1", seen)
assert seen[500.0] == (1.0, 1.0)
assert seen[50.0] == (0.5, 1.0), "this has changed"
PY
