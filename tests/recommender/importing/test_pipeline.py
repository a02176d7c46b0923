"""One file through the import, a batch and its progress in one transaction."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from recommender.db.engine import get_engine
from recommender.importing.notices import Notice
from recommender.importing.pipeline import Batch, FileSummary, Job, run_job
from recommender.importing.storing.item_and_user_rows import write_users
from recommender.importing.storing.progress import reject_frame
from tests.support.shops.files import rejected, table

NOW = datetime(2026, 6, 1, tzinfo=UTC)
NAMES = ["a", "b", "茶", "d", "e"]


class Source:
    """A file of shoppers, two in a batch, that notes from where it was read and may break off."""

    def __init__(self, breaks_after: int | None = None, parts: int = 1) -> None:
        self.read_from: list[int] = []
        self.breaks_after, self.parts = breaks_after, parts

    def batches(self, skip: int) -> Iterator[Batch]:
        self.read_from.append(skip)
        for start in range(skip, len(NAMES), 2):
            if self.breaks_after is not None and start >= self.breaks_after:
                raise OSError("the disk has gone")
            names = NAMES[start : start + 2]
            lines = [(start + place + 1) * self.parts for place in range(len(names))]
            bad = [(line, "user_id", "no d", "{}") for line, name in zip(lines, names, strict=True) if name == "d"]
            good = pl.DataFrame({"user_id": names, "line": lines}).filter(pl.col("user_id") != "d")
            yield Batch(len(names), good, reject_frame(bad), (Notice("{rows} rows", len(names)),))


def ran(source: Source, **options: Any) -> FileSummary:
    job = Job("x.csv", "v1", source.batches, write_users, resumable=True, notices=(Notice("read"),), parts=source.parts)
    return run_job(get_engine(), job, NOW, **options)


def test_good_rows_go_in_bad_ones_are_kept_aside_and_what_there_is_to_tell_is_told(migrated: None) -> None:
    summary = ran(Source())
    assert (summary.added, summary.rejected, summary.skipped, summary.resumed_at) == (4, 1, False, 0)
    assert summary.notes == ("read", "5 rows")
    assert [user for (user,) in table("users", "user_id")] == ["a", "b", "e", "茶"]
    assert rejected() == [("x.csv", 4, "user_id", "no d")]


def test_a_finished_file_is_read_again_only_where_that_is_asked_for(migrated: None) -> None:
    ran(Source())
    source = Source()
    assert ran(source).skipped
    assert source.read_from == []
    assert ran(source, again=True).written.unchanged == 4
    assert ran(source, retry_rejected=True).rejected == 1
    assert source.read_from == [0, 0]


def test_an_import_that_broke_off_goes_on_after_its_last_whole_batch(migrated: None) -> None:
    with pytest.raises(OSError, match="gone"):
        ran(Source(breaks_after=2))
    assert len(table("users", "user_id")) == 2
    source = Source()
    summary = ran(source)
    assert (source.read_from, summary.resumed_at, summary.added) == ([2], 2, 2)


def test_a_reject_of_a_row_that_became_several_has_the_file_s_line(migrated: None) -> None:
    ran(Source(parts=100))
    assert [line for _, line, _, _ in rejected()] == [4]


def test_how_far_it_is_is_reported(migrated: None) -> None:
    said: list[tuple[str, int, int | None]] = []
    source = Source()
    job = Job("x.csv", "v1", source.batches, write_users, total=5)
    run_job(get_engine(), job, NOW, report=lambda *one: said.append(one))
    assert said == [("x.csv", 2, 5), ("x.csv", 4, 5), ("x.csv", 5, 5)]
