"""A run's table goes between its markers, again and again."""

import json
from pathlib import Path

from typer.testing import CliRunner

from benchmarks.all import RUNS
from benchmarks.all import app as run_all
from benchmarks.common.report import app, table

RUN = {
    "title": "a shop, temporal",
    "rows": [{"system": "zhiyin", "NDCG@10": {"mean": 0.0812, "spread": 0.001, "n": 3}}],
    "goals": [{"name": "NDCG@10", "value": 0.0812, "target": 0.08, "met": True}],
}


def test_tables_replace_what_was_there(tmp_path: Path) -> None:
    page, run = tmp_path / "page.md", tmp_path / "a-run.json"
    page.write_text("before\n<!-- table: a-run -->\nold\n<!-- end -->\nafter\n")
    run.write_text(json.dumps(RUN))
    for _ in range(2):
        assert CliRunner().invoke(app, [str(page), str(run)]).exit_code == 0
    text = page.read_text()
    assert "| zhiyin | .0812 ±0.0010 |" in text
    assert "- met: NDCG@10" in text
    assert "old" not in text
    assert text.startswith("before\n")
    assert text.endswith("after\n")


def test_tasks_of_other_columns_stand_apart() -> None:
    rows = [
        {"task": "words", "system": "zhiyin", "MRR@10": {"mean": 0.5, "spread": 0.0, "n": 1}},
        {"task": "speed", "system": "zhiyin", "p50_ms": 2.04, "items": 92331, "weeks": [1, 2]},
    ]
    text = table({"machine": "a machine", "rows": rows, "goals": []})
    assert "| words | MRR@10 |\n|---|---|\n| zhiyin | .5000 |" in text
    assert "| speed | p50_ms | items |\n|---|---|---|\n| zhiyin | 2.0 | 92,331 |" in text


def test_a_page_without_a_place_is_named(tmp_path: Path) -> None:
    page, run = tmp_path / "page.md", tmp_path / "other.json"
    page.write_text("nothing here\n")
    run.write_text(json.dumps(RUN))
    result = CliRunner().invoke(app, [str(page), str(run)])
    assert result.exit_code != 0
    assert "other" in result.output


def test_every_run_has_its_place_in_the_docs() -> None:
    for run in RUNS:
        assert f"<!-- table: {run.name} -->" in run.page.read_text()


def test_a_run_nobody_knows_is_named() -> None:
    result = CliRunner().invoke(run_all, ["--only", "everything"])
    assert result.exit_code != 0
    assert "everything" in result.output
