"""`zhiyin shops serve`: a service for each shop, in processes of its own, and the gateway before them.

The other commands of `zhiyin shops` are in `services.operations.shops_cli`. What is started ends with this process.
"""

import asyncio
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from sqlalchemy import make_url

from console.processes import Child, Processes, find_free_port
from recommender.db.engine import get_engine, schema_problem
from recommender.settings import Settings, environment_of, settings_of
from recommender.shops import ShopError, list_shops
from services.gateway import OWN, Shops, open_gateway
from services.http.rate_limit import loopback
from services.operations import shops_cli
from services.operations.serve import allow_connections, wait_for_port

LOOK_SECONDS = 2.0  # between two looks for shops that came, and services that ended
PAUSE_SECONDS = 10.0  # before a service that ended is started again

app = typer.Typer()
app.add_typer(shops_cli.app, name="shops")


@shops_cli.app.command("serve")
def serve(
    host: Annotated[str | None, typer.Option(help="Address to bind; ZHIYIN_SERVICE_HOST.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port; ZHIYIN_SERVICE_PORT.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, max=64, help="Processes of each shop's service.")] = None,
) -> None:
    """Start a service for each shop, and one address for all: /shops/ID/..., or ID.DOMAIN.

    Shops that are added meanwhile are served, too.
    """
    settings = shops_cli.installation_settings()
    host, port = host or settings.service_host, port or settings.service_port
    wait_for_port(host, port)
    allow_connections()
    signal.signal(signal.SIGTERM, _end)
    with Processes(settings.logs_dir) as processes:
        services = Services(settings, processes, workers or settings.service_workers, loopback(host))
        services.look()
        proxies = [ip_network(one.strip(), strict=False) for one in settings.proxies.split(",") if one.strip()]
        typer.echo(f"shops at http://{host}:{port}/shops/ID/ and http://ID.{settings.shop_domain}:{port}/")
        asyncio.run(_run(services, settings.shop_domain.lower(), proxies, host, port))


def _end(_number: int, _frame: object) -> None:
    """Ends this process in order, once the gateway has ended: uvicorn gives a signal on to whoever had it before."""
    raise SystemExit(0)


async def _run(
    services: "Services", domain: str, proxies: list[IPv4Network | IPv6Network], host: str, port: int
) -> None:
    """Until a signal ends it; the services are looked after meanwhile."""
    async with open_gateway(services.shops, domain, proxies) as gateway:
        config = uvicorn.Config(
            gateway,
            host,
            port,
            log_level="warning",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            lifespan="off",
            timeout_graceful_shutdown=10,
        )
        watch = asyncio.create_task(_watch(services))
        try:
            await uvicorn.Server(config).serve()
        finally:
            watch.cancel()


async def _watch(services: "Services") -> None:
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        services.look()


@dataclass(slots=True)
class Services:
    """The shops' services: one is started for each shop that is there, and again where it has ended.

    `is_loopback_only`: the gateway is reached from this machine alone. Where it isn't, a shop that asks for no keys
    isn't served. Why a shop isn't is said once.
    """

    installation: Settings
    processes: Processes
    workers: int
    is_loopback_only: bool
    shops: Shops = field(default_factory=Shops)
    _children: dict[str, Child] = field(default_factory=dict)
    _not_before: dict[str, float] = field(default_factory=dict)
    _said: dict[str, str] = field(default_factory=dict)

    def look(self) -> None:
        """Starts what is to be served and doesn't run, and forgets what has ended; to be called in the main thread,
        since the system ends a child with the thread that started it.
        """
        own = [OWN] if _has_tables(self.installation) else []
        for shop_id in (*own, *list_shops(self.installation.root)):
            child = self._children.get(shop_id)
            if child is not None and child.alive:
                continue
            self.shops.services.pop(shop_id, None)
            if child is not None:
                self.processes.children.remove(self._children.pop(shop_id))
            if time.monotonic() < self._not_before.get(shop_id, 0.0):
                continue
            self._not_before[shop_id] = time.monotonic() + PAUSE_SECONDS
            try:
                self._start(shop_id)
            except (ShopError, ValueError) as refusal:
                self._say(shop_id, str(refusal).partition("\n")[0])

    def _start(self, shop_id: str) -> None:
        settings = self.installation if shop_id == OWN else settings_of(self.installation, shop_id)
        if settings.auth == "off" and not self.is_loopback_only:
            raise ShopError("it asks for no keys, and others than this machine reach it: set ZHIYIN_AUTH=required")
        port = find_free_port()
        command = [sys.executable, "-m", "console", "serve", "--host", "127.0.0.1", "--port", str(port)]
        child = self.processes.start(
            f"service{'-' if shop_id else ''}{shop_id}",
            [*command, "--workers", str(self.workers)],
            self._environment(shop_id),
        )
        self._children[shop_id], self.shops.services[shop_id] = child, f"http://127.0.0.1:{port}"

    def _environment(self, shop_id: str) -> Mapping[str, str]:
        """The shop's; its service believes the gateway where a request comes from."""
        proxies = {"ZHIYIN_PROXIES": ",".join(filter(None, (self.installation.proxies, "127.0.0.1")))}
        return proxies if shop_id == OWN else environment_of(self.installation, shop_id) | proxies

    def _say(self, shop_id: str, reason: str) -> None:
        if self._said.get(shop_id) != reason:
            typer.echo(f"shop {shop_id or 'of the installation itself'} isn't served: {reason}", err=True)
        self._said[shop_id] = reason


def _has_tables(settings: Settings) -> bool:
    """Whether the installation's home is a shop itself, too."""
    address = make_url(settings.sqlalchemy_url)
    if address.get_backend_name() == "sqlite" and not Path(str(address.database)).is_file():
        return False  # to look for it would make it
    return schema_problem(get_engine()) is None
