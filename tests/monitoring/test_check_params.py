"""What a check may be told, and how its run is named."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitoring.check_params import DriftError, DriftParams, least_reference

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
GOOD: dict[str, Any] = {
    "current_from": MONDAY,
    "current_until": MONDAY + timedelta(days=7),
    "reference_from": MONDAY - timedelta(days=28),
    "reference_until": MONDAY,
}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("current_until", MONDAY),
        ("reference_until", MONDAY + timedelta(days=1)),
        ("reference_from", MONDAY - timedelta(days=13)),
        ("false_alarm", 0.0),
        ("column_share", 1.5),
        ("most_shoppers", 1),
        ("current_from", datetime(2026, 3, 2)),
        ("colour", "red"),
    ],
)
def test_a_wrong_value_is_refused_by_its_name(field: str, value: object) -> None:
    with pytest.raises(DriftError, match=f"^{field}: "):
        DriftParams.of(**{**GOOD, field: value})


def test_stretches_end_on_the_weekday_of_the_current_one() -> None:
    params = DriftParams.of(**GOOD)
    end = params.current_until
    assert params.ends(end) == [end - timedelta(weeks=weeks) for weeks in (1, 2, 3, 4)]


@pytest.mark.parametrize("days", range(1, 31))
def test_a_reference_that_is_too_short_is_refused_by_the_day_to_choose(days: int) -> None:
    length = timedelta(days=days)
    enough = least_reference(length)
    current = {"current_from": MONDAY, "current_until": MONDAY + length, "reference_until": MONDAY}
    assert len(DriftParams.of(**current, reference_from=MONDAY - enough).ends(MONDAY + length)) >= 2
    with pytest.raises(DriftError, match=r"^reference_from: the reference must"):
        DriftParams.of(**current, reference_from=MONDAY - enough + timedelta(days=1))


def test_the_run_is_named_by_what_is_asked() -> None:
    params = DriftParams.of(**GOOD)
    assert params.run_id("m1").startswith("drift-20260302-20260308-")
    assert params.run_id("m1") == DriftParams.of(**GOOD).run_id("m1")
    others = [params.run_id("m2"), DriftParams.of(**GOOD, false_alarm=0.1).run_id("m1")]
    assert params.run_id("m1") not in others
