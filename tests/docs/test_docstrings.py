"""Every public function, method and class of the platform says what it is for."""

import ast
from collections.abc import Iterator

import pytest

from recommender.settings import PROJECT_ROOT
from tests.docs.test_architecture import FILES, MIGRATIONS

ROOMS = ("recommender", "features", "training", "services", "monitoring", "console", "dags", "feature_repo")


def undocumented(source: str) -> list[tuple[int, str]]:
    """Line and name of what has no docstring; what begins with _ needs none, nor what stands inside a function."""
    return [(node.lineno, name) for node, name in public(ast.parse(source)) if not ast.get_docstring(node)]


def public(
    tree: ast.Module | ast.ClassDef, inside: str = ""
) -> Iterator[tuple[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, str]]:
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            if not node.name.startswith("_"):
                yield node, inside + node.name
            if isinstance(node, ast.ClassDef):
                yield from public(node, f"{inside}{node.name}.")


def test_every_public_function_and_class_has_a_docstring() -> None:
    files = [path for path in FILES if path.parts[0] in ROOMS and not path.is_relative_to(MIGRATIONS)]
    assert len(files) > 400
    found = [(path, *one) for path in files for one in undocumented((PROJECT_ROOT / path).read_text())]
    assert not found, "no docstring:\n" + "\n".join(f"{path}:{line} {name}" for path, line, name in found)


@pytest.mark.parametrize(
    ("source", "missing"),
    [
        ("def make():\n    pass", [(1, "make")]),
        ("def make():\n    '''A shop.'''", []),
        ("def _make():\n    pass", []),
        ("async def make():\n    def inner():\n        pass", [(1, "make")]),
        ("class Shop:\n    def open(self):\n        pass", [(1, "Shop"), (2, "Shop.open")]),
        ("class Shop:\n    '''A shop.'''\n    def __len__(self):\n        return 0", []),
        ("class _Shop:\n    def open(self):\n        pass", [(2, "_Shop.open")]),
    ],
)
def test_what_lacks_a_docstring_is_found(source: str, missing: list[tuple[int, str]]) -> None:
    assert undocumented(source) == missing
