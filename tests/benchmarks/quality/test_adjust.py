"""The figures of h: an update of a history of 50 events on the test shop, and what its report holds."""

from benchmarks.quality.adjust import GOAL_MS, history_of, run
from tests.support.shops.trained import shop_bundle


def test_an_update_is_quick_and_touches_no_weight() -> None:
    report = run(shop_bundle(), events=50, shoppers=10)
    update, answer = report["rows"]
    assert update["system"] == "profile update, 50 events"
    assert update["ms"] <= GOAL_MS
    assert answer["ms"] > 0
    unchanged = report["goals"][-1]
    assert (unchanged["name"], unchanged["met"]) == ("weights changed", True)


def test_histories_are_in_order_and_end_before_the_data() -> None:
    history = history_of(shop_bundle(), 50, seed=1)
    assert len(history) == 50
    assert (history.times[1:] >= history.times[:-1]).all()
    assert history.times[-1] < shop_bundle().manifest.until.timestamp()
