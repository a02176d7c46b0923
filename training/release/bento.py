"""A model in BentoML's store, and the Bento that serves it.

The Bento holds the code that serves, its own list of packages and the name of its model; a version is the model's and a
digest of all else, so that another model or other code makes another Bento. BentoML reads where its store is
(BENTOML_HOME) once, when it is first imported; so its work is done in a process of its own,
`python -m training.release.bento build VERSION MODEL_FOLDER CODE_FOLDER`, that has it set from the start.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from recommender.models.manifest import Manifest, read_manifest
from recommender.settings import PROJECT_ROOT, get_settings

NAME = "zhiyin"
SERVICE = "services.app:Recommender"
PARTS = ("recommender", "features", "services", "feature_repo")
COMPILED = "__pycache__"  # spares the build the time to compile; BentoML leaves it out of a Bento
FILES = {"requirements-serving.lock": "requirements-serving.lock", "services/uv.toml": "uv.toml"}  # where each goes


class PackagingError(RuntimeError):
    """BentoML couldn't do its work; the message is its own."""


def build_bento(model_version: str, path: Path) -> str:
    """The tag of the Bento of this model and today's code; built when it isn't in the store yet."""
    manifest = read_manifest(path)
    if manifest.model_version != model_version:
        raise PackagingError(f"{path} holds model {manifest.model_version}, not {model_version}")
    with TemporaryDirectory(prefix="zhiyin-bento-") as folder:
        code = Path(folder).resolve()
        gather_code(code)
        version = f"{model_version}-{digest_of(code)}"
        if not (bentos_dir() / version / "bento.yaml").exists():
            _bentoml(code, "build", version, str(path), str(code))
    return f"{NAME}:{version}"


def gather_code(place: Path) -> None:
    """Copies what serves, and nothing else, to a folder: BentoML looks at every file below the one it builds from."""
    for part in PARTS:
        shutil.copytree(PROJECT_ROOT / part, place / part, ignore=_left_out)
    for source, name in FILES.items():
        shutil.copy(PROJECT_ROOT / source, place / name)


def _left_out(folder: str, _: list[str]) -> list[str]:
    """Feast, run by hand, keeps its trials in feature_repo/data."""
    return ["data"] if Path(folder) == PROJECT_ROOT / "feature_repo" else []


def digest_of(folder: Path) -> str:
    """Eight hexadecimal digits that differ when a file's name or content does; compiled code doesn't count."""
    digest = hashlib.sha256()
    for file in sorted(one for one in folder.rglob("*") if one.is_file() and one.parent.name != COMPILED):
        digest.update(f"{file.relative_to(folder).as_posix()}\0{file.stat().st_size}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:8]


def delete_from_store(bentos: list[str], models: list[str]) -> None:
    """Removes Bentos, and models of BentoML's store, by their versions."""
    if bentos or models:
        _bentoml(PROJECT_ROOT, "delete", *(f"bento:{one}" for one in bentos), *(f"model:{one}" for one in models))


def bentos_dir() -> Path:
    """A folder a version."""
    return get_settings().bentoml_dir / "bentos" / NAME


def stored_models_dir() -> Path:
    """A folder a version: BentoML's own copies, which go with a Bento where it is exported."""
    return get_settings().bentoml_dir / "models" / NAME


def _bentoml(folder: Path, *arguments: str) -> None:
    """Runs this module with BentoML's home set; imports prefer the code in the folder."""
    environment = os.environ | {
        "BENTOML_HOME": str(get_settings().bentoml_dir),
        "BENTOML_DO_NOT_TRACK": "True",
        "PYTHONPATH": os.pathsep.join((str(folder), str(PROJECT_ROOT))),
        "ZHIYIN_HOME": str(get_settings().root),
    }
    get_settings().bentoml_dir.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "training.release.bento", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise PackagingError(f"{' '.join(arguments[:2])}: {done.stderr.strip()[-2000:]}")


def _build(version: str, path: Path, code: Path) -> None:
    import bentoml

    manifest = read_manifest(path)
    model = _keep_model(manifest, path)
    bentoml.build(
        SERVICE,
        name=NAME,
        version=version,
        build_ctx=str(code),
        description=f"Zhiyin, model {manifest.model_version}, NDCG@20 {manifest.metrics['NDCG@20']:.4f} "
        f"on {manifest.test_interval}",
        labels={"model": manifest.model_version},
        models=[model],
        args={"model": model},
    )


def _keep_model(manifest: Manifest, path: Path) -> str:
    """Puts the model into BentoML's store, unless it is there; its tag."""
    import bentoml

    tag = f"{NAME}:{manifest.model_version}"
    if (stored_models_dir() / manifest.model_version / "model.yaml").exists():
        return tag
    labels = {"encoder": manifest.encoder_id.replace("/", "_"), "until": f"{manifest.until:%Y-%m-%d}"}
    metadata = manifest.model_dump(mode="json", include={"data_from", "until", "metrics", "baselines", "counts"})
    with bentoml.models.create(tag, labels=labels, metadata=metadata) as model:
        shutil.copytree(path.resolve(), model.path, copy_function=os.symlink, dirs_exist_ok=True)  # copied on leaving
    for file in (stored_models_dir() / manifest.model_version).iterdir():
        file.chmod(0o644)  # the home's are its owner's alone; a Bento is served by another user
    return tag


def _delete(kinds_and_versions: Iterator[tuple[str, str]]) -> None:
    import bentoml

    for kind, version in kinds_and_versions:
        remove = bentoml.delete if kind == "bento" else bentoml.models.delete
        remove(f"{NAME}:{version}")


def _main(work: str, *arguments: str) -> None:
    if work == "build":
        version, path, code = arguments
        _build(version, Path(path), Path(code))
    else:
        _delete((kind, version) for kind, _, version in (one.partition(":") for one in arguments))


if __name__ == "__main__":
    _main(*sys.argv[1:])
