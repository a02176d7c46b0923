"""Several shops in one installation: where each one's home lies, and the environment that makes a process its own.

A shop is kept apart by place: everything below a process reads one home and one database, so no query can forget which
shop it is for. A process enters one shop and never leaves it; what it starts is that shop's, too.
"""

import re
from pathlib import Path

from dotenv import dotenv_values
from sqlalchemy import make_url

from recommender.home import Home

OWN_SETTINGS = "shop.env"  # in a shop's home: settings that are this shop's alone
LONGEST_ID = 32
RESERVED = ("ZHIYIN_HOME", "ZHIYIN_SHOP", "ZHIYIN_SHOP_ID")
NOT_INHERITED = (  # secrets and addresses of one shop's own systems: a shop has them from its own file, or not at all
    "ZHIYIN_TOKEN_SECRET",
    "ZHIYIN_SHOPIFY_SECRET",
    "ZHIYIN_WOOCOMMERCE_SECRET",
    "ZHIYIN_WEBHOOK_URL",
    "ZHIYIN_WEBHOOK_SECRET",
    "ZHIYIN_RECEIPT_SECRET",
    "ZHIYIN_CORS_ORIGINS",
    "ZHIYIN_AIRFLOW_URL",
    "ZHIYIN_AIRFLOW_TOKEN",
)
_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", re.ASCII)


class ShopError(ValueError):
    """A shop that can't be named, made or entered; the message says why and what to do."""


def check_shop_id(shop_id: str) -> str:
    """The id itself; raises `ShopError` where it is none.

    No two hyphens in a row: the names that are made of an id in PostgreSQL and Redis are parted by two underscores.
    """
    if not _ID.fullmatch(shop_id) or len(shop_id) > LONGEST_ID:
        raise ShopError(
            f"{shop_id!r} is no shop's id: write 1 to {LONGEST_ID} lowercase letters, digits and single hyphens, "
            "a letter first"
        )
    return shop_id


def list_shops(root: Path) -> list[str]:
    """The ids of the shops below an installation's home, in order; that of the home itself has none."""
    folder = Home.shops_below(root)
    return sorted(path.parent.name for path in folder.glob(f"*/{OWN_SETTINGS}")) if folder.is_dir() else []


def suffix_of(shop_id: str) -> str:
    """What sets a shop's names apart where it shares a server with others: `__` and the id, hyphens as underscores."""
    return f"__{shop_id.replace('-', '_')}"


def shop_environment(installation: Home, shop_id: str, audience: str) -> dict[str, str]:
    """The environment variables that make a process the shop's, over those of the installation.

    `audience` is the installation's `token_audience`: a token for one shop is for no other one. What the shop's own
    file says comes last. Raises `ShopError` where there is no such shop, or its file would lead into another one.
    """
    home = Home.shops_below(installation.root) / check_shop_id(shop_id)
    if not (home / OWN_SETTINGS).is_file():
        known = ", ".join(list_shops(installation.root)) or "none"
        raise ShopError(
            f"there is no shop {shop_id!r} below {installation.root} (there are: {known}): zhiyin shops add"
        )
    own = _read(home / OWN_SETTINGS)
    said = {
        **dict.fromkeys(NOT_INHERITED, ""),
        "ZHIYIN_DATABASE_URL": database_of(installation, home, shop_id),
        "ZHIYIN_IMAGES": str(home / "images"),
        "ZHIYIN_LANDING": str(home / "landing"),
        "ZHIYIN_TOKEN_AUDIENCE": f"{audience}/{shop_id}",
        **own,
        "ZHIYIN_HOME": str(home),
        "ZHIYIN_SHOP": shop_id,
        "ZHIYIN_SHOP_ID": shop_id,
    }
    if make_url(said["ZHIYIN_DATABASE_URL"]) == make_url(installation.sqlalchemy_url):
        raise ShopError(f"{home / OWN_SETTINGS}: ZHIYIN_DATABASE_URL is the installation's own: name another database")
    return said


def database_of(installation: Home, home: Path, shop_id: str) -> str:
    """The address of a shop's database: a file in its home, or a database of its own on the installation's server."""
    address = make_url(installation.sqlalchemy_url)
    if address.get_backend_name() == "sqlite":
        return f"sqlite:///{home / 'zhiyin.db'}"
    return address.set(database=f"{address.database}{suffix_of(shop_id)}").render_as_string(hide_password=False)


def _read(path: Path) -> dict[str, str]:
    found = {name: value for name, value in dotenv_values(path, interpolate=False).items() if value is not None}
    for name in found:
        if not name.startswith("ZHIYIN_") or name in RESERVED:
            raise ShopError(f"{path}: {name} can't be set there: leave it out; a shop's settings begin with ZHIYIN_")
    return found
