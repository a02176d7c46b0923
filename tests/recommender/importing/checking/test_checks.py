"""A batch's good rows in our columns, and its bad ones as rejects with the field and what is wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl

from recommender.importing.checking.checks import check
from recommender.importing.checking.rows import Rules
from recommender.importing.column_names import Kind, map_columns
from recommender.importing.pipeline import Batch
from recommender.importing.reading.rows import RawBatch
from recommender.importing.storing.progress import reject_frame

NOW = datetime(2026, 6, 1, tzinfo=UTC)
RULES = Rules.of(NOW)


def checked(kind: Kind, rows: Sequence[Mapping[str, object]], rules: Rules = RULES) -> Batch:
    frame = pl.DataFrame(rows).with_row_index("line", 1).with_columns(pl.col("line").cast(pl.Int64))
    return check(RawBatch(len(rows), frame, reject_frame([])), map_columns(kind, frame.columns[1:]), rules)


def rejects(batch: Batch) -> list[tuple[int, str]]:
    return [(line, name) for line, name, _, _ in batch.rejects.iter_rows()]


def test_good_rows_are_kept_and_bad_ones_named_by_line_and_field() -> None:
    good = {"user_id": "安", "item_id": "tea", "event_type": "purchase", "value": "4.5", "time": "2026-01-01"}
    batch = checked(
        Kind.EVENTS,
        [good, good | {"time": "someday"}, good | {"value": "-1", "event_type": "view"}, good | {"item_id": None},
         good | {"event_type": "dance"}, good | {"user_id": ""}],
    )  # fmt: skip
    assert batch.taken == 6
    assert batch.good["line"].to_list() == [1]
    assert rejects(batch) == [(2, "time"), (3, "value"), (4, "item_id"), (5, "event_type"), (6, "user_id")]


def test_a_batch_without_rows_keeps_its_rejects() -> None:
    empty = RawBatch(1, pl.DataFrame(), reject_frame([(1, "*", "not JSON", "x")]))
    batch = check(empty, map_columns(Kind.USERS, ["user_id"]), RULES)
    assert (batch.taken, len(batch.good), rejects(batch)) == (1, 0, [(1, "*")])


def test_links_to_oneself_are_none_and_defaults_are_filled_in() -> None:
    batch = checked(Kind.LINKS, [{"source_user_id": "a", "target_user_id": "b"},
                                 {"source_user_id": "a", "target_user_id": "a"}])  # fmt: skip
    assert batch.good.select("kind", "weight").rows() == [("trust", 1.0)]
    assert rejects(batch) == [(2, "target_user_id")]


def test_times_ahead_of_the_clock_are_kept_and_told() -> None:
    ahead = (NOW + timedelta(hours=8)).isoformat()
    batch = checked(Kind.EVENTS, [{"user_id": "a", "item_id": "i", "time": ahead},
                                  {"user_id": "a", "item_id": "i", "time": "2026-01-01"}])  # fmt: skip
    assert len(batch.good) == 2
    [told] = [str(notice) for notice in batch.notices if "ahead of the clock" in str(notice)]
    assert told.startswith("1 events lie ahead of the clock, by 8 h 0 min at most")
    assert "--time-zone" in told


def test_null_words_say_nothing_unless_words_are_taken_as_they_stand() -> None:
    rows = [{"user_id": "a", "item_id": "NULL", "event_type": "view", "time": "2026-01-01"}]
    assert rejects(checked(Kind.EVENTS, rows)) == [(1, "item_id")]
    assert checked(Kind.EVENTS, rows, replace(RULES, verbatim=True)).good["item_id"].to_list() == ["NULL"]


def test_pieces_are_counted_where_the_source_has_a_row_for_each() -> None:
    row = {"user_id": "a", "item_id": "i", "event_type": "purchase", "value": "2", "time": "2026-01-01"}
    assert len(checked(Kind.EVENTS, [row, row]).good) == 2
    batch = checked(Kind.EVENTS, [row, row], replace(RULES, pieces=True))
    assert batch.good.select("quantity", "value").rows() == [(2.0, 4.0)]
