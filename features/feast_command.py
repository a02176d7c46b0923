"""The plain `feast` command on the store in use: SQLite or Redis, its registry in SQLite or PostgreSQL."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from features.store import DEFINITIONS, feature_store, get_store
from recommender.settings import PROJECT_ROOT, get_settings


def run_feast(arguments: Sequence[str]) -> int:
    """Runs it by a configuration that is made from the settings, kept for as long as it runs; its exit status."""
    settings = get_settings()
    get_store()  # declares the views, and makes what is missing
    with tempfile.TemporaryDirectory() as folder:
        configuration = Path(folder) / "feature_store.yaml"
        configuration.touch(mode=0o600)  # it holds passwords
        configuration.write_text(json.dumps(feature_store(settings)), encoding="utf-8")  # JSON is YAML, too
        command: list[str | Path] = [
            Path(sys.executable).with_name("feast"),
            "-c",
            DEFINITIONS.parent,
            "-f",
            configuration,
            *arguments,
        ]
        path = os.pathsep.join(filter(None, (str(PROJECT_ROOT), os.environ.get("PYTHONPATH"))))
        environment = {**os.environ, "ZHIYIN_HOME": str(settings.root), "PYTHONPATH": path}
        return subprocess.run(command, env=environment, check=False).returncode
