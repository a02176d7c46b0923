"""What the loop prints at its end, of rows made by hand."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rich.console import Console

from console.loop import Step
from console.report import SHOPPERS, newest_drift_run, pick_shoppers, print_drift, print_quality, print_timings
from recommender.db.engine import session_scope
from recommender.db.tables import DriftRun, Model, ProfileVersion
from recommender.settings import Settings
from tests.support.servers.databases import install_tables

NOW = datetime(2026, 6, 1, tzinfo=UTC)
WEEK = timedelta(weeks=1)


@pytest.fixture
def out() -> Console:
    return Console(record=True, width=160, force_terminal=False)


def profile(user_id: str, category: str | None, version: int = 1) -> ProfileVersion:
    affinities = [{"kind": "brand", "key": "Lark"}]
    affinities += [{"kind": "category", "key": category}] if category else []
    of: dict[str, Any] = {"model_version": "m", "as_of": NOW, "vector": b"", "reason": "retrain", "created_at": NOW}
    return ProfileVersion(user_id=user_id, version=version, affinities=affinities, **of)


def drift_run(run_id: str, created_at: datetime, drifted: bool = True) -> DriftRun:
    days = {"current_from": NOW - WEEK, "current_until": NOW, "reference_until": NOW - WEEK}
    of: dict[str, Any] = {"share": 0.25, "details": {}, "report_path": "", "created_at": created_at}
    counts = {"users_drifted": 12, "users_refreshed": 7}
    return DriftRun(
        drift_run_id=run_id, reference_from=datetime(2026, 4, 1, tzinfo=UTC), drifted=drifted, **days, **of, **counts
    )


def test_shoppers_are_picked_whose_strongest_categories_differ(home: Settings) -> None:
    install_tables()
    with session_scope() as session:
        rows = [profile("a", "Tea"), profile("b", "Tea"), profile("c", None), profile("d", "Cups")]
        session.add_all([*rows, profile("b", "Soap", version=2), profile("e", "Pets")])
        session.flush()
        chosen = pick_shoppers(session)
    assert chosen == ["a", "b", "d"], "b's newest profile counts, c has no category"
    assert len(chosen) == SHOPPERS


def test_a_model_s_figures_stand_beside_the_others(out: Console) -> None:
    metrics = {"NDCG@20": 0.12345, "Recall@20": 0.5}
    manifest = {"metrics": metrics, "baselines": {"popular": {"NDCG@20": 0.1}}, "test_interval": "May"}
    print_quality(out, Model(model_version="m-1", manifest=manifest))
    told = out.export_text()
    assert "quality of model m-1 on May" in told
    assert "0.1235" in told or "0.1234" in told
    assert next(line for line in told.splitlines() if "popular" in line).count("0.") == 1, "what is missing is blank"


def test_the_verdict_on_drift_is_one_line(out: Console) -> None:
    print_drift(out, None)
    print_drift(out, drift_run("run", NOW))
    first, second, *_ = out.export_text().splitlines()
    assert first == "drift: not checked yet"
    assert second.startswith("drift of 2026-05-25 to 2026-06-01 against the time from 2026-04-01: drifted (25%")
    assert "12 shoppers drifted, 7 profiles refreshed" in second


def test_the_newest_drift_run_is_the_one_that_was_made_last(home: Settings) -> None:
    install_tables()
    with session_scope() as session:
        assert newest_drift_run(session) is None
        session.add_all([drift_run("later", NOW), drift_run("earlier", NOW - WEEK)])
        session.flush()
        newest = newest_drift_run(session)
        assert newest is not None
        assert newest.drift_run_id == "later"


def test_timings_name_steps_and_tasks_and_the_memory_where_it_is_known(out: Console) -> None:
    print_timings(out, [Step("retrain", "r", "success", 12.34, {"train": 10.0, "gate": 1.5})], {"start": 3.0}, 2**31)
    told = out.export_text()
    assert "12.3" in told
    assert "train 10.0, gate 1.5" in told
    assert "peak memory of all processes: 2.0 GiB" in told
    print_timings(out, [], {}, 0)
    assert "peak memory" not in out.export_text()
