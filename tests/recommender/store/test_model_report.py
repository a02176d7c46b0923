"""What a manifest says of a model: nested groups as columns, what is missing empty, and values in words."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from recommender.db.tables import Model
from recommender.store.model_report import (
    METRIC,
    OURS,
    format_value,
    measures_of,
    model_reports,
    report_of,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def model(version: str = "m1", manifest: Any = None, **more: Any) -> Model:
    plain = {"model_version": version, "status": "candidate", "path": "m", "created_at": NOW, "promoted_at": None}
    return Model(**plain | {"manifest": manifest or {}} | more)


def test_the_model_stands_beside_what_it_was_compared_with() -> None:
    manifest = {
        "metrics": {METRIC: 0.3, "shoppers": 120}, "baselines": {"popularity": {METRIC: 0.1}, "fusion": {METRIC: 0.25}},
        "learned_until": "2026-02-15T00:00:00Z", "test_interval": "2026-02-15 to 2026-03-01",
    }  # fmt: skip
    report = report_of(model(manifest=manifest, erased_shoppers=3))
    assert list(report.systems) == [OURS, "popularity", "fusion"]
    assert report.reached == 0.3
    assert report.best_other == ("fusion", 0.25)
    assert (report.learned_until, report.measured_on) == ("2026-02-15", "2026-02-15 to 2026-03-01")
    assert measures_of(report.systems) == [METRIC, "shoppers"]
    assert report.erased_shoppers == 3


@pytest.mark.parametrize("manifest", [{}, {"metrics": None, "baselines": None, "segments": None}, {"metrics": {}}])
def test_what_a_manifest_lacks_is_empty(manifest: dict[str, Any]) -> None:
    report = report_of(model(manifest=manifest))
    assert (report.reached, report.best_other, report.segments) == (None, None, {})
    assert (report.learned_until, report.measured_on, report.reason) == ("", "", "")
    assert measures_of(report.systems) == []


def test_groups_whose_systems_are_told_apart_have_a_column_each() -> None:
    segments = {
        "new shoppers": {"zhiyin": {METRIC: 0.2}, "popularity": {METRIC: 0.1}},
        "all": {METRIC: 1, "note": "x"},
        "bad": 7,
    }
    assert report_of(model(manifest={"segments": segments})).segments == {
        "new shoppers, zhiyin": {METRIC: 0.2}, "new shoppers, popularity": {METRIC: 0.1}, "all": {METRIC: 1.0},
    }  # fmt: skip


def test_a_system_that_was_not_measured_so_is_not_the_best() -> None:
    report = report_of(model(manifest={"metrics": {METRIC: 0.1}, "baselines": {"other": {"recall": 0.9}}}))
    assert report.best_other is None


def test_models_are_listed_the_newest_first(session: Session) -> None:
    session.add_all(model(f"m{age}", created_at=NOW - timedelta(days=age)) for age in (2, 0, 1))
    session.flush()
    assert [one.model_version for one in model_reports(session)] == ["m0", "m1", "m2"]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "-"),
        (0.12345, "0.1235"),
        (1.0, "1.0000"),
        (0, "0.0000"),
        (2.0, "2"),
        (12_345.0, "12,345"),
        (2.5, "2.5000"),
    ],
)
def test_values_are_written_as_people_read_them(value: float | None, words: str) -> None:
    assert format_value(value) == words
