"""What answers were worth, counted by hand."""

from datetime import UTC, datetime, timedelta
from math import log2
from typing import Any

import polars as pl
import pytest

from monitoring.answers.measures import coverage, first_lists, item_codes, ndcg, outdated, scores

START = datetime(2026, 3, 2, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TIME = pl.Datetime("us", "UTC")


def answers(*rows: tuple[str, list[str], datetime], **same: Any) -> pl.DataFrame:
    named = [{"user_id": user, "item_ids": items, "scores": [1 / (1 + n) for n in range(len(items))], "time": time}
             | {"scenario": "home", "model_version": "m", "profile_version": 1, "personalised": True} | same
             for user, items, time in rows]  # fmt: skip
    return pl.DataFrame(named, schema_overrides={"time": TIME, "profile_version": pl.Int64})


def events(*rows: tuple[str, str, datetime], kind: str = "purchase") -> pl.DataFrame:
    named = [{"user_id": user, "item_id": item, "time": time, "event_type": kind} for user, item, time in rows]
    return pl.DataFrame(named, schema_overrides={"time": TIME})


def test_ndcg_is_of_the_first_home_list_against_what_was_bought_after_it() -> None:
    shown = pl.concat([
        answers(("u", ["a", "b"], START + DAY), ("u", ["c"], START + 2 * DAY), ("v", ["a"], START + DAY)),
        answers(("w", ["a"], START), scenario="cart"),
    ])  # fmt: skip
    bought = events(
        ("u", "a", START),  # before the list
        ("u", "b", START + 2 * DAY),
        ("u", "x", START + 3 * DAY),
        ("u", "a", START + 8 * DAY),  # after the stretch
        ("w", "a", START + DAY),
        ("v", "b", START + 2 * DAY),
    )
    lists = first_lists(shown)
    assert lists["user_id"].to_list() == ["u", "v"]
    found = dict(ndcg(lists, bought, START + 7 * DAY).select("user_id", "value").iter_rows())
    assert found == {"u": pytest.approx((1 / log2(3)) / (1 + 1 / log2(3))), "v": 0.0}


def test_who_was_answered_without_their_latest_behaviour() -> None:
    profiles = pl.DataFrame(
        {"user_id": ["u", "v"], "profile_version": [1, 1], "as_of": [START + 2 * HOUR, START]},
        schema_overrides={"as_of": TIME, "profile_version": pl.Int64},
    )
    done = events(*((user, "a", START + HOUR) for user in "uvwz"), ("u", "a", START + 10 * HOUR), kind="view")
    shown = pl.concat([
        answers(("u", ["a"], START + 5 * HOUR), ("v", ["a"], START + 5 * HOUR), ("x", ["a"], START + 5 * HOUR)),
        answers(("u", ["a"], START + 10.5 * HOUR)),  # half an hour after what the profile doesn't know: no delay
        answers(("u", ["a"], START + 12 * HOUR)),  # two hours after
        answers(("w", ["a"], START + 5 * HOUR), profile_version=None),
        answers(("z", ["a"], START + 6 * HOUR), profile_version=None, personalised=False),  # an arm told nothing
        answers(("v", ["a"], START + 6 * HOUR), profile_version=9),  # a version that was removed since
    ])  # fmt: skip
    found = dict(outdated(shown, profiles, done).iter_rows())
    assert found == {"u": pytest.approx(1 / 3), "v": 1.0, "w": 1.0}  # x had done nothing


def test_coverage_is_what_as_many_lists_would_hold() -> None:
    lists = answers(("u", ["a", "b"], START), ("v", ["a"], START), ("w", ["c", "c"], START))
    (codes,) = item_codes([lists])
    assert coverage(codes, lists=3, items=10) == pytest.approx(0.3)
    assert coverage(codes, lists=1, items=10) == pytest.approx((2 + 1 + 1) / 3 / 10)
    assert coverage(codes, lists=2, items=10) == pytest.approx((2 + 3 + 2) / 3 / 10)
    assert coverage(codes, lists=9, items=10) == pytest.approx(0.3)


def test_scores_are_of_one_model() -> None:
    lists = pl.concat([answers(("u", ["a", "b"], START)), answers(("v", ["a"], START), model_version="other")])
    assert scores(lists, "m").rows() == [("u", 1.0, 0.75)]
