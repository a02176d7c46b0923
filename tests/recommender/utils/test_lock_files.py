"""A file is held by whoever lives, by one or several, and by nobody who has died."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from recommender.utils.lock_files import hold, is_held


def test_a_file_is_held_while_one_of_its_holders_lives(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    assert not is_held(file)
    first, second = hold(file), hold(file)
    os.close(first)
    assert is_held(file)
    os.close(second)
    assert not is_held(file)


def test_who_is_killed_holds_nothing(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    code = f"from recommender.utils.lock_files import hold; hold({str(file)!r}); print('held', flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        assert is_held(file)
        holder.kill()
    assert not is_held(file)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nothing"):
        is_held(tmp_path / "nothing")
