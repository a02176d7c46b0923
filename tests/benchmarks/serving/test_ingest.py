"""The benchmark of imports: it measures what it says, and reports as every benchmark does."""

import json
from pathlib import Path

from typer import Typer
from typer.testing import CliRunner

from benchmarks.serving import ingest
from recommender.settings import Settings


def test_every_way_in_is_measured_and_the_goals_come_from_the_rows(home: Settings, tmp_path: Path) -> None:
    app = Typer()
    app.command()(ingest.main)
    out = tmp_path / "ingest.json"
    result = CliRunner().invoke(app, ["--events", "1000", "--json", str(out)])
    assert result.exit_code == 0, result.output
    report = json.loads(out.read_text())
    added = {row["system"]: row["added"] for row in report["rows"]}
    assert added.pop("zhiyin csv, a second time") == 0
    assert set(added.values()) == {1_000}
    assert {"zhiyin csv", "zhiyin csv.gz", "zhiyin jsonl", "zhiyin parquet", "pandas to_sql"} <= added.keys()
    speed = next(row["events_per_second"] for row in report["rows"] if row["system"] == "zhiyin csv")
    assert report["goals"][0] == {
        "name": "events a second from CSV",
        "value": speed,
        "target": ingest.GOAL,
        "met": speed >= ingest.GOAL,
    }
