"""Nothing that people can set, call, fill in or read off is without a word in the pages."""

import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import pytest

from console.commands import COMMANDS
from console.main import load_command
from recommender.settings import PROJECT_ROOT, Settings
from services.core.metrics import Meters, meters
from services.operations.openapi import ENDPOINTS, accurate

DOCS = PROJECT_ROOT / "docs"
PARAMETERS = {"Param", "day_param"}


def page(name: str) -> str:
    return (DOCS / name).read_text()


def leaves(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    """The commands that do something, by their whole name."""
    subcommands = getattr(command, "commands", None)
    if subcommands is None:
        yield name, command
        return
    for word, one in subcommands.items():
        yield from leaves(f"{name} {word}", one)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_has_its_row(name: str) -> None:
    for words, command in leaves(name, load_command(name)):
        row = re.search(rf"^\| `zhiyin {words}(?: [^`]*)?` \|.*$", page("commands.md"), re.MULTILINE)
        assert row, words
        options = [one.opts[0] for one in command.params if one.opts[0].startswith("--") and one.name != "help"]
        assert [option for option in options if f"`{option}`" not in row[0]] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_help_says_what_the_command_says_of_itself(name: str) -> None:
    own = load_command(name).help.split("\n\n")[0]
    assert COMMANDS[name].line == " ".join(own.split())
    assert len(COMMANDS[name].line) <= 80


def test_every_setting_has_its_line() -> None:
    lines = (PROJECT_ROOT / ".env.example").read_text()
    assert [name for name in Settings.model_fields if f"\n#ZHIYIN_{name.upper()}=" not in lines] == []


def test_every_endpoint_is_in_the_service_s_page() -> None:
    document = accurate({"info": {}, "paths": {path: {"post": {"responses": {}}} for path in ENDPOINTS}}, "0")
    shown = page("service.md")
    for path in document["paths"]:
        whole = re.sub(r"\{(?:\w+_)?(\w+)\}", lambda match: match[1].upper(), path)
        last = path[path.rindex("/") :]
        assert f"{whole}`" in shown or f"`{last}`" in shown, path


def test_every_field_of_a_form_is_in_the_operators_page() -> None:
    names = [field for path in sorted((PROJECT_ROOT / "dags").glob("*.py")) for field in fields_of(path.read_text())]
    assert len(names) > 20
    shown = page("operations.md").partition("## Starting it")[2]
    assert [name for name in names if f"`{name}`" not in shown] == []


def fields_of(source: str) -> Iterator[str]:
    """The keys of `params={...}` whose values are parameters of a form."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                called = value.func if isinstance(value, ast.Call) else None
                if isinstance(called, ast.Name) and called.id in PARAMETERS and isinstance(key, ast.Constant):
                    yield str(key.value)


def test_every_meter_is_in_the_service_s_page() -> None:
    names = [getattr(meters(), field.name)._name for field in fields(Meters)]
    assert len(names) > 15
    shown = page("service.md")
    assert [name for name in names if not re.search(rf"`{name}(_total)?(\{{[\w,]+\}})?`", shown)] == []
