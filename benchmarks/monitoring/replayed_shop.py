"""A shop's last weeks gone through again, in a copy of its home: what is planted into them, and the check of each week.

It knows how a home is copied and what the loop does each week; it measures nothing.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import typer
from sqlalchemy import delete

from benchmarks.common.result_tables import console
from benchmarks.common.shop_copies import with_environment
from benchmarks.monitoring.planted_drift import Plant
from features.building.pipeline import build_features
from monitoring.check_params import DriftParams
from monitoring.drift import check_drift
from recommender.db.engine import session_scope
from recommender.db.tables import DriftDecision, DriftedUser, DriftRun, ProfileVersion
from recommender.settings import get_settings
from recommender.store.queries import time_span

WEEK = timedelta(weeks=1)
SHIPPED: float = DriftParams.model_fields["false_alarm"].default  # of the ordinary shoppers, a check
LEFT_BEHIND = ("airflow", "bentoml", "feast", "reports", "logs", "spool", "run", "locks")  # of a home


def require_sqlite() -> None:
    """A home can be copied with its database only where that is a file in it."""
    if not get_settings().sqlalchemy_url.startswith("sqlite"):
        raise typer.BadParameter("the shop's database is no SQLite file, which is what can be copied with its home")


@contextmanager
def copied_home() -> Iterator[datetime]:
    """The shop of the settings' home in a home of its own, without profiles in any store and without drift runs.

    Gives the midnight before its last event.
    """
    origin = get_settings().root
    with TemporaryDirectory(prefix="zhiyin-weeks-") as folder:
        home = Path(folder) / "home"
        shutil.copytree(origin, home, symlinks=True, ignore=shutil.ignore_patterns(*LEFT_BEHIND))
        with with_environment({"ZHIYIN_HOME": str(home)}):
            with session_scope() as session:
                for table in (DriftedUser, DriftRun, DriftDecision, ProfileVersion):
                    session.execute(delete(table))
                span = time_span(session)
            if span is None:
                raise typer.BadParameter("the shop has no events: run `make demo` first, or set ZHIYIN_HOME")
            yield span[1].replace(hour=0, minute=0, second=0, microsecond=0)


def plant_drift(plant: Plant, since: datetime, until: datetime, seed: int) -> Any:
    """Changes the events of [since, until) and builds their features again; gives what the plant tells."""
    with session_scope() as session:
        planted = plant(session, since, until, np.random.default_rng(seed))
    build_features(since, until)
    return planted


def check_week(until: datetime, false_alarm: float = SHIPPED) -> DriftRun:
    """The run of the week before `until`, beside the four weeks before that."""
    start = until - WEEK
    interval = {"current_from": start, "current_until": until, "reference_until": start}
    run_id = check_drift(DriftParams.of(**interval, reference_from=start - 4 * WEEK, false_alarm=false_alarm))
    with session_scope() as session:
        found = session.get_one(DriftRun, run_id)
    console.print(f"{run_id}: {found.details['sentence']}", highlight=False)
    return found
