"""A process counts as serving while it lives, and not a moment longer."""

import os
import subprocess
import sys
from pathlib import Path

from recommender.settings import PROJECT_ROOT
from services.operations.presence import hold, is_serving

HOLDS = "import sys; from pathlib import Path; from services.operations.presence import hold\n"
HOLDS += "hold(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"


def test_who_closes_what_it_holds_serves_no_more(tmp_path: Path) -> None:
    folder = tmp_path / "run" / "3000"
    assert not is_serving(folder)
    first, second = hold(folder), hold(folder)
    assert is_serving(folder)
    os.close(first)
    assert is_serving(folder), "another worker is up"
    os.close(second)
    assert not is_serving(folder)
    assert not is_serving(tmp_path / "run" / "3001")


def test_a_process_that_is_killed_leaves_nothing_behind(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDS, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=PROJECT_ROOT) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"held\n"
        assert is_serving(tmp_path)
        worker.kill()
        worker.wait(10)
    assert not is_serving(tmp_path)
