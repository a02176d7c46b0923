"""The command `erase`: a shopper's end in every store, the look whether it reached them all, and its receipt."""

from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from recommender.cli.output import AsJson, print_json

UserId = Annotated[str, typer.Argument(help="The shopper.")]
Exported = Annotated[
    Path | None, typer.Option("--export", help="Their export from before, whose texts are looked for, too.")
]
Folders = Annotated[
    list[Path] | None, typer.Option("--folder", help="A backup or another folder to look through; may be repeated.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Do it without asking.")]


def erase_shopper(user_id: UserId, yes: Yes = False) -> None:
    """Remove a shopper from every store, for good; their later events are refused."""
    from features.privacy import erase_whole  # Feast takes seconds to import

    if not yes:
        typer.confirm(f"Erase {user_id!r} from every store, for good?", abort=True)
    receipt = erase_whole(user_id, "command")
    if receipt is None:
        typer.echo(f"error: no store knows a shopper {user_id!r}; nothing was erased", err=True)
        raise typer.Exit(1)
    for store, rows in sorted(receipt.removed.items()):
        typer.echo(f"{store}: {rows}")
    if receipt.models:
        typer.echo(f"models that had learned from them, until the next training: {', '.join(receipt.models)}")
    if not receipt.log_cleared:
        typer.echo("SQLite's write-ahead log is being read: the service clears it later")
    typer.echo(f"erased; receipt {receipt.receipt}")


def erase(
    user_id: UserId,
    verify: Annotated[bool, typer.Option("--verify", help="Only look what is left, and print a receipt.")] = False,
    export: Exported = None,
    folder: Folders = None,
    as_json: AsJson = False,
    yes: Yes = False,
) -> None:
    """Remove a shopper from every store, or say what of them is left and where.

    With --verify nothing is removed; status 1 when something is left or could not be read.
    """
    if not verify:
        if export or folder or as_json:
            raise typer.BadParameter("goes with --verify", param_hint="--export, --folder or --json")
        erase_shopper(user_id, yes)
        return
    receipt = _verified(user_id, _read_json(export, "--export") if export else None, folder or [])
    print_json(receipt) if as_json else _print_receipt(receipt)
    if receipt["signature"] is None:
        typer.echo("the receipt is not signed: set ZHIYIN_RECEIPT_SECRET", err=True)
    if not receipt["clean"]:
        raise typer.Exit(1)


def check_receipt(
    file: Annotated[Path, typer.Argument(help="A receipt, as `zhiyin erase USER --verify --json` printed it.")],
) -> None:
    """Say whether a receipt is as it was signed; status 1 when it isn't."""
    from features.verification.receipt import is_sealed_by
    from recommender.settings import get_settings

    if not is_sealed_by(_read_json(file, "file"), get_settings().receipt_secrets):
        typer.echo(f"error: {file}: not as it was signed, or by no secret of ZHIYIN_RECEIPT_SECRET", err=True)
        raise typer.Exit(1)
    typer.echo(f"{file}: as it was signed")


def _verified(user_id: str, exported: dict[str, Any] | None, folders: list[Path]) -> dict[str, Any]:
    from features.verification.receipt import seal
    from features.verification.verify import verify
    from recommender.db.engine import get_engine
    from recommender.settings import get_settings

    for one in folders:
        if not one.is_dir():
            raise typer.BadParameter(f"{one}: there is no such folder", param_hint="--folder")
    if exported is not None and exported.get("user_id") != user_id:
        raise typer.BadParameter(f"it is not of {user_id!r}: give the export of that shopper", param_hint="--export")
    settings = get_settings()
    secret = next(iter(settings.receipt_secrets), None)
    return seal(verify(get_engine(), settings, user_id, exported, folders), secret)


def _read_json(path: Path, hint: str) -> dict[str, Any]:
    try:
        read = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise typer.BadParameter(f"{path}: can't be read: {error}", param_hint=hint) from error
    if not isinstance(read, dict):
        raise typer.BadParameter(f"{path}: give a JSON object", param_hint=hint)
    return read


def _print_receipt(receipt: dict[str, Any]) -> None:
    for store, seen in receipt["scanned"].items():
        typer.echo(f"{store}: {seen['places']:,} places, {seen['bytes']:,} bytes")
    for one in receipt["found"]:
        typer.echo(f"left in {one['store']}: {one['place']}: id {one['ids']}, texts {one['texts']}")
    for place in receipt["unread"]:
        typer.echo(f"not read: {place}")
    texts = receipt["texts"]
    typer.echo(
        f"texts: {texts['looked_for']} looked for, {texts['too_short']} too short, {texts['shared']} not theirs alone"
    )
    for version in receipt["models_to_retrain"]:
        typer.echo(f"model {version} is in service and had learned from them: train again")
    for place in receipt["not_reached"]:
        typer.echo(f"not looked into: {place}")
    signature = receipt["signature"]
    typer.echo(f"shopper {receipt['shopper']}")
    typer.echo(f"sha256 {receipt['sha256']}")
    typer.echo(f"signature {signature['value'] if signature else 'none'}")
    typer.echo("nothing is left" if receipt["clean"] else "something is left")
