"""The frames that are compared: one row a shopper, the columns that say something."""

from datetime import UTC, datetime, timedelta

import polars as pl

from monitoring.behaviour import comparable, one_each, snapshots

START = datetime(2026, 3, 2, tzinfo=UTC)
WEEK = timedelta(days=7)


def rows(*entries: tuple[str, float, int]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "user_id": [user for user, _, _ in entries],
            "event_timestamp": [START + timedelta(days=days) for _, days, _ in entries],
            "purchases_7d": [count for _, _, count in entries],
        },
        schema_overrides={"event_timestamp": pl.Datetime("us", "UTC")},
    )


def test_a_stretch_keeps_each_shoppers_last_row_and_owns_its_end() -> None:
    found = snapshots(
        rows(("a", 0, 9), ("a", 1, 1), ("a", 7, 2), ("b", 3, 3), ("a", 8, 4)), [START, START + WEEK, START + 2 * WEEK]
    )
    assert sorted(zip(found["stretch"], found["user_id"], found["purchases_7d"], strict=True)) == [
        (0, "a", 2),
        (0, "b", 3),
        (1, "a", 4),
    ]


def test_one_row_a_shopper_the_same_for_the_same_seed() -> None:
    many = rows(*[(f"u{user}", day, user) for user in range(20) for day in range(4)])
    drawn = one_each(many, most=12, seed=3)
    assert drawn["user_id"].n_unique() == len(drawn) == 12
    assert drawn.equals(one_each(many.reverse(), most=12, seed=3))
    assert not drawn.equals(one_each(many, most=12, seed=4))


def test_columns_that_say_nothing_are_left_out_and_lists_speak_by_their_first_entry() -> None:
    schema = pl.Schema({"n": pl.Int64(), "same": pl.Int64(), "empty_now": pl.Float32(), "top": pl.List(pl.String())})
    current = pl.DataFrame({"n": [1, 2], "same": [0, 0], "empty_now": [None, None], "top": [["x", "y"], []]}, schema)
    reference = pl.DataFrame({"n": [3, 4], "same": [0, 0], "empty_now": [1.0, 2.0], "top": [["y"], ["x"]]}, schema)
    now, before = comparable(current, reference)
    assert now.columns == before.columns == ["n", "top"]
    assert now["top"].to_list() == ["x", None]


def test_rare_values_are_joined() -> None:
    names = [f"c{number:02d}" for number in range(30)]
    frame = pl.DataFrame({"top": [[name] for name in names for _ in range(31 - int(name[1:]))]})
    now, _ = comparable(frame, frame)
    assert now["top"].n_unique() == 21
    assert "other" in now["top"].to_list()
