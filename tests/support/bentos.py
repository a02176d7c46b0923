"""Bentos for tests: a small shop's model, registered; an exported Bento; a virtual environment of its own."""

import os
import shutil
import subprocess
import sys
import tarfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from recommender.db.engine import session_scope
from recommender.db.tables import Model
from recommender.settings import Settings
from tests.support.shops.trained import shop_bundle

SYSTEM_PYTHON = Path("/usr/bin/python3.11")  # which any user may run; one below a person's home may be theirs alone


def register(settings: Settings, model_version: str, status: str = "candidate", days_ago: int = 0) -> Path:
    """A model of the tests' shop under this version: its folder, and its row in table `models`."""
    path, moment = settings.models_dir / model_version, datetime.now(UTC) - timedelta(days=days_ago)
    bundle = shop_bundle()
    replace(bundle, manifest=bundle.manifest.model_copy(update={"model_version": model_version})).save(path)
    row = Model(
        model_version=model_version, status=status, path=f"models/{model_version}", manifest={}, created_at=moment
    )
    row.promoted_at = moment if status in ("promoted", "retired") else None
    with session_scope() as session:
        session.add(row)
    return path


def bento_folder(settings: Settings, tag: str) -> Path:
    """Where a Bento lies in the home's store."""
    return settings.bentoml_dir / "bentos" / tag.replace(":", "/")


def export(settings: Settings, tag: str, place: Path) -> Path:
    """The Bento as BentoML hands it over, unpacked into a new folder: with its model."""
    archive = place.with_suffix(".tar")
    environment = os.environ | {"BENTOML_HOME": str(settings.bentoml_dir), "BENTOML_DO_NOT_TRACK": "True"}
    command = [sys.executable, "-m", "bentoml", "export", tag, str(archive)]
    subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    with tarfile.open(archive) as packed:
        packed.extractall(place, filter="data")
    archive.unlink()
    return place


def environment_of(bento: Path, place: Path) -> Path:
    """A new virtual environment with what the Bento asks for, as its Dockerfile installs it; the place of its `python`.

    uv is told to look where pip is told to look first (a CPU build of torch, say).
    """
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or "uv"
    python = str(SYSTEM_PYTHON if SYSTEM_PYTHON.exists() else sys.executable)
    subprocess.run([uv, "venv", "-q", "--python", python, str(place)], check=True)
    requirements = str(bento / "env" / "python" / "requirements.txt")
    flags = [flag for folder in os.environ.get("PIP_FIND_LINKS", "").split() for flag in ("--find-links", folder)]
    command = [uv, "pip", "install", "-q", "--python", str(place / "bin" / "python"), "-r", requirements, *flags]
    subprocess.run(command, cwd=bento / "src", check=True)
    return place / "bin" / "python"
