"""Old models and Bentos go, the one in service and those before it stay, and so does a Bento that is being served."""

import subprocess
import sys
from pathlib import Path

import pytest

from recommender.db.engine import session_scope
from recommender.db.tables import Model
from recommender.release.model_lookup import ReleaseError
from recommender.release.promotion import rollback
from recommender.settings import Settings, get_settings
from tests.support.bentos import bento_folder, register
from tests.support.servers.databases import install_tables
from training.release.gate import promote
from training.release.package import package
from training.release.retention import is_in_use, remove_old_models

HOLD = """
import sys, types
from services.operations.bento import hold_bento
file = hold_bento(types.SimpleNamespace(path=sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def shop(home: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("ZHIYIN_KEEP_MODELS", "1")
    get_settings.cache_clear()
    install_tables()
    return get_settings()


def folders(place: Path) -> set[str]:
    return {one.name for one in place.iterdir() if one.is_dir()}


@pytest.mark.slow
def test_a_promotion_removes_what_is_older_than_the_models_kept(shop: Settings) -> None:
    for age, version in enumerate(("m4", "m3", "m2", "m1")):
        register(shop, version, days_ago=age)
    tags = {}
    for version in ("m1", "m2", "m3"):
        tags[version] = package(version)
        promote(version)
    assert folders(shop.models_dir) == {"m2", "m3", "m4"}  # the one before, the one in service, one that waits
    assert folders(shop.bentoml_dir / "models" / "zhiyin") == {"m2", "m3"}
    assert not bento_folder(shop, tags["m1"]).exists()
    assert bento_folder(shop, tags["m2"]).exists()
    with session_scope() as session:
        assert session.get_one(Model, "m1").bento_tag is None
        assert session.get_one(Model, "m2").bento_tag == tags["m2"]
    assert remove_old_models() == []

    assert rollback()["model_version"] == "m2"
    with pytest.raises(ReleaseError, match="its files are removed: ZHIYIN_KEEP_MODELS"):
        rollback()


@pytest.mark.slow
def test_a_bento_that_is_served_stays_with_its_model(shop: Settings) -> None:
    for age, version in enumerate(("m3", "m2", "m1")):
        register(shop, version, days_ago=age)
    tag = package("m1")
    promote("m1")
    command = [sys.executable, "-c", HOLD, str(bento_folder(shop, tag))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as service:
        assert service.stdout is not None
        assert service.stdout.readline() == "held\n"
        promote("m2")
        promote("m3")
        assert folders(shop.models_dir) == {"m2", "m3"}
        assert is_in_use(bento_folder(shop, tag))
        assert folders(shop.bentoml_dir / "models" / "zhiyin") == {"m1"}
        service.communicate("")
    assert not is_in_use(bento_folder(shop, tag))
    remove_old_models()
    assert not bento_folder(shop, tag).exists()


def test_before_a_model_is_promoted_nothing_is_removed(shop: Settings) -> None:
    register(shop, "m1")
    assert remove_old_models() == []
    assert folders(shop.models_dir) == {"m1"}
