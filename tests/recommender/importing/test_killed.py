"""An import that is killed with -9 goes on where it stopped: nothing is lost and nothing doubled."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import func, select

from recommender.db.engine import session_scope
from recommender.db.tables import ImportRun
from recommender.importing.column_names import EVENT_TYPE_NAMES
from recommender.importing.folder import Reading
from recommender.importing.sources import run_folder
from recommender.settings import PROJECT_ROOT, Settings
from tests.support.shops.files import ITEMS, rejected, table, write

EVENTS = 6_000
BATCH = 100
CHILD = f"""
import sys
from pathlib import Path
from recommender.importing.folder import Reading
from recommender.importing.column_names import EVENT_TYPE_NAMES
from recommender.importing.sources import run_folder
run_folder(Path(sys.argv[1]), Reading({{}}, EVENT_TYPE_NAMES, batch={BATCH}))
"""


def test_an_import_killed_again_and_again_ends_as_if_it_had_not_been(database: Settings, tmp_path: Path) -> None:
    lines = ["event_id,user_id,item_id,event_type,time"]
    for number in range(EVENTS):
        item = "gone" if number % 10 == 0 else ("tea", "cup")[number % 2]
        lines.append(f"e{number},u{number % 97},{item},view,{1_700_000_000 + number}")
    folder = write(tmp_path / "shop", items__csv=ITEMS, interactions__csv="\n".join(lines))
    for stop_after in (1, 3_000):
        _kill_when(folder, stop_after)
    events = table("events", "event_id")
    assert stop_after * 0.9 <= len(events) < EVENTS * 0.9
    summary = run_folder(folder, Reading({}, EVENT_TYPE_NAMES, batch=BATCH))
    assert summary.files[1].resumed_at >= stop_after
    assert summary.files[1].written.unchanged == 0
    taken = [number for number in range(EVENTS) if number % 10]
    assert sorted(row[0] for row in table("events", "event_id")) == sorted(f"e{number}" for number in taken)
    assert [line for _, line, _, _ in rejected()] == [number + 2 for number in range(0, EVENTS, 10)]
    assert len(table("users", "user_id")) == 97
    assert table("import_runs", "rows_done", "rows_added", "rows_rejected")[-1] == (EVENTS, len(taken), EVENTS // 10)


def _kill_when(folder: Path, rows: int) -> None:
    """Starts an import and kills it once `rows` events are in."""
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(folder)], cwd=PROJECT_ROOT)
    deadline = time.monotonic() + 60
    while _done() < rows:
        if child.poll() is not None or time.monotonic() > deadline:
            pytest.fail("the import ended before it could be killed")
        time.sleep(0.005)
    os.kill(child.pid, signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL


def _done() -> int:
    with session_scope() as session:
        query = select(func.max(ImportRun.rows_done)).where(ImportRun.source.contains("interactions"))
        return session.scalar(query) or 0
