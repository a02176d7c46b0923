"""Each example does what it says, on a real shop, encoder and service."""

import gzip
import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from recommender.encoders.base import load_encoder
from recommender.profiles.user_state import prepare
from recommender.retrieval import SOURCES, retrieve
from recommender.settings import PROJECT_ROOT, Settings
from tests.services.conftest import serving_a_shop
from tests.support.encoders import tiny_encoder
from tests.support.shops.shop import SHOP_UNTIL, shop_history
from tests.support.shops.trained import SHOP_PARAMS, shop_bundle

EXAMPLES = PROJECT_ROOT / "examples"


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"examples.{name}", EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_example_is_told_of_and_tested() -> None:
    names = {path.name for path in EXAMPLES.glob("*.py")}
    told = (EXAMPLES / "README.md").read_text()
    tested = Path(__file__).read_text()
    assert {name for name in names if f"(`{name}`)" in told or f"]({name})" in told} == names
    assert {name for name in names if f'"{name.removesuffix(".py")}"' in tested or f'"{name}"' in tested} == names


@pytest.fixture
def price_level() -> Iterator[None]:
    load("add_source")
    yield
    del SOURCES["price level"]


@pytest.mark.slow
@pytest.mark.usefixtures("price_level")
def test_the_added_source_finds_what_costs_alike_and_is_learned_from() -> None:
    bundle = shop_bundle("with-price-level", SHOP_PARAMS.model_copy(update={"seed": 2}))
    assert "price distance" in bundle.manifest.ranker_columns
    shopper = prepare(shop_history("u1"), bundle.catalogue, int(SHOP_UNTIL.timestamp()))
    everything = np.ones(len(bundle.catalogue), dtype=bool)
    found = retrieve(bundle, shopper, np.zeros(bundle.width, dtype=np.float32), everything).found["price level"]
    prices, usual = bundle.catalogue.prices, np.nanmedian(bundle.catalogue.prices[shopper.rows_K])
    distances = np.abs(np.log1p(prices[found]) - np.log1p(usual))
    assert len(found) > 3
    assert (np.diff(distances) >= 0).all()
    assert not np.isin(found, shopper.rows_K).any()


def test_another_encoder_is_read_with(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tiny_encoder(tmp_path / "tiny")
    example = load("another_encoder")
    example.main(str(folder))
    said = capsys.readouterr().out
    assert said.startswith("tiny@")
    assert "32 numbers a text" in said
    found = example.nearest(load_encoder(Settings(threads=1, encoder_precision="fp32")), example.TEXTS)
    assert found["dog food"][0] == "cat food"
    assert found["green tea"][0] == "black tea"


@pytest.mark.slow
def test_a_shop_calls_the_service(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving_a_shop(tmp_path) as served:
        served.post("/recommend", user_id="u1")  # the first answer of a service takes its time on a busy machine
        load("call_from_shop").main(served.url, "u1")
    said = capsys.readouterr().out
    assert said.count(": ") >= 5
    assert "'added': 1" in said


@pytest.mark.slow
def test_own_files_go_through_the_whole_loop(tmp_path: Path) -> None:
    environment = {**os.environ, "ZHIYIN_HOME": str(tmp_path / "home"), "ZHIYIN_THREADS": "1", "COLUMNS": "80"}
    command = [sys.executable, str(EXAMPLES / "own_csv.py"), str(tmp_path / "files")]
    done = subprocess.run(command, env=environment, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stdout + done.stderr  # 1: plain methods are as good in so small a shop
    assert "sku -> item_id" in done.stdout
    assert "0 rejected" in done.stdout
    assert "gate: " in done.stdout
    assert "personal frequency" in done.stdout
    assert "next: zhiyin serve" in done.stderr


def test_the_example_shops_are_written_alike(tmp_path: Path) -> None:
    load("write_shops").write_shops(tmp_path)
    there = EXAMPLES / "shops"
    for name in ("shopify/products_export_1.csv", "shopify/orders_export_1.csv"):
        assert (tmp_path / name).read_text() == (there / name).read_text()
    [written], [kept] = (list((folder / "ga4").iterdir()) for folder in (tmp_path, there))
    assert gzip.decompress(written.read_bytes()) == gzip.decompress(kept.read_bytes())
