#!/usr/bin/env bash
# mabwiser 2.7.4: with the Popularity policy, partial_fit takes probability from every arm that is not in the batch. The
# mean rewards are turned into shares in their own place; at the next batch the arms in it get their mean anew, and the
# others go in with their share of the last time, as if that were their mean.
# The documentation says that the probability of an arm is its mean reward over the sum of all mean rewards.
# Seen, two arms that both always pay 1, 50 trials each, then five batches with the first alone: 88 % of the predictions
# are the first, where after fit with the same 350 rows 50 % are.
# A batch of one hour seldom holds every item. Who updates this policy in batches should fit it anew on all rows. The
# script fails if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --no-compile "pandas==2.3.3" "numpy==2.4.6" "scikit-learn==1.9.1"
"$folder/env/bin/pip" install -q --no-compile --no-deps "mabwiser==2.7.4"
"$folder/env/bin/python" - <<'PY'
from mabwiser.mab import MAB, LearningPolicy


def share_predicted(bandit: MAB) -> float:
    """Share of 2,000 predictions that are the first arm."""
    return sum(bandit.predict() == "first" for _ in range(2_000)) / 2_000


start, later = ["first", "second"] * 50, ["first"] * 250
in_batches, at_once = (MAB(["first", "second"], LearningPolicy.Popularity(), seed=1) for _ in range(2))
in_batches.fit(start, [1] * 100)
for _ in range(5):
    in_batches.partial_fit(later[:50], [1] * 50)
at_once.fit(start + later, [1] * 350)
seen = {"five batches": share_predicted(in_batches), "at once": share_predicted(at_once)}
print("share of the first of two arms that both always pay 1:", seen)
assert 0.45 < seen["at once"] < 0.55
assert seen["five batches"] > 0.8, "this has changed"
PY
