"""The commands for a home as a whole: `backup`, `restore`, and the list of erasures that a restore runs again."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from recommender.db.engine import get_engine, session_scope
from recommender.settings import get_settings
from services.operations.presence import serving_ports

Since = Annotated[Path | None, typer.Option("--erasures", help="A list of erasures kept elsewhere: `zhiyin erasures`.")]


def backup(target: Annotated[Path, typer.Argument(help="A new folder for the backup.")]) -> None:
    """Copy all that home and the database hold.

    The service may go on meanwhile.
    """
    from features.backups.archive import back_up  # Feast takes seconds to import

    with _worded():
        manifest = back_up(target)
    typer.echo(f"{target}: {len(manifest.files):,} files, the database at revision {manifest.revision}")


def restore(
    source: Annotated[Path, typer.Argument(help="The backup's folder.")],
    replace: Annotated[bool, typer.Option("--replace", help="Put it in the place of what is there.")] = False,
    erasures: Since = None,
) -> None:
    """Make a backup the home.

    Whoever was erased since it was made is erased again.
    """
    from features.backups.archive import put_back, read_backup
    from features.backups.repeated_erasures import erase_again, read_erasures, read_list
    from features.backups.revocations import take_back_again
    from features.store import empty_online

    with _worded():
        _must_be_stopped()
        read_backup(source)  # before anything is touched
        known, back = read_erasures()
        gone = [*(read_list(erasures) if erasures else ()), *known]
        aside = put_back(source, replace)
        empty_online()
        count = erase_again(gone, "restore")
        with session_scope() as session:
            again = take_back_again(session, back)
    typer.echo(f"{get_settings().root}: restored; erased again: {count} of {len(gone)} known erasures")
    typer.echo(f"withdrawals of consent and revoked keys since the backup, applied again: {again}")
    if aside is not None:
        typer.echo(f"what was there before lies in {aside}: remove it, it holds what was erased from the backup, too")
    if not gone:
        typer.echo("no erasure is known: if there were any since the backup, give their list with --erasures")


def erasures() -> None:
    """Print a digest for each shopper who was erased.

    Keep the list where backups are: for `zhiyin restore --erasures FILE`.
    """
    from features.backups.repeated_erasures import erased_by_now

    with _worded():
        for one in erased_by_now(get_engine()):
            typer.echo(one.digest)


def _must_be_stopped() -> None:
    if ports := serving_ports(get_settings().root):
        _fail(f"the service runs at port {', '.join(ports)}: stop it first")


@contextmanager
def _worded() -> Iterator[None]:
    from features.backups.archive import BackupError

    try:
        yield
    except (BackupError, ValueError) as error:
        _fail(str(error))


def _fail(message: str) -> NoReturn:
    typer.echo(f"error: {message}", err=True)
    raise typer.Exit(1)
