"""What is compared of two frames, and how far a column must move."""

import numpy as np
import polars as pl

from monitoring.comparison import comparable, distance, make_comparison, one_each

USERS = [f"u{number:03d}" for number in range(400)]


def spend(mean: float, seed: int) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    return pl.DataFrame({"user_id": USERS, "spend_7d": rng.normal(mean, 1, len(USERS))})


def test_each_shopper_has_a_row_from_the_part_that_fell_to_them() -> None:
    parts = [spend(mean, seed) for seed, mean in enumerate((0.0, 100.0))]
    drawn = one_each(parts, USERS)
    assert drawn["user_id"].to_list() == USERS
    assert (drawn["spend_7d"] > 50).to_list() == [False, True] * 200
    without = one_each([parts[0], parts[1].head(100)], USERS)
    assert len(without) == 250


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


def test_a_column_must_move_farther_than_ordinary_stretches_do() -> None:
    calm = [spend(mean, seed) for seed, mean in enumerate((0.4, 0.0, 0.02, -0.02))]
    restless = [spend(mean, seed) for seed, mean in enumerate((0.4, 0.0, 0.5, -0.5))]
    verdicts = []
    for states in (calm, restless):
        found = make_comparison("behaviour", states, USERS, 0.5)
        moved = distance(found.current["spend_7d"], found.reference["spend_7d"])
        verdicts.append(moved >= found.thresholds["spend_7d"])
        assert found.thresholds["spend_7d"] >= 0.1
    assert verdicts == [True, False]
