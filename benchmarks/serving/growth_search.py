"""The searching half of `benchmarks.growth`, in a process of its own: `python -m benchmarks.growth_search FOLDER`."""

import json
import sys
from pathlib import Path

from benchmarks.serving.growth import search_all

if __name__ == "__main__":
    print(json.dumps(search_all(Path(sys.argv[1]))))
