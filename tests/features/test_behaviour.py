"""What the ranker reads of a shopper's behaviour: the same from the offline store, from a log in memory, and online."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest

from benchmarks.common.logged_behaviours import LoggedBehaviours
from features.behaviour import StoredBehaviours
from features.building.event_log import read_catalogue
from features.building.pipeline import build_features
from features.offline import read_events
from features.online import read_done
from features.store import close_stores, ensure_feature_service, features_of, materialize
from recommender.data.behaviour import NOTHING_DONE, READ, Behaviour
from recommender.db.engine import close_engines, session_scope
from recommender.settings import get_settings
from tests.support.servers.databases import install_tables
from tests.support.shops.behaviour_log import BRANDS, CATEGORIES, LOG_FROM, add, add_items, at, event, random_events

DAYS = 200
PEOPLE = [f"shopper {number} 😀" for number in range(5)]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A model's feature service over a random log whose features are built, and online; for all tests of this file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZHIYIN_HOME", str(tmp_path_factory.mktemp("home")))
        for name in ("ZHIYIN_DATABASE_URL", "ZHIYIN_REDIS_URL"):
            patch.delenv(name, raising=False)
        forget_settings()
        install_tables()
        add_items()
        add([*random_events(seed=3, count=300, days=DAYS), event("once", "long ago", at(0.5))])
        build_features(LOG_FROM, at(DAYS))
        materialize(LOG_FROM, at(DAYS))
        yield ensure_feature_service("m")
    close_stores()
    forget_settings()


def forget_settings() -> None:
    get_settings.cache_clear()
    close_engines()


def logged(more: list[dict[str, Any]] | None = None) -> LoggedBehaviours:
    with session_scope() as session:
        catalogue = read_catalogue(session)
    events = read_events(LOG_FROM, at(DAYS))
    return LoggedBehaviours(pl.concat([events, pl.DataFrame(more or [], schema=events.schema)]), catalogue)


def seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def test_store_and_log_say_the_same_at_any_moment(service: str) -> None:
    whole, asked = logged(), [*PEOPLE, "long ago", "nobody", PEOPLE[0]]
    for moment in (at(0), at(1), at(37.999), at(38), at(DAYS)):
        told = StoredBehaviours(service).at(asked, seconds(moment))
        assert told == whole.at(asked, seconds(moment)), moment
        assert told[0] == told[-1], "the same shopper may be asked about twice"
        assert told[-2] == NOTHING_DONE
    assert StoredBehaviours(service).at([], seconds(at(9))) == []
    lately = whole.at(PEOPLE, seconds(at(120.7)))
    assert any(sum(one.counts) and one.price_level and one.last_purchase for one in lately)
    assert {name for one in lately for name in one.categories} <= set(CATEGORIES)
    assert {name for one in lately for name in one.brands} <= set(BRANDS)


def test_online_it_is_what_it_was_at_the_last_midnight(service: str) -> None:
    newest = StoredBehaviours(service).at([*PEOPLE, "nobody"], seconds(at(DAYS + 0.5)))
    assert [read_done(user, service) for user in (*PEOPLE, "nobody")] == newest
    assert NOTHING_DONE not in newest[:-1]


def test_half_a_year_later_it_is_as_if_nothing_had_been_done(service: str) -> None:
    said = [StoredBehaviours(service).at(["long ago"], seconds(at(days)))[0] for days in (3, 179, 181)]
    assert [one.counts[5] for one in said] == [1, 0, 0], "purchases_30d"
    assert said[1].price_level is not None
    assert said[2] == NOTHING_DONE


def test_the_service_of_a_model_names_what_its_ranker_reads(service: str) -> None:
    assert set(features_of(service, "user_behaviour")) == set(READ)
    assert set(features_of("recommender_from-elsewhere", "user_behaviour")) == set(READ), (
        "it is declared when asked for"
    )


def test_a_row_of_which_everything_is_missing_says_nothing() -> None:
    assert Behaviour.of_row(dict.fromkeys(READ)) == NOTHING_DONE


def test_what_happens_today_or_later_changes_nothing(service: str) -> None:
    moment, before = at(90.6), logged().at(PEOPLE, seconds(at(90.6)))
    later = [event(f"later {n}", PEOPLE[0], moment + timedelta(hours=shift)) for n, shift in enumerate((-14, 0, 1, 99))]
    assert logged(later).at(PEOPLE, seconds(moment)) == before
    add(later)
    build_features(LOG_FROM, at(DAYS))
    assert StoredBehaviours(service).at(PEOPLE, seconds(moment)) == before
    assert StoredBehaviours(service).at(PEOPLE, seconds(at(91))) != before, "tomorrow it is known"
