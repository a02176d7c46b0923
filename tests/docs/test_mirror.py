"""Tests mirror the tree: each module of the rooms that serve has its test file, in the same place below `tests/`.

A module that defines neither a function nor a class (tables of messages, names handed on from elsewhere) has nothing
to test by itself.
"""

import ast
from pathlib import Path

import pytest

from recommender.settings import PROJECT_ROOT

# rooms whose tests are complete; a folder stands for all below it
MIRRORED = ("recommender", "services", "features", "monitoring", "console")
LEFT_OUT = Path("recommender/db/migrations")  # each is run by the tests of the tables it makes


def has_code(module: Path) -> bool:
    """Whether a module defines a function or a class."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return any(isinstance(node, kinds) for node in ast.parse(module.read_text()).body)


def is_tested(module: Path) -> bool:
    """Whether a module, given below the project's root, needs a test file."""
    named = not module.stem.startswith("__") and not module.is_relative_to(LEFT_OUT)
    return named and has_code(PROJECT_ROOT / module)


def mirror_of(module: Path) -> Path:
    """Where a module's tests are, below the project's root as the module is."""
    return Path("tests") / module.parent / f"test_{module.name}"


@pytest.mark.parametrize("room", MIRRORED)
def test_each_module_has_its_test_file(room: str) -> None:
    modules = [path.relative_to(PROJECT_ROOT) for path in sorted((PROJECT_ROOT / room).rglob("*.py"))]
    tested = [one for one in modules if is_tested(one)]
    assert tested
    assert [str(one) for one in tested if not (PROJECT_ROOT / mirror_of(one)).is_file()] == []
