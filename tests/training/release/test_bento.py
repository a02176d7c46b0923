"""A Bento names its model, brings serving's packages alone, holds nothing else, and follows the code."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from recommender.db.engine import session_scope
from recommender.db.tables import Model
from recommender.settings import PROJECT_ROOT, Settings
from tests.support.bentos import bento_folder, register
from tests.support.servers.databases import install_tables
from training.release import bento
from training.release.package import package


@pytest.fixture
def shop(home: Settings) -> Settings:
    install_tables()
    register(home, "m1", "promoted")
    return home


def test_a_bento_names_its_model_and_holds_only_what_serves(shop: Settings) -> None:
    (shop.root / "secret.txt").write_text("of the home")
    tag = package("m1")
    folder = bento_folder(shop, tag)
    said: dict[str, Any] = yaml.safe_load((folder / "bento.yaml").read_text())
    assert [one["tag"] for one in said["models"]] == ["zhiyin:m1"]
    assert [one["tag"] for one in said["services"][0]["models"]] == ["zhiyin:m1"]
    assert said["args"] == {"model": "zhiyin:m1"}
    wanted = set((PROJECT_ROOT / "requirements-serving.lock").read_text().split())
    assert set((folder / "env" / "python" / "requirements.txt").read_text().split()) == wanted
    assert {one.name for one in (folder / "src").iterdir()} == {
        *bento.PARTS, "bentofile.yaml", "requirements-serving.lock", "uv.toml",
    }  # fmt: skip
    assert list(folder.rglob("__pycache__")) == []
    in_store = shop.bentoml_dir / "models" / "zhiyin" / "m1"
    assert [one.name for one in in_store.iterdir() if one.stat().st_mode & 0o044 != 0o044] == []  # any user serves it
    assert str(PROJECT_ROOT) not in "".join(one.read_text() for one in folder.rglob("*.yaml"))
    with session_scope() as session:
        assert session.get_one(Model, "m1").bento_tag == tag


def test_the_same_model_and_code_make_one_bento_and_other_code_another(
    shop: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = package("m1")
    built_at = (bento_folder(shop, first) / "bento.yaml").stat().st_mtime_ns
    assert package("m1") == first
    assert (bento_folder(shop, first) / "bento.yaml").stat().st_mtime_ns == built_at

    changed = tmp_path / "project"
    for part in bento.PARTS:
        shutil.copytree(PROJECT_ROOT / part, changed / part)
    for name in bento.FILES:
        shutil.copy(PROJECT_ROOT / name, changed / name)
    with (changed / "services" / "app.py").open("a") as file:
        file.write("\n# another line\n")
    monkeypatch.setattr(bento, "PROJECT_ROOT", changed)
    monkeypatch.setenv("PYTHONPATH", str(PROJECT_ROOT))
    bento.gather_code(place := tmp_path / "code")
    assert f"zhiyin:m1-{bento.digest_of(place)}" != first


def test_what_cannot_be_packaged_is_said_in_bentoml_s_words(shop: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bento, "SERVICE", "services.app:Nobody")
    monkeypatch.setattr(bento, "FILES", {"services/uv.toml": "uv.toml"})  # the list of packages is missing
    with pytest.raises(bento.PackagingError, match="requirements-serving"):
        package("m1")
    assert list(bento.bentos_dir().glob("m1-*")) == []


def test_the_service_can_be_imported_without_what_only_a_worker_needs() -> None:
    heavy = ("torch", "transformers", "feast", "pandas", "scipy", "alembic")
    code = f"import sys, services.app; print([one for one in {heavy} if one in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
