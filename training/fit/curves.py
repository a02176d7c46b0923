"""The course of losses while a model is fitted, for whoever wants to keep it; nobody who fits needs to know."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Curves = dict[str, list[float]]
_curves: ContextVar[Curves | None] = ContextVar("curves", default=None)
_name: ContextVar[str] = ContextVar("name", default="")


@contextmanager
def record_curves() -> Iterator[Curves]:
    """Collects what is noted until the block ends: by name, the mean losses one after the other."""
    curves: Curves = {}
    token = _curves.set(curves)
    try:
        yield curves
    finally:
        _curves.reset(token)


@contextmanager
def name_curve(name: str) -> Iterator[None]:
    """What is noted until the block ends belongs to this curve."""
    token = _name.set(name)
    try:
        yield
    finally:
        _name.reset(token)


def note_loss(loss: float) -> None:
    """The next point of the curve that is named; of fits that are no curve's, nothing is kept."""
    curves, name = _curves.get(), _name.get()
    if curves is not None and name:
        curves.setdefault(name, []).append(loss)
