"""Old reports and logs go, by when they were last written; what is new and what finds it stays."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from recommender.privacy.old_files import old_files, remove_old_files
from recommender.settings import Settings

NOW = datetime.now(UTC)


def write(home: Settings, place: str, days: int) -> Path:
    """A file of ten bytes that was last written so many days ago."""
    path = home.root / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("ten bytes.")
    moment = (NOW - timedelta(days=days)).timestamp()
    os.utime(path, (moment, moment))
    return path


def test_files_go_by_their_days_with_their_folders(home: Settings) -> None:
    gone = [
        write(home, "reports/r1/report.html", 401),
        write(home, "reports/workspace/p/snapshots/s.json", 500),
        write(home, "logs/service.log", 91),
        write(home, "airflow/logs/dag_id=x/1.log", 91),
    ]
    stay = [
        write(home, "reports/r2/report.html", 399),
        write(home, "reports/workspace/p/metadata.json", 500),
        write(home, "logs/new.log", 89),
        write(home, "airflow/airflow.db", 900),
        write(home, "other.txt", 900),
    ]
    assert {one.path for one in old_files(home, NOW)} == set(gone)
    assert all(path.exists() for path in gone)
    kinds = sorted((one.kind, one.size) for one in remove_old_files(home, NOW))
    assert kinds == [("logs", 10), ("logs", 10), ("reports", 10), ("reports", 10)]
    assert not any(path.exists() for path in gone)
    assert all(path.exists() for path in stay)
    assert not (home.reports_dir / "r1").exists()
    assert (home.airflow_dir / "logs").is_dir()
    assert list(remove_old_files(home, NOW)) == []


def test_what_links_lead_to_outside_of_home_stays(home: Settings, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A log folder on another disk may be shared with programs that are not the platform's."""
    outside = tmp_path_factory.mktemp("outside")
    stays = write(home, str(outside / "another.log"), 9_000)
    home.reports_dir.mkdir(parents=True)
    (home.reports_dir / "r1").symlink_to(outside)
    home.logs_dir.symlink_to(outside)
    assert list(remove_old_files(home, NOW)) == []
    assert stays.exists()


def test_0_days_keep_everything(home: Settings) -> None:
    write(home, "reports/r1/report.html", 9_000)
    write(home, "logs/service.log", 9_000)
    forever = home.model_copy(update={"keep_reports_days": 0, "keep_logs_days": 0})
    assert list(old_files(forever, NOW)) == []
