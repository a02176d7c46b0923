"""The measurements of trust and of new items: their splits are honest, their goals come from their rows."""

import gzip
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from benchmarks.baselines.lightgcn import lightgcn
from benchmarks.baselines.plain import popularity
from benchmarks.quality import cold, trust
from benchmarks.quality.measure import measure
from benchmarks.quality.protocols import FILE, ordered_log
from benchmarks.quality.shop_data import load_shop
from benchmarks.quality.zhiyin_model import zhiyin
from recommender.settings import Settings
from tests.benchmarks.quality.test_comparison import facts_without_a_model, write_shop

SMALL: dict[str, Any] = {"networks": 1, "ranker_epochs": 6, "sequence_steps": 20}


def test_held_out_items_are_nowhere_in_what_is_learned(tmp_path: Path) -> None:
    write_shop(tmp_path)
    shop = load_shop(str(tmp_path))
    facts, log = facts_without_a_model(shop), ordered_log(shop, FILE, 0)
    task = cold.cold_task(facts, log, 0.2, seed=1)
    answers, own = task.views[""]
    held = np.unique(answers.indices)
    assert 0 < len(held) < 0.4 * shop.items
    assert not np.isin(task.log.items_L, held).any()
    assert own is not None
    assert own.multiply(answers).nnz == 0


def write_trust(folder: Path) -> None:
    """Two circles of friends, each of its own taste."""
    rng = np.random.default_rng(0)
    pairs = [(user, 30 * (user % 2) + item) for user in range(60) for item in rng.permutation(30)[:8]]
    trusts = [
        (user, other, 1) for user in range(60) for other in range(60) if user != other and (user - other) % 2 == 0
    ]
    files: dict[str, Sequence[tuple[int, ...]]] = {
        "ratings_train": [pair for place, pair in enumerate(pairs) if place % 4],
        "ratings_test": pairs[::4],
        "trusts": trusts,
    }
    for name, rows in files.items():
        with gzip.open(folder / f"{name}.txt.gz", "wt") as file:
            file.writelines("\t".join(map(str, row)) + "\n" for row in rows)


def test_trust_is_a_source_like_any_other(tmp_path: Path) -> None:
    write_trust(tmp_path)
    task, trust_UU = trust.trust_task(tmp_path, seed=0)
    assert trust_UU.shape == (60, 60)
    assert task.views[""][0].sum() == 120
    systems = {
        "popularity": popularity,
        "LightGCN": lightgcn,
        "zhiyin": zhiyin(side_info=trust.read_side_info(trust_UU), **SMALL),
    }
    found = {name: measure(fit(task, 0), task).metrics["Recall@20"] for name, fit in systems.items()}
    assert found["zhiyin"] > found["popularity"]
    assert found["LightGCN"] > found["popularity"]


def test_goals_come_from_the_rows() -> None:
    def row(name: str, value: float) -> dict[str, object]:
        return {"system": name, **{metric: {"mean": value} for metric in (*trust.METRICS, "Recall@10")}}

    met = trust.goals_of([row("zhiyin", 0.2), row("LightGCN", 0.1), row(trust.WITHOUT, 0.3)])
    assert [goal["met"] for goal in met] == [True, True, False, False]
    assert [goal["met"] for goal in cold.goals_of([row("zhiyin", 0.2), row("popularity", 0.03)])] == [True]


@pytest.mark.parametrize(("app", "arguments"), [(trust.app, []), (cold.app, [])])
def test_a_folder_without_data_is_named(tmp_path: Path, home: Settings, app: object, arguments: list[str]) -> None:
    result = CliRunner().invoke(app, [str(tmp_path), *arguments])  # type: ignore[arg-type]
    assert result.exit_code != 0
