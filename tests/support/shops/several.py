"""This process as one of several shops', for as long as a block lasts."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from features.store import close_stores
from recommender.db.engine import close_engines
from recommender.settings import Settings, environment_of, get_settings


@contextmanager
def inside(shop_id: str) -> Iterator[Settings]:
    """What the process reads and writes in the block is the shop's; after it, the installation's own again."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment_of(get_settings(), shop_id).items():
            patch.setenv(name, value)
        forget_everything()
        yield get_settings()
    forget_everything()


def forget_everything() -> None:
    """Settings, engines and feature stores are opened anew."""
    close_stores()
    close_engines()
    get_settings.cache_clear()
