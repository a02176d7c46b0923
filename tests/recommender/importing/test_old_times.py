"""Data that ended long ago: the offer to move it, and what is moved."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from recommender.importing.column_names import EVENT_TYPE_NAMES
from recommender.importing.folder import Reading
from recommender.importing.old_times import offer_shift
from recommender.importing.reading.rows import UnreadableFile
from recommender.importing.sources import run_folder
from recommender.settings import Settings
from tests.support.commands import zhiyin
from tests.support.shops.files import table, write

ITEMS = "item_id,title\ntea,Tea\n"
EVENTS = "user_id,item_id,event_type,time\nann,tea,purchase,2018-03-05\nben,tea,purchase,2018-03-12T10:00\n"


def shifted(days: int) -> Reading:
    return Reading({}, EVENT_TYPE_NAMES, shift_days=days)


def test_times_are_moved_and_ids_are_not(database: Settings, tmp_path: Path) -> None:
    folder = write(tmp_path, items__csv=ITEMS, events__csv=EVENTS)
    run_folder(folder, shifted(700))
    moved = table("events", "event_id", "time")
    assert [time.date().isoformat() for _, time in moved] == ["2020-02-03", "2020-02-10"]
    assert run_folder(folder, shifted(700), again=True).added == 0
    changed = run_folder(folder, shifted(7))
    assert (changed.added, changed.rejected) == (0, 2)  # the same events, at other times


def test_nothing_is_moved_into_the_future(home: Settings, migrated: None, tmp_path: Path) -> None:
    folder = write(tmp_path, items__csv=ITEMS, events__csv=EVENTS)
    most = (datetime.now(UTC) - datetime(2018, 3, 12, 10, tzinfo=UTC)).days
    with pytest.raises(UnreadableFile, match=f"give {most} at most"):
        run_folder(folder, shifted(30_000))
    assert table("events", "event_id") == []
    assert run_folder(folder, shifted(most)).added == 2


def test_an_import_and_its_dry_run_offer_it(home: Settings, migrated: None, tmp_path: Path) -> None:
    folder = write(tmp_path, items__csv=ITEMS, events__csv=EVENTS)
    offer = offer_shift(datetime(2018, 3, 12, 10, tzinfo=UTC), datetime.now(UTC))
    assert offer is not None
    days = offer.partition("--shift-days ")[2].split()[0]
    dry = " ".join(zhiyin("import", "csv", folder, "--dry-run", columns=1_000).output.split())
    assert offer in dry
    assert f"next: zhiyin loop {folder}" in dry
    assert "newest event" not in zhiyin("import", "csv", folder, "--dry-run", "--shift-days", days).output
    assert offer in " ".join(zhiyin("import", "csv", folder, columns=1_000).output.split())


def test_what_is_of_late_is_left_alone() -> None:
    now = datetime.now(UTC)
    assert offer_shift(now - timedelta(days=59), now) is None
    assert offer_shift(None, now) is None
