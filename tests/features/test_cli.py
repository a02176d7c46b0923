"""`zhiyin features`: built from the first event on, and brought online."""

from features.cli import days_with_events
from features.online import read_behaviour
from features.partitions import existing_days
from recommender.settings import Settings
from tests.support.commands import zhiyin
from tests.support.servers.databases import install_tables
from tests.support.shops.behaviour_log import add, at, day, event


def test_a_shop_without_events_is_told_how_to_get_some(home: Settings) -> None:
    install_tables()
    assert days_with_events() is None
    done = zhiyin("features", "build")
    assert (done.exit_code, "zhiyin import csv" in done.output) == (2, True)


def test_all_days_with_events_are_built_and_online(home: Settings) -> None:
    install_tables()
    add([event("1", "u", at(1.5)), event("2", "u", at(4.0))])
    assert days_with_events() == (at(1), at(5))
    done = zhiyin("features", "build")
    assert done.exit_code == 0, done.output
    assert "days 4, events 2" in done.output
    assert existing_days("events") == [day(1), day(4)]
    assert read_behaviour(["u"])["purchases_7d"].to_list() == [2]


def test_the_days_that_are_named_alone_are_built(home: Settings) -> None:
    install_tables()
    add([event("1", "u", at(1.5)), event("2", "u", at(4.5))])
    done = zhiyin("features", "build", "--from", day(1), "--until", day(2))
    assert done.exit_code == 0, done.output
    assert existing_days("events") == [day(1)]
