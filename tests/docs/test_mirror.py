"""Tests mirror the tree: each module of the rooms that serve has its test file, in the same place below `tests/`.

A module that defines neither a function nor a class (tables of messages, names handed on from elsewhere) has nothing
to test by itself.
"""

import ast
from pathlib import Path

import pytest

from recommender.settings import PROJECT_ROOT

MIRRORED = (  # rooms whose tests are complete; a folder stands for all below it
    "services",
    "recommender/auth",
    "recommender/cli",
    "recommender/data",
    "recommender/drift",
    "recommender/embeddings",
    "recommender/encoders",
    "recommender/experiments",
    "recommender/explain",
    "recommender/importing",
    "recommender/models",
    "recommender/offers",
    "recommender/privacy",
    "recommender/profiles",
    "recommender/ranking",
    "recommender/release",
    "recommender/reranking",
    "recommender/retrieval",
    "recommender/scenarios",
    "recommender/search",
    "recommender/steering",
    "recommender/store",
    "recommender/subject_access",
    "recommender/utils",
)


def has_code(module: Path) -> bool:
    """Whether a module defines a function or a class."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return any(isinstance(node, kinds) for node in ast.parse(module.read_text()).body)


def mirror_of(module: Path) -> Path:
    """Where a module's tests are, below the project's root as the module is."""
    return Path("tests") / module.parent / f"test_{module.name}"


@pytest.mark.parametrize("room", MIRRORED)
def test_each_module_has_its_test_file(room: str) -> None:
    modules = [path.relative_to(PROJECT_ROOT) for path in sorted((PROJECT_ROOT / room).rglob("*.py"))]
    tested = [one for one in modules if not one.stem.startswith("__") and has_code(PROJECT_ROOT / one)]
    assert tested
    assert [str(one) for one in tested if not (PROJECT_ROOT / mirror_of(one)).is_file()] == []
