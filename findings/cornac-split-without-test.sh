#!/usr/bin/env bash
# cornac 2.6.0: RatioSplit and StratifiedSplit with test_size=0 (or None, which they read as 0) test on every row, those
# of the training set included, and leave the validation set empty whatever val_size asks for.
# The documentation calls test_size "the proportion of the test set"; 0 passes the check of sizes (only less than 0 is
# refused). Seen, 1,000 ratings, val_size=.2, test_size=0: 800 rows to train, no validation set, 1,000 rows to test.
# Scores of such a split are scores on the training data. Who needs no test set should still ask for one, of one row.
# The script fails if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --no-compile "cornac==2.6.0" "numpy==2.4.6"
"$folder/env/bin/python" - <<'PY'
from cornac.eval_methods import RatioSplit, StratifiedSplit

ratings = [(f"u{user}", f"i{item}", 1.0, item) for user in range(20) for item in range(50)]
for splitter in (RatioSplit, StratifiedSplit):
    for size in (0, None):
        split = splitter(ratings, fmt="UIRT", test_size=size, val_size=0.2, seed=1)
        seen = (split.train_set.num_ratings, split.val_set, split.test_set.num_ratings)
        print(f"{splitter.__name__}, test_size={size}: train, validation, test {seen}")
        assert seen == (800, None, 1000), "this has changed"
PY
