"""The demo's arithmetic; the whole of it, on the real data, is the slow test below."""

import os
import re
import subprocess
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.demo import DATA_ENDS, shift_days
from recommender.settings import PROJECT_ROOT
from tests.support.commands import ZHIYIN
from tests.support.servers.local import free_port


@given(st.dates(min_value=DATA_ENDS, max_value=date(2100, 1, 1)))
def test_the_data_ends_within_the_week_before_today_on_the_same_weekday(today: date) -> None:
    ends = DATA_ENDS + timedelta(days=shift_days(today))
    assert timedelta(0) <= today - ends < timedelta(days=7)
    assert ends.weekday() == DATA_ENDS.weekday()


@pytest.mark.slow
@pytest.mark.airflow
@pytest.mark.timeout(1200)
def test_the_whole_demo(tmp_path: Path) -> None:
    ports = {"ZHIYIN_SERVICE_PORT": str(free_port()), "ZHIYIN_AIRFLOW_PORT": str(free_port())}
    environment = {**os.environ, **ports, "ZHIYIN_HOME": str(tmp_path / "var"), "SERVE": "0", "COLUMNS": "160"}
    command = [ZHIYIN, "demo"]
    first = subprocess.run(command, env=environment, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False)
    assert first.returncode == 0, first.stdout + first.stderr
    assert len(re.findall(r"^shopper ", first.stdout, flags=re.MULTILINE)) == 3
    assert "profiles refreshed" in first.stdout
    second = subprocess.run(command, env=environment, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False)
    assert second.returncode == 0, second.stdout + second.stderr
    assert "nothing was rerun" in second.stdout
