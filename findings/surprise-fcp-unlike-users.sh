#!/usr/bin/env bash
# scikit-surprise 1.1.5: accuracy.fcp, the fraction of concordant pairs, isn't a fraction of pairs. It divides the mean
# number of concordant pairs of those users who have one by that mean plus the mean number of discordant pairs of those
# users who have one: how many users there are on either side drops out.
# The documentation says that it is computed as in the paper of Koren and Sill, which adds the pairs of all users up.
# Seen, one user whose two items are in the right order and 99 users whose two are in the wrong one: .5 instead of .01; 99
# right and one wrong: .5 too.
# A model that is wrong for nearly everyone so looks like chance, and one that is right for nearly everyone too. Who uses
# FCP should count the pairs. The script fails if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --no-compile "scikit-surprise==1.1.5" "numpy==1.26.4" "scipy==1.14.1"
"$folder/env/bin/python" - <<'PY'
from itertools import permutations

from surprise import accuracy
from surprise.prediction_algorithms import Prediction


def predict(user: int, right: bool) -> list[Prediction]:
    """Two items of a user, the first liked more, with estimates in the right or in the wrong order."""
    first, second = (4.0, 2.0) if right else (2.0, 4.0)
    return [Prediction(user, "a", 5.0, first, {}), Prediction(user, "b", 1.0, second, {})]


def count_pairs(predictions: list[Prediction]) -> float:
    """The concordant ones among all pairs of one user with unlike ratings."""
    pairs = [(one, other) for one, other in permutations(predictions, 2) if one.uid == other.uid and one.r_ui > other.r_ui]
    return sum(one.est > other.est for one, other in pairs) / len(pairs)


seen = {}
for right in (1, 50, 99):
    predictions = [row for user in range(100) for row in predict(user, user < right)]
    seen[right] = (count_pairs(predictions), round(accuracy.fcp(predictions, verbose=False), 3))
print("users of 100 with the right order: fraction of pairs, fcp", seen)
assert [fraction for fraction, _ in seen.values()] == [0.01, 0.5, 0.99]
assert [value for _, value in seen.values()] == [0.5, 0.5, 0.5], "this has changed"
PY
