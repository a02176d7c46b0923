#!/usr/bin/env bash
# tantivy 0.27.0 (Python): the query "red AND NOT title:7" finds nothing, whatever the index holds, and raises nothing.
# AND takes the NOT for a clause of its own that has to match, and a clause of exclusions alone matches no document.
# "red -title:7", "red NOT title:7" and "red AND -title:7" mean the same and find what they should; NOT alone is refused
# with an error ("Only excluding terms given"). The project says of its query language that a term AND NOT another is
# allowed (issue 1980).
# Seen, ten documents "red shoe 0" to "red shoe 9": nine for each of the three, none for "red AND NOT title:7" and for
# "NOT title:7 AND red", also with a filter on a number (price:[0 TO 400]).
# Write exclusions with "-", or turn "AND NOT " into "AND -" before parsing. The script fails if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --no-compile "tantivy==0.27.0"
"$folder/env/bin/python" - <<'PY'
import tantivy

builder = tantivy.SchemaBuilder()
builder.add_text_field("title", stored=True)
builder.add_integer_field("price", indexed=True)
index = tantivy.Index(builder.build())
writer = index.writer(heap_size=15_000_000, num_threads=1)
for number in range(10):
    writer.add_document(tantivy.Document(title=f"red shoe {number}", price=100 * number))
writer.commit()
index.reload()
searcher = index.searcher()


def count(query: str) -> int:
    return searcher.search(index.parse_query(query, ["title"]), 20).count


right = {query: count(query) for query in ("red -title:7", "red NOT title:7", "red AND -title:7")}
empty = {query: count(query) for query in ("red AND NOT title:7", "NOT title:7 AND red", "red AND NOT price:[0 TO 400]")}
print(right, empty)
assert set(right.values()) == {9} and count("red -price:[0 TO 400]") == 5
assert set(empty.values()) == {0}, "this has changed"
PY
