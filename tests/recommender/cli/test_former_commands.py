"""Scripts of earlier releases call folders by `python -m`; each is a door to the same commands."""

import subprocess
import sys

import pytest

from recommender.settings import PROJECT_ROOT


@pytest.mark.parametrize(
    ("folder", "command", "says"),
    [
        ("recommender", ("import", "--help"), "zhiyin import"),
        ("training", ("run", "--help"), "zhiyin run"),
        ("features", ("build", "--help"), "zhiyin features build"),
        ("monitoring", ("check", "--help"), "zhiyin drift check"),
        ("services", ("serve", "--help"), "zhiyin serve"),
        ("console", ("demo", "--help"), "zhiyin demo"),
    ],
)
def test_a_former_door_leads_to_the_command(folder: str, command: tuple[str, ...], says: str) -> None:
    run = [sys.executable, "-m", folder, *command]
    told = subprocess.run(run, cwd=PROJECT_ROOT, capture_output=True, text=True, check=True, timeout=300)
    assert f"Usage: {says}" in " ".join(told.stdout.split())
