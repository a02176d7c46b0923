"""Everything that touches Feast: building the offline features, applying definitions, materialising, reading, pushing.

The only door to Feast for training, services and monitoring; definitions live in `feature_repo/`.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typeguard


@contextmanager
def _imported_lean() -> Iterator[None]:
    """Feast 0.67 has typeguard rewrite its classes, and imports torch to offer tensors, which nothing here asks for.

    Both together are three quarters of the CPU time of its import, at every start of a worker and of each task.
    """
    checked, no_torch = typeguard.typechecked, "torch" not in sys.modules
    typeguard.typechecked = _as_it_is
    if no_torch:
        sys.modules["torch"] = None  # type: ignore[assignment]  # an import of it fails, which Feast is ready for
    try:
        yield
    finally:
        typeguard.typechecked = checked
        if no_torch:
            del sys.modules["torch"]


def _as_it_is(target: Any = None, **_options: Any) -> Any:
    return _as_it_is if target is None else target


with _imported_lean():
    import feast  # noqa: F401
