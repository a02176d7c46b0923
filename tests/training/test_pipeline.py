"""The steps together, as a person runs them: the shop's database to a promoted model in a Bento, by the commands."""

import json
import subprocess
from pathlib import Path

import pytest

from features.building.pipeline import build_features
from recommender.db.engine import session_scope
from recommender.db.tables import Model
from recommender.settings import PROJECT_ROOT, Settings, get_settings
from recommender.store.queries import promoted_model
from tests.support.commands import ZHIYIN, zhiyin
from tests.support.servers.databases import install_tables
from tests.support.shops.shop import SHOP_FROM, SHOP_UNTIL, fill_shop
from training.encoders.embed_catalog import embed_catalogue
from training.pipeline import TrainParams, train


@pytest.fixture
def shop(home: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("ZHIYIN_THREADS", "1")
    get_settings.cache_clear()
    install_tables()
    fill_shop()
    build_features(SHOP_FROM, SHOP_UNTIL)
    return get_settings()


def _run(*arguments: str) -> tuple[int, str]:
    result = zhiyin(*arguments)
    return result.exit_code, result.output


def test_from_events_to_a_bento_and_again_without_a_trace(shop: Settings) -> None:
    code, said = _run("run", "--until", "2026-05-01", "--days", "120")
    assert code == 0, said
    assert "the best of the plain methods" in said.replace("\n", " ")
    with session_scope() as session:
        model = promoted_model(session)
    assert model is not None
    manifest = model.manifest
    assert manifest["feature_service"] == f"recommender_{model.model_version}"
    assert manifest["metrics"]["NDCG@20"] > manifest["baselines"]["popularity"]["NDCG@20"]
    by_purchases = {"no purchase in 30 days", "few purchases", "some purchases", "many purchases"}
    assert set(manifest["segments"]) <= by_purchases | {"known shoppers", "sparse shoppers", "new shoppers"}
    assert by_purchases & set(manifest["segments"])
    cut = [segment for name, segment in manifest["segments"].items() if name in by_purchases]
    assert sum(one["shoppers"] for one in cut) == manifest["counts"]["test_shoppers"]
    assert model.bento_tag
    assert model.bento_tag.startswith(f"zhiyin:{model.model_version}-")
    in_store = shop.bentoml_dir / "models" / "zhiyin" / model.model_version
    assert json.loads((in_store / "manifest.json").read_text())["model_version"] == model.model_version
    assert (shop.bentoml_dir / "bentos" / model.bento_tag.replace(":", "/") / "src" / "services" / "app.py").exists()

    assert train(TrainParams(until=SHOP_UNTIL, days=120, minutes=get_settings().train_minutes)) == model.model_version
    counts = embed_catalogue()
    assert (counts["model_calls"], counts["cached"]) == (0, 60)
    with session_scope() as session:
        assert session.query(Model).count() == 1
    code, said = _run("models")
    assert code == 0
    assert "promoted" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("train", "--until", "soon"), "until: 'soon' isn't a day"),
        (("train", "--until", "2026-05-01", "--days", "1"), "days: Input should be greater than or equal to 2"),
        (("train", "--until", "2026-05-01", "--days", "20"), "test_days: 14 held-out days"),
        (("train", "--until", "2020-05-01", "--days", "100"), "until, days: no event"),
        (("train",), "until: there are no events yet"),
        (("gate", "nope"), "model_version: 'nope' is unknown"),
        (("package", "nope"), "model_version: 'nope' is unknown"),
        (("rollback",), "no model is in service"),
        (("refresh", "--as-of", "2026-05-01"), "no model is in service yet"),
    ],
)
def test_wrong_wishes_are_refused_by_name(home: Settings, arguments: tuple[str, ...], said: str) -> None:
    install_tables()
    if arguments[0] == "train" and "2020-05-01" in arguments:
        fill_shop()
    code, output = _run(*arguments)
    assert code == 2
    assert said in " ".join(output.split())


def test_the_command_is_there() -> None:
    command = [ZHIYIN, "--help"]
    said = subprocess.run(command, cwd=Path(PROJECT_ROOT), capture_output=True, text=True, check=True).stdout
    assert all(
        step in said for step in ("embed", "train", "gate", "package", "promote", "rollback", "refresh", "models")
    )
