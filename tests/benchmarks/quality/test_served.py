"""The way over HTTP as a command: files, import, features, training, service, questions; beside the row."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from benchmarks.quality.served import METRICS, app
from recommender.settings import Settings

ITEMS, SHOPPERS, DAYS = 60, 200, 200


def write_shop(folder: Path) -> None:
    """Shoppers walk along a ring of items, a step every few days."""
    rng = np.random.default_rng(5)
    rows = []
    for shopper in range(SHOPPERS):
        item, day = int(rng.integers(ITEMS)), float(rng.integers(20))
        while day < DAYS:
            rows.append((f"u{shopper}", f"i{item}", int(1_400_000_000 + 86_400 * day)))
            item, day = (item + int(rng.choice([1, 1, 2]))) % ITEMS, day + float(rng.integers(6, 14))
    pl.DataFrame(rows, schema=["user_id", "item_id", "timestamp"], orient="row").write_csv(folder / "interactions.csv")
    items = {"item_id": [f"i{item}" for item in range(ITEMS)], "title": [f"thing {item}" for item in range(ITEMS)]}
    pl.DataFrame(items).write_csv(folder / "items.csv")


@pytest.mark.slow
def test_what_is_measured_is_what_is_served(tmp_path: Path, home: Settings) -> None:
    write_shop(tmp_path)
    out = tmp_path / "served.json"
    done = CliRunner().invoke(app, [str(tmp_path), "--minutes", "0.2", "--json", str(out)])
    assert done.exit_code == 0, done.output
    rows = {row["system"]: row for row in json.loads(out.read_text())["rows"]}
    over_http, measured = rows["zhiyin over HTTP"], rows["zhiyin"]
    assert set(METRICS) < set(over_http)
    for metric in METRICS:
        assert over_http[metric]["mean"] == pytest.approx(measured[metric]["mean"], abs=0.03), metric
    assert over_http["NDCG@20 new"]["mean"] > 0.3


def test_data_without_times_is_refused(tmp_path: Path, home: Settings) -> None:
    write_shop(tmp_path)
    log = pl.read_csv(tmp_path / "interactions.csv").with_row_index("position").drop("timestamp")
    log.write_csv(tmp_path / "interactions.csv")
    done = CliRunner().invoke(app, [str(tmp_path)])
    assert done.exit_code == 2
    assert "timestamp" in done.output
