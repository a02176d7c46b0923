"""A model in BentoML's store, and the Bento that serves it.

BentoML reads where its store is (BENTOML_HOME) once, when it is first imported; so the work is done in a process of its
own, `python -m training.release.bento MODEL_VERSION PATH`, that has it set from the start.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from recommender.models.bundle import Manifest, read_manifest
from recommender.settings import PROJECT_ROOT, get_settings

NAME = "zhiyin"
SERVICE = "services.app:Recommender"
PARTS = ("recommender", "features", "feature_repo", "services")
LOCK = "requirements.lock"


class PackagingError(RuntimeError):
    """The Bento couldn't be built; the message is BentoML's own."""


def build_bento(model_version: str, path: str) -> str:
    """The tag of the model's Bento; built when it isn't in the store yet."""
    environment = os.environ | {
        "BENTOML_HOME": str(get_settings().bentoml_dir),
        "BENTOML_DO_NOT_TRACK": "True",
        "ZHIYIN_HOME": str(get_settings().root),
    }
    get_settings().bentoml_dir.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "training.release.bento", model_version, path]
    built = subprocess.run(command, cwd=PROJECT_ROOT, env=environment, capture_output=True, text=True)
    if built.returncode:
        raise PackagingError(f"packaging {model_version}: {built.stderr.strip()[-2000:]}")
    return built.stdout.strip().splitlines()[-1]


def _keep_model(manifest: Manifest, path: Path) -> str:
    import bentoml

    tag = f"{NAME}:{manifest.model_version}"
    if any(str(model.tag) == tag for model in bentoml.models.list()):
        return tag
    labels = {"encoder": manifest.encoder_id.replace("/", "_"), "until": f"{manifest.until:%Y-%m-%d}"}
    metadata = manifest.model_dump(mode="json", include={"data_from", "until", "metrics", "baselines", "counts"})
    with bentoml.models.create(tag, labels=labels, metadata=metadata) as model:
        shutil.copytree(path, model.path, dirs_exist_ok=True)
    return tag


def _build(model_tag: str, manifest: Manifest) -> str:
    import bentoml

    version = manifest.model_version
    tag = f"{NAME}:{version}"
    if any(str(bento.tag) == tag for bento in bentoml.list()):
        return tag
    bento = bentoml.build(
        SERVICE,
        name=NAME,
        version=version,
        build_ctx=str(PROJECT_ROOT),
        description=f"Zhiyin, model {version}, NDCG@20 {manifest.metrics['NDCG@20']:.4f} on {manifest.test_interval}",
        labels={"model": version},
        include=[f"{part}/**" for part in PARTS] + ["pyproject.toml"],
        exclude=["**/__pycache__/**", "**/*.pyc"],
        python={"requirements_txt": LOCK, "lock_packages": False},
        models=[model_tag],
    )
    return str(bento.tag)


def _main(model_version: str, path: str) -> None:
    manifest = read_manifest(Path(path))
    if manifest.model_version != model_version:
        raise PackagingError(f"{path} holds model {manifest.model_version}, not {model_version}")
    print(_build(_keep_model(manifest, Path(path)), manifest))


if __name__ == "__main__":
    _main(*sys.argv[1:])
