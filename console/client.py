"""`zhiyin client python|typescript`: typed clients for a shop's own programs, made of the service's OpenAPI document.

The generators are programs of their own, fetched in the version named here; nothing of them is part of the platform.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import orjson
import typer

PYTHON, TYPESCRIPT = "openapi-python-client==0.29.1", "openapi-typescript@7.13.0"
NAMES = {"project_name_override": "zhiyin-client", "package_name_override": "zhiyin_client"}
SECONDS = 300
app = typer.Typer()
client = typer.Typer(no_args_is_help=True, help="Make a typed client of the service, in Python or TypeScript.")
app.add_typer(client, name="client")
Replace = Annotated[bool, typer.Option("--replace", help="Put it in the place of what is there.")]


@client.command("python")
def python(
    folder: Annotated[Path, typer.Argument(help="A new folder for the package `zhiyin_client`.")],
    replace: Replace = False,
) -> None:
    """Make a package of typed calls, each also awaitable, with the service's questions and answers as classes."""
    _must_be_free(folder, replace)
    with tempfile.TemporaryDirectory() as scratch:
        document, names = Path(scratch) / "openapi.json", Path(scratch) / "names.yaml"
        document.write_bytes(openapi_document())
        names.write_bytes(orjson.dumps(NAMES))  # JSON is YAML too
        tool = [sys.executable, "-m", "uv", "tool", "run", "--from", PYTHON, PYTHON.partition("==")[0], "generate"]
        made = ["--path", document, "--config", names, "--output-path", folder.resolve(), "--meta", "uv", "--overwrite"]
        _run([*tool, *map(str, made)], scratch)
    typer.echo(f"{folder}: pip install {folder}, then `from zhiyin_client import Client`")


@client.command("typescript")
def typescript(
    file: Annotated[Path, typer.Argument(help="A new file, e.g. zhiyin.d.ts.")], replace: Replace = False
) -> None:
    """Make a file of types of the service's addresses, questions and answers, as `openapi-fetch` reads them."""
    _must_be_free(file, replace)
    npx = shutil.which("npx")
    if npx is None:
        raise typer.BadParameter("needs npx, which comes with Node.js: install that", param_hint="typescript")
    with tempfile.TemporaryDirectory() as scratch:
        document = Path(scratch) / "openapi.json"
        document.write_bytes(openapi_document())
        _run([npx, "--yes", TYPESCRIPT, str(document), "--output", str(file.resolve())], scratch)
    typer.echo(f"{file}: npm install openapi-fetch, then `createClient<paths>({{ baseUrl }})`")


def openapi_document() -> bytes:
    """What `/docs.json` of this version gives; no service need run."""
    from services.app import document  # BentoML takes seconds to import

    return orjson.dumps(document())


def _must_be_free(place: Path, replace: bool) -> None:
    if place.exists() and not replace:
        raise typer.BadParameter(f"{place} is there already: name a new one, or say --replace", param_hint="place")


def _run(command: list[str], folder: str) -> None:
    """What the generator says is told where it fails."""
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        typer.echo(f"error: no client after {SECONDS} s: is the package index reachable?", err=True)
        raise typer.Exit(1) from None
    if done.returncode != 0:
        typer.echo((done.stdout + done.stderr).strip(), err=True)
        typer.echo("error: no client was made; the generator says why above", err=True)
        raise typer.Exit(1)
