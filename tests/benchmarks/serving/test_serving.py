"""The benchmarks of the service run on the tests' small shop and say what they are to say."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.serving import flood, freshness, growth, soak, vector_index
from benchmarks.serving import throughput as serving
from recommender.db.engine import session_scope
from recommender.db.tables import Recommendation
from recommender.settings import Settings
from tests.support.servers.databases import install_tables
from tests.support.shops.trained import install_shop


@pytest.fixture
def small_shop(home: Settings) -> Settings:
    install_tables()
    install_shop(home)
    return home


@pytest.mark.slow
def test_an_event_s_way_into_the_answer_is_timed_on_both_backends(small_shop: Settings, tmp_path: Path) -> None:
    out = tmp_path / "freshness.json"
    freshness.main(updates=12, rate=10, workers=1, settled=0, out=out)
    report = json.loads(out.read_bytes())
    assert [goal["target"] for goal in report["goals"]] == [50.0, 50.0]
    assert all(row["failures"] == 0 for row in report["rows"])
    assert {row["system"].split(":")[0] for row in report["rows"]} == {"SQLite", "PostgreSQL and Redis"}


@pytest.mark.slow
def test_the_service_is_measured_beside_the_echoes(small_shop: Settings, tmp_path: Path) -> None:
    out = tmp_path / "serving.json"
    serving.main(seconds=1, workers=1, out=out)
    report = json.loads(out.read_bytes())
    assert {row["connections"] for row in report["rows"]} == {1, 16}
    assert len({row["system"] for row in report["rows"]}) == 5
    assert all(row["failures"] == 0 for row in report["rows"])
    assert {goal["name"].split(" at ")[0] for goal in report["goals"]} == {"requests/s", "p99"}
    assert report["usage"]["memory_mb"][0]["uss"] > 0
    with session_scope() as session:
        assert session.query(Recommendation).count() == 0


@pytest.mark.slow
def test_long_load_is_told_by_memory_and_failures(small_shop: Settings, tmp_path: Path) -> None:
    out = tmp_path / "soak.json"
    soak.main(minutes=0.2, workers=1, servers=False, settled=5, out=out)
    report = json.loads(out.read_bytes())
    (row,) = report["rows"]
    assert row["own_mb_last"] > 50
    assert row["requests_per_second"] > 1
    assert row["refusals"] == 0
    assert next(goal for goal in report["goals"] if goal["name"] == "5xx answers")["met"]


@pytest.mark.slow
def test_a_flood_is_told_by_what_was_accepted(
    small_shop: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flood, "ROUNDS", 1)
    out = tmp_path / "flood.json"
    flood.main(seconds=1, workers=1, against=None, against_home=None, out=out)
    report = json.loads(out.read_bytes())
    assert {row["connections"] for row in report["rows"]} == {1, 16, 160, 1600}
    assert {row["system"] for row in report["rows"]} == {"zhiyin, lists ready", "zhiyin, each list made"}
    assert all(row["failures"] == 0 for row in report["rows"])
    assert all(row["accepted_per_second"] > 0 for row in report["rows"])
    assert len(report["goals"]) == 12
    with session_scope() as session:
        assert session.query(Recommendation).count() == 0


def test_texts_grow_like_the_demo_s_own_and_are_found() -> None:
    random = np.random.default_rng(0)
    seeds = random.standard_normal((300, 32)).astype(np.float32)
    seeds /= np.linalg.norm(seeds, axis=1, keepdims=True)
    row = vector_index.measured(seeds, 6_000)
    assert row["recall"] >= 0.97
    assert row["memory"] < 0.8
    assert row["probes"] <= row["groups"]
    assert {goal["name"] for goal in vector_index.goals_of([row])} == {
        f"6,000 texts: {name}" for name in ("recall", "of exact", "memory")
    }


@pytest.mark.slow
def test_a_grown_shop_is_trained_served_and_asked(tmp_path: Path) -> None:
    out = tmp_path / "growth.json"
    growth.main(items=1_000, seconds=1, workers=1, out=out)
    report = json.loads(out.read_bytes())
    assert [row["system"] for row in report["rows"]] == ["1,000 items", "/recommend", "/similar", "/search"]
    assert all(row["failures"] == 0 for row in report["rows"][1:])
    assert {row["agreement"] for row in report["rows"][1:]} == {1.0}
    assert len(report["goals"]) == 11
