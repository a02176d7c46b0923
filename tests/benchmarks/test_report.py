"""A run's table goes between its markers, again and again."""

import json
from pathlib import Path

from typer.testing import CliRunner

from benchmarks.all import RUNS
from benchmarks.all import app as run_all
from benchmarks.report import app

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


def test_a_page_without_a_place_is_named(tmp_path: Path) -> None:
    page, run = tmp_path / "page.md", tmp_path / "other.json"
    page.write_text("nothing here\n")
    run.write_text(json.dumps(RUN))
    result = CliRunner().invoke(app, [str(page), str(run)])
    assert result.exit_code != 0
    assert "other" in result.output


def test_every_run_of_quality_has_its_place_in_the_docs() -> None:
    for run in RUNS:
        assert run.page is None or f"<!-- table: {run.name} -->" in run.page.read_text()


def test_a_run_nobody_knows_is_named() -> None:
    result = CliRunner().invoke(run_all, ["--only", "everything"])
    assert result.exit_code != 0
    assert "everything" in result.output
