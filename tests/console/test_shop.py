"""The parts of `zhiyin loop`: its clock, and what it does where there is nothing to do."""

import time
from pathlib import Path

import pytest
from rich.console import Console

from console.shop import Clock, _build, _check_drift, _refresh_drifted
from recommender.settings import Settings
from tests.support.commands import zhiyin
from tests.support.servers.databases import install_tables
from tests.support.shops.behaviour_log import add, at, event
from tests.support.shops.files import ITEMS, write


def test_lines_are_told_with_the_seconds_since_the_start_as_they_are() -> None:
    out = Console(record=True, width=80)
    Clock(out, began=time.monotonic() - 100).tell("[bold] is no markup")
    assert out.export_text().startswith(" 100.")
    out = Console(record=True, width=80)
    Clock(out).tell("[bold]")
    assert out.export_text().rstrip().endswith("s  [bold]")


def test_a_step_that_raises_keeps_no_time() -> None:
    clock = Clock(Console(record=True))
    with clock.step("import"):
        pass
    with pytest.raises(ValueError, match="bad"), clock.step("features"):
        raise ValueError("bad")
    assert list(clock.steps) == ["import"]


def test_without_events_or_a_model_nothing_is_built_or_checked(home: Settings) -> None:
    install_tables()
    told: list[str] = []
    _build(told.append)
    _check_drift(told.append)
    _refresh_drifted("no such run", told.append)
    assert told == []


def test_the_features_of_all_days_are_built(home: Settings) -> None:
    install_tables()
    add([event("1", "u", at(1.5)), event("2", "u", at(3.5))])
    told: list[str] = []
    _build(told.append)
    assert told == ["features: 2 events of 3 days"]


def test_a_folder_whose_mapping_makes_no_sense_is_refused_before_it_is_read(home: Settings, tmp_path: Path) -> None:
    folder = write(tmp_path / "shop", items__csv=ITEMS)
    done = zhiyin("loop", folder, "--map", "price")
    assert (done.exit_code, "Traceback" in done.output) == (1, False)
    assert "OURS=THEIRS" in done.stderr
