"""Each test opens stores of its own; they are closed after it."""

from collections.abc import Iterator

import pytest

from features.store import close_stores


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    close_stores()
