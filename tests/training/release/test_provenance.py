"""Which code made a model."""

import subprocess
from pathlib import Path

import pytest

from recommender import __version__
from recommender.settings import PROJECT_ROOT
from training.release import provenance
from training.release.provenance import code_version


def test_in_a_checkout_the_commit_is_named() -> None:
    head = subprocess.run(
        ["git", "-C", str(PROJECT_ROOT), "rev-parse", "HEAD"], capture_output=True, text=True, check=False
    )
    version, _, commit = code_version().partition("+")
    assert version == __version__
    assert head.returncode != 0 or (commit and head.stdout.startswith(commit))


@pytest.mark.parametrize("place", ["folder", "no folder", "no git"])
def test_without_a_checkout_or_git_the_version_stands_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.setattr(provenance, "PROJECT_ROOT", tmp_path / "gone" if place == "no folder" else tmp_path)
    if place == "no git":
        monkeypatch.setenv("PATH", "")
    assert code_version() == __version__
