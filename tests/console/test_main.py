"""`zhiyin`: a command's module is read when the command is called, and a shop is entered for it."""

import os

import pytest
import typer
from typer.core import TyperGroup

from console.commands import COMMANDS
from console.main import app, load_command
from recommender.settings import Settings
from tests.support.commands import zhiyin
from tests.support.servers.databases import install_tables


@pytest.fixture(scope="module")
def group() -> TyperGroup:
    return typer.main.get_group(app)


def test_help_shows_the_commands_in_their_order_without_loading_them(group: TyperGroup) -> None:
    context = typer.Context(group)
    assert group.list_commands(context) == list(COMMANDS)
    shown = group.get_command(context, "status")
    assert shown is not None
    assert shown.help == COMMANDS["status"].line
    assert group.get_command(context, "no such") is None


@pytest.mark.parametrize("name", ["status", "features", "drift"])
def test_a_command_is_loaded_from_its_module(name: str) -> None:
    assert load_command(name).name == name


def test_an_unknown_command_is_a_usage_error() -> None:
    done = zhiyin("migrat")
    assert (done.exit_code, "No such command 'migrat'" in done.stderr) == (2, True)


def test_what_a_user_can_mend_is_said_in_one_line(home: Settings) -> None:
    done = zhiyin("status")
    assert done.exit_code != 0
    assert "Traceback" not in done.output


def test_a_shop_that_is_not_there_is_refused_and_this_process_stays_where_it_was(home: Settings) -> None:
    install_tables()
    before = os.environ.get("ZHIYIN_SHOP")
    done = zhiyin("--shop", "nowhere", "status")
    assert (done.exit_code != 0, "Traceback" in done.output) == (True, False)
    assert os.environ.get("ZHIYIN_SHOP") == before
