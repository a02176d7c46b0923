"""The process that starts workers: a porter at the port, then BentoML's own command with the rest of its arguments."""

import subprocess
import sys
from pathlib import Path

from recommender.settings import PROJECT_ROOT


def test_the_rest_of_its_arguments_is_bentoml_s(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "services.operations.master", "3999", str(tmp_path / "run"), "serve", "--help"]
    environment = {"BENTOML_HOME": str(tmp_path), "BENTOML_DO_NOT_TRACK": "True", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        command, cwd=PROJECT_ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "bentoml serve" in done.stdout.lower()
