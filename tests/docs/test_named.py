"""Whatever a text or a message tells people to call is there: commands, options, extras, targets, settings, files."""

import importlib.util
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from console.commands import COMMANDS
from console.main import load_command
from recommender.settings import PROJECT_ROOT, Settings

CODE = (
    "recommender",
    "features",
    "feature_repo",
    "training",
    "services",
    "monitoring",
    "dags",
    "console",
    "benchmarks",
)
SINGLE = (".env.example", "Dockerfile", "docker-compose.yml", "Makefile", "pyproject.toml")
COMMAND = re.compile(r"(?<![\w./:-])zhiyin ((?:[a-z][a-z-]+ ?)+)([^`\n\"|;)]*)")
A_NAME = {"over", "by", "on", "erased", "without", "csv", "as"}  # words after the project's name that begin no call
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
MODULE = re.compile(r"python3? -m ([a-z_][\w.]*[a-z_])(?!\w|\.[A-Z])")
TARGET = re.compile(r"(?:`|^|\$ |: )make ([a-z-]+)(?=[`\s])", re.MULTILINE)
EXTRA = re.compile(r"zhiyin\[([a-z, ]+)\]|\.\[([a-z, ]+)\]|\bextra [`'\"]?([a-z]+)[`'\"]")
SETTING = re.compile(r"\bZHIYIN_[A-Z]+(?:_[A-Z]+)*\b")
OF_COMPOSE = {"ZHIYIN_VERSION"}
LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)(?:#[^)]*)?\)")


def texts() -> Iterator[Path]:
    """What people read of the project: pages, sources with their messages, and what starts it."""
    yield from sorted(PROJECT_ROOT.glob("*.md"))
    yield from sorted((PROJECT_ROOT / "docs").glob("*.md"))
    for room in (*CODE, "examples"):
        yield from sorted(path for path in (PROJECT_ROOT / room).rglob("*") if path.suffix in (".py", ".md", ".html"))
    yield from (PROJECT_ROOT / name for name in SINGLE)


def found(pattern: re.Pattern[str]) -> Iterator[tuple[str, re.Match[str]]]:
    """Every match, with the file and the line where it stands."""
    for path in texts():
        text = path.read_text()
        for match in pattern.finditer(text):
            yield f"{path.relative_to(PROJECT_ROOT)}:{text.count(chr(10), 0, match.start()) + 1}", match


@cache
def command(name: str) -> Any:
    return load_command(name)


def options_of(one: Any) -> set[str]:
    return {"--help"} | {name for option in one.params for name in (*option.opts, *option.secondary_opts)}


def wrong_in(words: str, rest: str) -> str | None:
    """What of a call does not exist: `words` are the plain words after `zhiyin`, `rest` what follows them."""
    first, *others = words.split()
    if first not in COMMANDS:
        return f"there is no command {first}"
    one = command(first)
    if subcommands := getattr(one, "commands", None):
        if others and others[0] not in subcommands:
            return f"{first} has no command {others[0]}"
        known = [subcommands[others[0]]] if others else list(subcommands.values())
    else:
        known = [one]
    unknown = set(OPTION.findall(rest)) - set[str]().union(*map(options_of, known))
    return f"{first} has no {', '.join(sorted(unknown))}" if unknown else None


def test_every_command_that_is_named_exists() -> None:
    calls = [
        (place, match[0], wrong_in(match[1], match[2]))
        for place, match in found(COMMAND)
        if match[1].split()[0] not in A_NAME
    ]
    assert len(calls) > 100
    assert [call for call in calls if call[2]] == []


@pytest.mark.parametrize(
    ("words", "rest", "wrong"),
    [
        ("migrat", "", "there is no command migrat"),
        ("rules show ", "", "rules has no command show"),
        ("rejects ", "--cuonts", "rejects has no --cuonts"),
        ("import csv ", "FOLDER --map title=name", None),
    ],
)
def test_a_command_that_does_not_exist_is_found(words: str, rest: str, wrong: str | None) -> None:
    assert wrong_in(words, rest) == wrong


def test_every_module_that_is_to_be_run_can_be() -> None:
    others = {"venv", "pip", "pytest", "bentoml", "uvicorn", "http.server"}
    named = {match[1]: place for place, match in found(MODULE) if match[1] not in others}
    assert "benchmarks.quality" in named
    assert {name: place for name, place in named.items() if not is_runnable(name)} == {}


def is_runnable(name: str) -> bool:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        return False
    if spec.submodule_search_locations:
        return importlib.util.find_spec(f"{name}.__main__") is not None
    return '__name__ == "__main__"' in Path(spec.origin).read_text()


def test_every_target_of_make_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT_ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {(place, match[1]) for place, match in found(TARGET) if match[1] not in targets} == set()


def test_every_extra_that_is_named_exists() -> None:
    extras = set(tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"])
    named = {
        (place, one)
        for place, match in found(EXTRA)
        for one in re.findall(r"[a-z]+", next(filter(None, match.groups())))
    }
    assert {(place, one) for place, one in named if one not in extras} == set()


def test_every_setting_that_is_named_exists() -> None:
    known = {f"ZHIYIN_{name.upper()}" for name in Settings.model_fields} | OF_COMPOSE
    named = {(place, match[0]) for place, match in found(SETTING)}
    assert {(place, one) for place, one in named if one not in known and not is_prefix(one, known)} == set()


def is_prefix(name: str, known: set[str]) -> bool:
    """Of several settings, as in ZHIYIN_KEEP_..."""
    return sum(one.startswith(f"{name}_") for one in known) > 1


def test_every_file_that_a_page_links_to_exists() -> None:
    links = [
        (place, PROJECT_ROOT / place.rpartition("/")[0], match[1]) for place, match in found(LINK) if ".md:" in place
    ]
    assert len(links) > 20
    assert [(place, target) for place, folder, target in links if not (folder / target).exists()] == []
