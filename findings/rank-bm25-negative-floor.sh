#!/usr/bin/env bash
# rank-bm25 0.2.2: BM25Okapi ranks documents that have the query's word below those without it, where most words of the
# collection are common ones. A word in more than half of the documents gets a small share of the mean weight of all
# words, as a floor so that it isn't negative; the mean is itself negative there, and so is the floor.
# The code's own words for it are a floor on the values.
# Seen, ten products, nine "green tea" and one "green mug": the word "tea" gives -.25 to each of the nine and 0 to the mug,
# which is found first; with a brand of its own in each title, the nine stand first. Lucene's formula in bm25s 0.3.16
# puts the nine first in both.
# Short titles of one category are such a collection. Who searches them should take BM25Plus, or a weight that can't be
# negative. The script fails if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --no-compile "rank-bm25==0.2.2" "bm25s==0.3.16" "numpy==2.4.6"
"$folder/env/bin/python" - <<'PY'
import bm25s
from rank_bm25 import BM25Okapi

titles = [["green", "tea"]] * 9 + [["green", "mug"]]
brands = [[*title, f"brand{place}"] for place, title in enumerate(titles)]


def find_best(documents: list[list[str]]) -> tuple[list[float], int, int]:
    """Scores for "tea", and the product found first by rank-bm25 and by bm25s."""
    scores = BM25Okapi(documents).get_scores(["tea"])
    other = bm25s.BM25(method="lucene")
    other.index(documents, show_progress=False)
    return scores.round(2).tolist(), int(scores.argmax()), int(other.get_scores(["tea"]).argmax())


same, varied = find_best(titles), find_best(brands)
print(f"nine green teas and a mug: {same}\nwith a brand each: {varied}")
assert varied[0][9] == 0 and varied[1] < 9 and varied[2] < 9 and same[2] < 9
assert same[0] == [-0.25] * 9 + [0.0] and same[1] == 9, "this has changed"
PY
