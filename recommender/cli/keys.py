"""`zhiyin keys create|list|origins|revoke|token|revoke-tokens`: the keys and signed tokens of the service's callers.

It parses options and prints; what a key is and where it lies is in `keys`, what a token says in `tokens`.
"""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated

import typer

from recommender.auth.keys import change_origins, create_key, list_keys, on_one_line, revoke_key
from recommender.auth.tokens import TokenRules, revoke_token, revoke_tokens, sign_token
from recommender.cli.output import AsJson, print_json, say_next
from recommender.db.engine import session_scope
from recommender.db.tables import ApiKey
from recommender.settings import get_settings

app = typer.Typer(no_args_is_help=True, help="Keys of the service's callers.")


class KeyScope(StrEnum):
    """What a key may do."""

    server = "server"
    shopper = "shopper"
    operator = "operator"


@app.command("create")
def create(
    scope: Annotated[
        KeyScope, typer.Option(help="server: the shop's own server; shopper: one shopper; operator: all.")
    ],
    user: Annotated[str | None, typer.Option(help="The shopper of a shopper's token.")] = None,
    name: Annotated[str, typer.Option(help="What it is for, for `list`.")] = "",
    days: Annotated[
        int | None, typer.Option(min=1, help="Ends after so many days; without, when it is revoked.")
    ] = None,
    origin: Annotated[
        list[str] | None,
        typer.Option(help="Pages of this origin alone may use it (https://shop.example); may be repeated."),
    ] = None,
) -> None:
    """Make a key. It is printed once: what is kept is its hash."""
    if (scope == KeyScope.shopper) != (user is not None):
        raise typer.BadParameter("give it with --scope shopper, and only then", param_hint="--user")
    now = datetime.now(UTC)
    with session_scope() as session:
        until = now + timedelta(days=days) if days else None
        try:
            key, row = create_key(session, scope.value, now, user, name, until, origin or ())
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--name, --user or --origin") from None
        typer.echo(f"key id  {row.key_id}", err=True)
    typer.echo(key)
    say_next("zhiyin keys list")


@app.command("list")
def listed(as_json: AsJson = False) -> None:
    """All keys, the newest first, one a line; of their secrets nothing is known."""
    with session_scope() as session:
        if as_json:
            names = ("key_id", "scope", "user_id", "name", "created_at", "expires_at", "revoked_at", "origins")
            rows = list_keys(session)
            print_json([{"state": _state(row), **{name: getattr(row, name) for name in names}} for row in rows])
            return
        for row in list_keys(session):
            until = f" until {row.expires_at:%Y-%m-%d %H:%M}" if row.expires_at else ""
            whose = f" of {on_one_line(row.user_id)}" if row.user_id else ""
            pages = f" for pages of {', '.join(row.origins)}" if row.origins else ""
            made = f"made {row.created_at:%Y-%m-%d}  {on_one_line(row.name)}"
            typer.echo(f"{row.key_id}  {_state(row):<8}{row.scope}{whose}{until}{pages}  {made}")


def _state(row: ApiKey) -> str:
    return "revoked" if row.revoked_at else "over" if _over(row.expires_at) else "valid"


def _over(moment: datetime | None) -> bool:
    return moment is not None and moment <= datetime.now(UTC)


@app.command("origins")
def origins(
    key_id: Annotated[str, typer.Argument(help="As `list` shows it.")],
    origin: Annotated[
        list[str] | None,
        typer.Option(help="Pages of this origin alone may use it (https://shop.example); may be repeated."),
    ] = None,
    settings: Annotated[
        bool, typer.Option("--as-settings", help="Name none: pages of the settings' origins may use it.")
    ] = False,
) -> None:
    """Change the origins whose pages may use a key; a running service goes by them within seconds."""
    if settings == bool(origin):
        raise typer.BadParameter("give one or the other", param_hint="--origin or --as-settings")
    with session_scope() as session:
        try:
            row = change_origins(session, key_id, origin or ())
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--origin or key_id") from None
        if row is None:
            raise typer.BadParameter(f"there is no key {key_id!r}; see `keys list`", param_hint="key_id")
        whose = ", ".join(row.origins) if row.origins else "the settings' origins (ZHIYIN_CORS_ORIGINS)"
    typer.echo(f"{key_id} is for pages of {whose}")


@app.command("revoke")
def revoke(key_id: Annotated[str, typer.Argument(help="As `list` shows it.")]) -> None:
    """End a key; a running service refuses it within seconds."""
    with session_scope() as session:
        if not revoke_key(session, key_id, datetime.now(UTC)):
            raise typer.BadParameter(f"there is no key {key_id!r}; see `keys list`", param_hint="key_id")
    typer.echo(f"{key_id} is revoked")


@app.command("token")
def token(
    user: Annotated[str | None, typer.Option(help="The shopper it is for.")] = None,
    visit: Annotated[str | None, typer.Option(help="The visit (session_id) that it is for, before sign-in.")] = None,
    minutes: Annotated[int, typer.Option(min=1, help="Its life.")] = 15,
) -> None:
    """Sign a token of a shopper or visit by hand, as the shop's server does; nothing is kept of it."""
    _must_be_one(user=user, visit=visit)
    rules, now = TokenRules.of(get_settings()), datetime.now(UTC)
    try:
        signed, claims = sign_token(rules, now, timedelta(minutes=minutes), user, visit)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="token") from None
    typer.echo(f"jti  {claims.token_id}  until {claims.expires_at:%Y-%m-%d %H:%M:%S} UTC", err=True)
    typer.echo(signed)


@app.command("revoke-tokens")
def revoke_signed(
    user: Annotated[str | None, typer.Option(help="All that this shopper has.")] = None,
    visit: Annotated[str | None, typer.Option(help="All that this visit (session_id) has.")] = None,
    jti: Annotated[str | None, typer.Option(help="The one of this id.")] = None,
) -> None:
    """End signed tokens; a running service refuses them within seconds. Those signed later are good."""
    _must_be_one(user=user, visit=visit, jti=jti)
    now = datetime.now(UTC)
    with session_scope() as session:
        if jti is not None:
            revoke_token(session, jti, now)
        else:
            revoke_tokens(session, now, user, visit)
    typer.echo("revoked")


def _must_be_one(**options: str | None) -> None:
    if sum(one is not None for one in options.values()) != 1:
        names = " or ".join(f"--{name}" for name in options)
        raise typer.BadParameter("give one of them", param_hint=names)
