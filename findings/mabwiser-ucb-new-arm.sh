#!/usr/bin/env bash
# mabwiser 2.7.4: UCB1 never tries an arm that is added later. An arm without a trial has an upper confidence bound of 0,
# the lowest there is where rewards aren't negative, and not the highest: the term that makes UCB explore is left out
# until the arm's first trial, which so never comes.
# The documentation gives the bound as mean + alpha * sqrt(2 log N / n), which grows without limit as n goes to 0; of an
# arm that is added it says that it has no training data.
# Seen, two arms that pay 5 and 10 % of the time and a new one that always pays: in 3,000 rounds of predict and
# partial_fit the new arm is chosen not once. The same holds for an arm that is there from the start without a row.
# Who adds items to a running bandit should call warm_start, or show each new item once by hand. The script fails if this
# changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --no-compile "pandas==2.3.3" "numpy==2.4.6" "scikit-learn==1.9.1"
"$folder/env/bin/pip" install -q --no-compile --no-deps "mabwiser==2.7.4"
"$folder/env/bin/python" - <<'PY'
import random
from collections import Counter

from mabwiser.mab import MAB, LearningPolicy

PAYS = {"a": 0.05, "b": 0.1, "new": 1.0}


def play(bandit: MAB) -> Counter:
    """How often each arm is chosen in 3,000 rounds."""
    source, chosen = random.Random(0), Counter()
    for _ in range(3_000):
        arm = bandit.predict()
        chosen[arm] += 1
        bandit.partial_fit([arm], [int(source.random() < PAYS[arm])])
    return chosen


added = MAB(["a", "b"], LearningPolicy.UCB1(alpha=1.25), seed=1)
from_start = MAB(["a", "b", "new"], LearningPolicy.UCB1(alpha=1.25), seed=1)
for bandit in (added, from_start):
    bandit.fit(["a", "b"] * 10, [0, 1, 0, 0] * 5)
added.add_arm("new")
tried_once = MAB(["a", "b", "new"], LearningPolicy.UCB1(alpha=1.25), seed=1)
tried_once.fit(["a", "b"] * 10 + ["new"], [0, 1, 0, 0] * 5 + [0])
seen = {name: dict(play(bandit)) for name, bandit in
        {"added": added, "from the start": from_start, "tried once without pay": tried_once}.items()}
print(seen)
assert seen["tried once without pay"]["new"] > 2_000
assert "new" not in seen["added"] and "new" not in seen["from the start"], "this has changed"
PY
