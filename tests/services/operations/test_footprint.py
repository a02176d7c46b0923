"""What the processes of a service load: the one that starts workers next to nothing, a worker no training."""

import subprocess
import sys
from collections.abc import Sequence

import pytest

from benchmarks.serving.footprint import goals_of

HEAVY = ("feast", "pandas", "pyarrow", "onnxruntime", "xllamacpp", "bm25s")
TRAINING = ("torch", "transformers", "sentence_transformers", "lightgbm", "airflow", "evidently", "duckdb_engine")


@pytest.mark.parametrize(
    ("module", "unloaded"), [("services.app", (*HEAVY, *TRAINING)), ("services.container", TRAINING)]
)
def test_a_process_of_the_service_loads_what_it_answers_with(module: str, unloaded: Sequence[str]) -> None:
    code = f"import sys, {module}; print(*(name for name in {tuple(unloaded)!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_goals_hold_where_every_figure_is_small_enough() -> None:
    ours = {"share_of_a_core_after_it": 0.01, "memory_mb": 40.0, "seconds_to_ready": 5.0}
    theirs = {"share_of_a_core_after_it": 1.0, "memory_mb": 100.0, "seconds_to_ready": 10.0}
    assert [goal["met"] for goal in goals_of([ours, theirs])] == [True, True, False]
