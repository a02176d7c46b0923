"""The service's meters: requests by the endpoint's template, each with its status and time, and what /metrics shows."""

from prometheus_client.parser import text_string_to_metric_families

from services.core.metrics import count_request, dropped, exposition, lists, meters, stage


def shown(name: str, **labels: str) -> float:
    """The value of a sample of `/metrics`; 0 where it isn't there."""
    for family in text_string_to_metric_families(exposition().decode()):
        for sample in family.samples:
            if sample.name == name and labels.items() <= sample.labels.items():
                return float(sample.value)
    return 0.0


def test_a_request_is_counted_by_endpoint_and_status_and_its_time_is_observed() -> None:
    where = {"endpoint": "/of-a-test"}
    count_request("/of-a-test", 200, 0.004)
    count_request("/of-a-test", 200, 0.2)
    count_request("/of-a-test", 422, 0.0)
    assert shown("zhiyin_requests_total", status="200", **where) == 2
    assert shown("zhiyin_requests_total", status="422", **where) == 1
    assert shown("zhiyin_request_seconds_count", **where) == 3
    assert shown("zhiyin_request_seconds_bucket", le="0.005", **where) == 2


def test_what_is_counted_in_passing_is_shown() -> None:
    before = {why: shown("zhiyin_explanations_dropped_total", why=why) for why in ("full", "late")}
    hits = shown("zhiyin_lists_total", kept="hit")
    dropped("late").inc()
    lists("hit").inc(2)
    with stage("of-a-test").time():
        pass
    assert shown("zhiyin_explanations_dropped_total", why="late") == before["late"] + 1
    assert shown("zhiyin_explanations_dropped_total", why="full") == before["full"]
    assert shown("zhiyin_lists_total", kept="hit") == hits + 2
    assert shown("zhiyin_stage_seconds_count", stage="of-a-test") == 1


def test_meters_are_made_once() -> None:
    assert meters() is meters()
