#!/usr/bin/env bash
# jieba 0.42.1: a word that is added with add_word and has a letter with an accent, a space, an apostrophe or a middle dot
# in it is never cut out, whatever its frequency: the text is split at such characters before the dictionary is asked.
# The documentation says that a frequency left out is computed so that the word can be cut out; the dictionary holds the
# word (its frequency is there), and neither an error nor a warning says that it is of no effect.
# Seen, each word added, in a sentence: "Müller" becomes M, ü, ller and "L'Oréal" L, ', Or, é, al; "iPhone 15" and "M·A·C"
# come in pieces too; "Coca-Cola", "C++" and "7-UP" are cut as added.
# Such brands and models are then no terms of an index over product texts. Replace them by plain letters before cutting
# (Muller, iPhone15). The script fails if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --no-compile "jieba==0.42.1" "setuptools==80.9.0"
"$folder/env/bin/python" -W ignore - <<'PY'
import jieba

jieba.setLogLevel("ERROR")
lost = {
    "Müller": ["M", "ü", "ller"],
    "L'Oréal": ["L", "'", "Or", "é", "al"],
    "iPhone 15": ["iPhone", " ", "15"],
    "M·A·C": ["M", "·", "A", "·", "C"],
}
kept = ["Coca-Cola", "C++", "7-UP"]
seen = {}
for word in [*lost, *kept]:
    jieba.add_word(word)
    assert jieba.dt.FREQ[word] > 0
    seen[word] = jieba.lcut(f"买{word}产品")[1:-1]
    print(f"{word}: {seen[word]}")
assert [seen[word] for word in kept] == [[word] for word in kept]
assert {word: seen[word] for word in lost} == lost, "this has changed"
PY
