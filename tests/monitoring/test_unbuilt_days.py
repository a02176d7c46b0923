"""A check of days whose features were never built is refused, by the field to change."""

from datetime import timedelta

import pytest

from features.building.event_log import export_events
from monitoring.check_params import DriftError, DriftParams
from monitoring.unbuilt_days import require_built
from recommender.db.engine import session_scope
from recommender.settings import Settings
from tests.support.servers.databases import install_tables
from tests.support.shops.behaviour_log import add, at, day, event

PARAMS = DriftParams.of(current_from=at(60), current_until=at(67), reference_from=at(20), reference_until=at(60))


@pytest.fixture
def shop(home: Settings) -> None:
    install_tables()
    add([event("1", "u", at(30.5)), event("2", "u", at(61.5))])


def build(*numbers: int) -> None:
    with session_scope() as session:
        export_events(session, [day(number) for number in numbers])


@pytest.mark.usefixtures("shop")
def test_the_first_unbuilt_day_is_named_with_its_field() -> None:
    with pytest.raises(DriftError, match=rf"reference_from: {day(30)} has events but no features"):
        require_built(PARAMS, at(67))
    build(30)
    with pytest.raises(DriftError, match=rf"current_until: {day(61)} .*run `features`"):
        require_built(PARAMS, at(67))


@pytest.mark.usefixtures("shop")
def test_built_days_and_those_outside_are_no_hindrance() -> None:
    build(30)
    require_built(PARAMS, at(61))
    build(61)
    require_built(PARAMS, PARAMS.current_until + timedelta(days=1))
