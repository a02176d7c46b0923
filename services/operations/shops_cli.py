"""`zhiyin shops add|list|remove`: the shops of an installation.

Where a shop lies and by which settings is in `recommender.shops`.
"""

import os
import shutil
from typing import Annotated

import typer
from sqlalchemy import make_url
from sqlalchemy.exc import OperationalError, ProgrammingError

from recommender.cli.output import AsJson, print_json, print_table, say_next
from recommender.db.engine import (
    close_engines,
    first_line,
    get_engine,
    migrate,
    schema_problem,
    schema_revision,
    session_scope,
)
from recommender.db.server_databases import create_database, drop_database
from recommender.home import Home
from recommender.settings import Settings, get_settings, settings_of
from recommender.shops import OWN_SETTINGS, ShopError, check_shop_id, database_of, list_shops
from recommender.store.queries import promoted_model
from services.operations.presence import serving_ports

app = typer.Typer(no_args_is_help=True, help="Several shops in one installation, each kept apart.")
ShopId = Annotated[str, typer.Argument(metavar="ID", help="Lowercase letters, digits and hyphens.")]
OWN_SETTINGS_TEXT = """\
# Settings of this shop alone, written as in .env; they count more than the installation's.
# Secrets and addresses of the shop's own systems are taken from here and from nowhere else:
#ZHIYIN_TOKEN_SECRET=
#ZHIYIN_SHOPIFY_SECRET=
#ZHIYIN_WOOCOMMERCE_SECRET=
#ZHIYIN_WEBHOOK_URL=
#ZHIYIN_WEBHOOK_SECRET=
#ZHIYIN_CORS_ORIGINS=
"""


@app.command("add")
def add(shop_id: ShopId) -> None:
    """Make a shop: its home, its settings' file, its database with all tables."""
    installation = installation_settings()
    folder = Home.shops_below(installation.root) / check_shop_id(shop_id)
    if folder.exists():
        raise ShopError(f"{folder} is there already: choose another id, or zhiyin shops remove {shop_id}")
    folder.mkdir(parents=True, mode=0o700)
    try:
        (folder / OWN_SETTINGS).touch(mode=0o600)
        (folder / OWN_SETTINGS).write_text(OWN_SETTINGS_TEXT, encoding="utf-8")
        shop = settings_of(installation, shop_id)
        _make_database(installation, shop)
        migrate(shop.sqlalchemy_url)
    except Exception:
        shutil.rmtree(folder)
        raise
    typer.echo(f"{shop_id}: {folder}")
    say_next(f"zhiyin --shop {shop_id} loop FOLDER", "zhiyin shops serve")


@app.command("list")
def listed(as_json: AsJson = False) -> None:
    """The installation's shops, beside the one that its home itself is."""
    installation = installation_settings()
    rows = [_described(settings_of(installation, shop_id)) for shop_id in list_shops(installation.root)]
    if as_json:
        print_json(rows)
        return
    print_table("shop model_in_service state home", ([row[name] for name in row if name != "database"] for row in rows))


def _described(shop: Settings) -> dict[str, str]:
    """What `list` says of a shop; of its database's address no password."""
    engine = get_engine(shop.sqlalchemy_url)
    problem, model = schema_problem(engine), None
    if problem is None:
        with session_scope(engine) as session:
            model = promoted_model(session)
    ports = serving_ports(shop.root)
    return {
        "shop": shop.shop_id,
        "model_in_service": model.model_version if model is not None else "-",
        "state": problem or (f"served at port {', '.join(ports)}" if ports else "not served"),
        "home": str(shop.root),
        "database": make_url(shop.sqlalchemy_url).render_as_string(),
    }


@app.command("remove")
def remove(shop_id: ShopId, yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False) -> None:
    """Remove a shop with all that is kept of it, for good: home, database, what Redis holds."""
    installation = installation_settings()
    shop = settings_of(installation, shop_id)
    if ports := serving_ports(shop.root):
        raise ShopError(f"shop {shop_id!r} is served at port {', '.join(ports)}: stop it first")
    if not yes:
        typer.confirm(f"Remove shop {shop_id!r} and all of {shop.root}, for good?", abort=True)
    if shop.redis_url is not None:
        _empty_online(shop_id)
    close_engines()
    address = make_url(shop.sqlalchemy_url)
    ours = address == make_url(database_of(installation, shop.root, shop_id))
    if ours and address.get_backend_name() != "sqlite":
        _drop_database(installation, str(address.database))
    shutil.rmtree(shop.root)
    typer.echo(f"{shop_id}: removed")
    if not ours:
        typer.echo(f"its database is of its own choice and still there: {address.render_as_string()}")


def installation_settings() -> Settings:
    """The settings of the installation; raises `ShopError` in a process that is one of its shops'."""
    settings = get_settings()
    if settings.shop_id:
        raise ShopError("`zhiyin shops` is about the whole installation: leave --shop and ZHIYIN_SHOP out")
    return settings


def _make_database(installation: Settings, shop: Settings) -> None:
    """On a server; one that its administrator made before, and that is empty, is taken."""
    address = make_url(shop.sqlalchemy_url)
    if address.get_backend_name() == "sqlite":
        return
    name = str(address.database)
    try:
        made = create_database(installation.sqlalchemy_url, name)
    except ProgrammingError as refusal:
        raise ShopError(
            f"the database {name} can't be made ({first_line(refusal.orig or refusal)}): let the server's "
            f"administrator make it, empty, for the user {address.username}, and try again"
        ) from None
    if not made and schema_revision(get_engine(shop.sqlalchemy_url)) is not None:
        raise ShopError(f"the database {name} has tables already: choose another id, or have it dropped")


def _drop_database(installation: Settings, name: str) -> None:
    try:
        drop_database(installation.sqlalchemy_url, name)
    except OperationalError as refusal:
        raise ShopError(f"{first_line(refusal.orig or refusal)}: stop what uses it, and try again") from None


def _empty_online(shop_id: str) -> None:
    """Takes the shop's profiles and behaviour out of a Redis that it may share; this process is the shop's then."""
    from features.store import close_stores, empty_online  # Feast takes seconds to import

    os.environ["ZHIYIN_SHOP"] = shop_id
    get_settings.cache_clear()
    empty_online()
    close_stores()  # its registry is in the shop's database
