"""The Evidently report on frames whose drift is known."""

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from monitoring.comparison import Comparison, distance
from monitoring.report import REFUSED, Figures, compare, save, verdicts

MOMENT = datetime(2026, 3, 9, tzinfo=UTC)
PARTS = {"behaviour": (["spend", "visits", "top"], 0.5), "profiles": (["profile_00", "profile_01"], 0.2)}


def frame(shift: float, seed: int, rows: int = 400) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "spend": rng.gamma(2, 1 + shift, rows),
            "visits": [*rng.normal(5, 1, rows - 1).tolist(), None],
            "top": rng.choice(["tea", "bread"], rows, p=[0.5 + shift / 4, 0.5 - shift / 4]),
            "profile_00": rng.normal(shift, 1, rows),
            "profile_01": rng.normal(0, 1, rows),
        }
    )


def parts(current: pl.DataFrame, reference: pl.DataFrame, **thresholds: float) -> list[Comparison]:
    return [
        Comparison(
            name,
            current.select(columns),
            reference.select(columns),
            {column: thresholds.get(column, 0.15) for column in columns},
            share,
        )
        for name, (columns, share) in PARTS.items()
    ]


MOVED = parts(frame(1.0, 1), frame(0.0, 2, rows=700))


@pytest.fixture(scope="module")
def drifted() -> object:
    return compare(MOVED, "run", MOMENT)


def test_the_verdict_names_the_columns_that_moved(drifted: object) -> None:
    found = verdicts(drifted, MOVED)
    assert [name for name, column in found["behaviour"].columns.items() if column["drifted"]] == ["spend", "top"]
    assert found["behaviour"].share == pytest.approx(2 / 3, abs=1e-4)
    assert found["behaviour"].drifted
    assert found["profiles"].columns["profile_00"]["drifted"]
    assert not found["profiles"].columns["profile_01"]["drifted"]


def test_an_ordinary_week_does_not_drift() -> None:
    calm = parts(frame(0.0, 3), frame(0.0, 4))
    found = verdicts(compare(calm, "run", MOMENT), calm)
    assert not any(part.drifted for part in found.values())


def test_each_column_has_its_own_threshold_and_the_distance_it_was_measured_with() -> None:
    wide = parts(frame(1.0, 1), frame(0.0, 2), spend=9.0)
    column = verdicts(compare(wide, "run", MOMENT), wide)["behaviour"].columns["spend"]
    assert (column["drifted"], column["threshold"]) == (False, 9.0)
    assert column["score"] == pytest.approx(distance(wide[0].current["spend"], wide[0].reference["spend"]), abs=1e-3)


def test_html_and_json_take_the_place_of_an_earlier_report(drifted: object, tmp_path: Path) -> None:
    folder = tmp_path / "reports" / "run"
    save(drifted, folder, {"take": 1}, "<h1>first</h1>")
    (folder / "left-over").touch()
    html = save(drifted, folder, {"take": 2}, "<h1>second</h1>")
    assert sorted(path.name for path in folder.iterdir()) == ["report.html", "report.json"]
    assert [path.name for path in folder.parent.iterdir()] == ["run"]
    page = html.read_text(encoding="utf-8")
    assert "profile_00" in page
    assert page.count("<h1>second</h1>") == 1
    assert "<h1>first</h1>" not in page
    assert json.loads((folder / "report.json").read_text())["summary"] == {"take": 2}


def test_the_projects_own_figures_stand_beside_what_is_compared() -> None:
    many = [float(number) for number in range(900)]  # more than the compared rows
    figures = Figures({"answers": (many, many[:10]), "alone": ([7.0], [])}, refused=([True, False, False, False], []))
    snapshot = compare(MOVED, "run", MOMENT, figures)
    means = {
        metric["config"]["column"]: float(metric["value"])
        for metric in snapshot.dict()["metrics"]
        if metric["config"]["type"].endswith(":MeanValue")
    }
    assert means == {"answers": 449.5, "alone": 7.0, REFUSED: 0.25}
    assert verdicts(snapshot, MOVED) == verdicts(compare(MOVED, "run", MOMENT), MOVED)


def test_a_comparison_says_itself_what_share_moved(drifted: object) -> None:
    found = verdicts(drifted, MOVED)
    assert {part.name: round(part.moved_share, 4) for part in MOVED} == {n: one.share for n, one in found.items()}
