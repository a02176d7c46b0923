"""The comparison as a command: on a small shop written to a folder, every system answers and is counted alike."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner, Result

from benchmarks.baselines.click_models import RANKERS
from benchmarks.baselines.items import ItemFacts, item_facts
from benchmarks.baselines.plain import Fitted
from benchmarks.quality.comparison import ALL, _names, app
from benchmarks.quality.measure import first_places, measure
from benchmarks.quality.protocols import (
    FILE,
    SHUFFLED,
    TRAIN,
    TRAIN_AND_VALIDATION,
    Task,
    leave_one_out,
    ordered_log,
    temporal_of,
)
from benchmarks.quality.shop_data import ShopData, load_shop
from recommender.settings import Settings

ITEMS, SHOPPERS = 60, 120


def write_shop(folder: Path, timestamps: bool = True) -> None:
    """Shoppers walk along rings of items: what follows what can be learned."""
    rng = np.random.default_rng(3)
    rows = []
    for shopper in range(SHOPPERS):
        item = int(rng.integers(ITEMS))
        for position in range(int(rng.integers(5, 9))):
            when = 1_400_000_000 + 86_400 * (position // 2 + shopper % 30)
            rows.append((f"u{shopper}", f"i{item}", when, position))
            item = (item + int(rng.choice([1, 1, 1, 2]))) % ITEMS
    events = pl.DataFrame(rows, schema=["user_id", "item_id", "timestamp", "position"], orient="row")
    (events if timestamps else events.drop("timestamp")).write_csv(folder / "interactions.csv")
    words = ("red", "blue", "green")
    pl.DataFrame(
        {
            "item_id": [f"i{item}" for item in range(ITEMS)],
            "title": [f"{words[item % 3]} thing {item // 3}" for item in range(ITEMS)],
            "attributes": [f"Maker{item % 7}|Home|{words[item % 3]}" for item in range(ITEMS)],
        }
    ).write_csv(folder / "items.csv")


def facts_without_a_model(shop: ShopData) -> ItemFacts:
    vectors = np.random.default_rng(0).standard_normal((shop.items, 8)).astype(np.float32)
    return item_facts(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), shop.titles, shop.brands, shop.paths)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_shop(tmp_path)
    return tmp_path


def test_brand_and_path_are_told_apart(folder: Path) -> None:
    shop = load_shop(str(folder))
    assert set(shop.brands) == {f"Maker{number}" for number in range(7)}
    assert {path[0] for path in shop.paths} == {"Home"}


def test_the_test_item_is_nowhere_in_what_is_learned(folder: Path) -> None:
    shop = load_shop(str(folder))
    log = ordered_log(shop, SHUFFLED, 0)
    facts = facts_without_a_model(shop)
    for fitted_on, missing in ((TRAIN, 2), (TRAIN_AND_VALIDATION, 1)):
        task = leave_one_out(facts, log, fitted_on)
        assert len(task.log.items_L) == len(log.items_L) - missing * SHOPPERS
        answers, own = task.views[""]
        assert answers.sum() == SHOPPERS
        assert own is not None
        assert (task.queries.lengths_Q == log.lengths_U - 1).all()


def test_only_events_of_one_time_are_shuffled(folder: Path) -> None:
    shop = load_shop(str(folder))
    one, other = ordered_log(shop, SHUFFLED, 0), ordered_log(shop, SHUFFLED, 1)
    assert one.has_ties
    assert (one.times_L == other.times_L).all()
    assert (one.items_L != other.items_L).any()
    apart = pl.col("day") + pl.int_range(pl.len()).over("user") / 86_400
    timed = replace(shop, events=shop.events.sort("user", "day").with_columns(apart.alias("day")))
    assert (ordered_log(timed, SHUFFLED, 0).items_L == ordered_log(timed, SHUFFLED, 1).items_L).all()


def test_the_order_of_the_file_is_an_order(folder: Path) -> None:
    shop = load_shop(str(folder))
    log = ordered_log(shop, FILE, 0)
    assert not log.has_ties
    assert (log.items_L == shop.events.sort("user", "day", "position")["item"].to_numpy()).all()
    np.testing.assert_allclose(log.times_L, ordered_log(shop, SHUFFLED, 0).times_L, atol=1e-6)


def test_a_temporal_task_learns_nothing_of_what_follows(folder: Path) -> None:
    shop = load_shop(str(folder))
    task = temporal_of(shop, facts_without_a_model(shop), ordered_log(shop, SHUFFLED, 0))
    assert task.moment is not None
    assert task.log.times_L.max() < task.moment


def test_first_places_come_best_first() -> None:
    scores = np.array([[0.1, 0.9, 0.5, 0.9]], dtype=np.float32)
    assert first_places(scores, 3).tolist() == [[1, 3, 2]]


def test_a_shop_without_times_goes_by_position(tmp_path: Path) -> None:
    write_shop(tmp_path, timestamps=False)
    log = ordered_log(load_shop(str(tmp_path)), FILE, 0)
    assert log.lengths_U.min() >= 5
    assert (np.diff(log.times_L)[log.users_L[1:] == log.users_L[:-1]] == 1).all()


@pytest.mark.slow
def test_the_command_prints_a_table_and_writes_json(tmp_path: Path, home: Settings) -> None:
    write_shop(tmp_path)
    out = tmp_path / "quality.json"
    only = "popularity,EASE,implicit ALS,transition graph + text,zhiyin"
    arguments = [str(tmp_path), "--seeds", "1", "--ties", "file", "--only", only, "--json", str(out)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    report = json.loads(out.read_text())
    rows = {row["system"]: row for row in report["rows"]}
    assert list(rows) == only.split(",")
    assert rows["zhiyin"]["NDCG@10"]["mean"] > 2 * rows["popularity"]["NDCG@10"]["mean"]
    assert {"mean", "spread", "n"} == set(rows["zhiyin"]["HR@10"])
    assert report["goals"]
    assert {"name", "value", "target", "met"} == set(report["goals"][0])


def test_a_long_comparison_can_be_made_in_parts(tmp_path: Path, home: Settings) -> None:
    write_shop(tmp_path)
    out = tmp_path / "quality.json"

    def run(only: str, *more: str) -> Result:
        arguments = [str(tmp_path), "--seeds", "1", "--only", only, "--json", str(out), *more]
        return CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})

    assert run("popularity,EASE", "--add").exit_code != 0  # to what?
    assert run("EASE,popularity").exit_code == 0
    alone = json.loads(out.read_text())
    assert run("transition graph,popularity", "--add").exit_code == 0
    together = {row["system"]: row for row in json.loads(out.read_text())["rows"]}
    assert list(together) == ["popularity", "EASE", "transition graph"]
    assert together["EASE"] in alone["rows"]
    for changed, named in (("--ties=file", "ties shuffled"), ("--seeds=2", "seeds")):
        refused = run("popularity", "--add", changed)
        assert refused.exit_code != 0
        assert named in refused.output


def test_rows_are_not_lost_if_the_report_goes_away_meanwhile(
    tmp_path: Path, home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_shop(tmp_path)
    out = tmp_path / "quality.json"
    plain = ALL["popularity"]

    def slow(task: Task, seed: int) -> Fitted:
        out.unlink(missing_ok=True)
        return plain(task, seed)

    arguments = [str(tmp_path), "--seeds", "1", "--only", "popularity", "--json", str(out)]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    monkeypatch.setitem(ALL, "popularity", slow)
    result = CliRunner().invoke(app, [*arguments, "--add"])
    assert result.exit_code == 0
    assert "quality.alone.json" in result.output
    assert [row["system"] for row in json.loads((tmp_path / "quality.alone.json").read_text())["rows"]] == [
        "popularity"
    ]


def test_names_are_parted_by_commas() -> None:
    assert _names("zhiyin, EASE,score fusion") == ["zhiyin", "EASE", "score fusion"]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [(["--only", "magic"], "magic"), (["--ties", "odd"], "odd"), (["--protocol", "guess"], "guess")],
)
def test_what_is_wrong_is_named(folder: Path, home: Settings, arguments: list[str], named: str) -> None:
    result = CliRunner().invoke(app, [str(folder), *arguments])
    assert result.exit_code != 0
    assert named in result.output


def test_a_folder_without_data_is_named(tmp_path: Path, home: Settings) -> None:
    result = CliRunner().invoke(app, [str(tmp_path)])
    assert result.exit_code != 0
    assert "items.csv" in result.output


SLOW = ("SASRec with cross-entropy", "two-tower", "zhiyin without LLM text", *RANKERS)  # they learn for long
OTHERS = [name for name in ALL if not name.startswith("zhiyin") and name not in SLOW]


@pytest.mark.parametrize("system", [*OTHERS, *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW)])
def test_every_system_beats_chance(folder: Path, system: str) -> None:
    """On walks that follow their ring, all but those that look at no order or no walk find the next item."""
    shop = load_shop(str(folder))
    task = leave_one_out(facts_without_a_model(shop), ordered_log(shop, FILE, 0), TRAIN_AND_VALIDATION)
    measured = measure(ALL[system](task, 0), task)
    chance = 20 / (ITEMS - 6)
    aimless = {
        "popularity",
        "TIFU-KNN",
        "DCN",
        "personal frequency",
        "recency-weighted personal frequency",
        "text similarity",
    }
    assert measured.metrics["Recall@20"] > (0.5 if system in aimless else 1.3) * chance
    assert 0 <= measured.metrics["NDCG@10"] <= measured.metrics["HR@10"] <= 1
