"""Shops of like ids and unlike titles; this process as one of theirs, for as long as a block lasts."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import select, update

from features.online import read_behaviour, read_profiles
from features.store import close_stores
from recommender.db.engine import close_engines, get_engine, session_scope
from recommender.db.tables import Base, Item
from recommender.settings import Settings, environment_of, get_settings
from tests.support.shops.shop import SHOPPERS
from tests.support.shops.trained import install_shop

USERS = [f"u{number}" for number in range(SHOPPERS)]


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


def fill(settings: Settings, mark: str, price: float) -> None:
    """The tests' shop, whose titles say which shop's they are."""
    install_shop(settings)
    with session_scope() as session:
        session.execute(update(Item).values(title=Item.title + f" {mark}", price=price))


def everything() -> dict[str, Any]:
    """All that the stores of the shop that this process is in hold: tables, files, profiles and behaviour online."""
    root, profiles, behaviour = get_settings().root, read_profiles(USERS), read_behaviour(USERS)
    files = [path for name in ("models", "offline", "reports", "spool") for path in sorted((root / name).rglob("*.*"))]
    with get_engine().connect() as connection:
        tables = {
            table.name: sorted(map(repr, connection.execute(select(table)))) for table in Base.metadata.sorted_tables
        }
    return {
        "tables": tables,
        "files": {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files if path.is_file()},
        "profiles": repr(sorted(profiles.items())),
        "behaviour": behaviour.to_json(),
    }
