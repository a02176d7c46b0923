#!/usr/bin/env bash
# sentence-transformers 6.2.0: its extra [onnx] can't be installed. The library asks for transformers 5, the extra for
# optimum-onnx, of which all releases (0.0.1 to 0.1.0) ask for an older transformers; pip finds no answer.
# The extra is among those that the package names, for backend="onnx".
# Seen, from the packages' own metadata (transformers >=5.0.0 and <4.58.0) and by a dry run of pip. Asked for beside
# transformers 5 without a version of its own, pip went back through its releases for more than two minutes.
# Who wants backend="onnx" needs an older sentence-transformers; who wants version 6 can export the model in another
# environment and run the file with onnxruntime. The script fails if this changes, with a new optimum-onnx too.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/env"
pip="$folder/env/bin/pip"
"$pip" download -q --no-deps -d "$folder" "sentence-transformers==6.2.0" "optimum-onnx==0.1.0"
for wheel in "$folder"/*.whl; do
    unzip -p "$wheel" '*/METADATA' | grep -E "^Requires-Dist: (transformers<|optimum-onnx)"
done
if "$pip" install -q --dry-run "sentence-transformers[onnx]==6.2.0" > "$folder/log" 2>&1; then
    echo "this has changed"
    exit 1
fi
grep "conflicting dependencies" "$folder/log"
