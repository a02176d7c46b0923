#!/usr/bin/env bash
# river 0.26.1: sketch.HeavyHitters can't be given the settings that its documentation asks for, and with those it takes
# it reports items of any frequency. The documentation says that epsilon is typically much smaller than support, and that
# no item below (support - epsilon) * n is reported; the constructor refuses a support above epsilon ("'support' must be
# smaller than 'epsilon'"), which leaves that bound at 0 or below.
# Seen, 10,050 events, one item half of them and each of 5,025 others once: a support of .1 with an epsilon of .01 raises
# a ValueError; with .01 for both, 26 items are reported, of which 25 have been seen once.
# Who looks for the best sellers of a stream should filter most_common() by the wanted share of all events. The script
# fails if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --no-compile "river==0.26.1" "numpy==2.4.6" typing-extensions
"$folder/env/bin/python" - <<'PY'
from river.sketch import HeavyHitters

try:
    HeavyHitters(support=0.1, epsilon=0.01)
    refused = ""
except ValueError as error:
    refused = str(error)
print("support .1, epsilon .01:", refused)
assert refused, "this has changed"

hitters = HeavyHitters(support=0.01, epsilon=0.01, fading_factor=1.0)
for rare in range(5_025):
    hitters.update("best seller")
    hitters.update(rare)
reported = hitters.most_common()
once = sum(count == 1 for _, count in reported)
print(f"support .01, epsilon .01: {len(reported)} reported, {once} seen once, first {reported[0]}")
assert reported[0] == ("best seller", 5_025)
assert once == 25, "this has changed"
PY
