#!/usr/bin/env bash
# price-parser 0.5.1: of a Swiss price with a typographic apostrophe it takes what stands before the apostrophe, and of a
# price below 1 with three decimals it makes a thousand times as much. The straight apostrophe is understood.
# Its documentation says that it tells thousands from decimals by itself; decimal_separator is there for
# when a point could be either, which it can't be behind a leading 0.
# Seen: "CHF 1'299.90" is 1299.90, "CHF 1’299.90" is 1, "CHF 12’299.–" is 12; "0.999 €" and "€ 0,999" are 999.
# Swiss shops write the typographic apostrophe (U+2019, as Unicode's locale data for German in Switzerland has it), and
# petrol or parts by the piece are sold at such prices. Who reads prices with it should replace U+2019 by ' before, and
# give decimal_separator where a text begins with 0. The script fails if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --no-compile "price-parser==0.5.1"
"$folder/env/bin/python" - <<'PY'
from price_parser import Price

texts = ["CHF 1'299.90", "CHF 1\u2019299.90", "CHF 12\u2019299.\u2013", "0.99 €", "0.999 €", "€ 0,999"]
seen = {text: float(Price.fromstring(text).amount) for text in texts}
print(seen)
assert list(seen.values())[::3] == [1299.9, 0.99]
assert list(seen.values())[1:3] == [1, 12] and list(seen.values())[4:] == [999, 999], "this has changed"
PY
