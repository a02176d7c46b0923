"""A shop's file as a job: how it is read, what makes it another import, and what there is to tell of it."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from recommender.importing.column_names import EVENT_TYPE_NAMES, Kind
from recommender.importing.folder import Reading, ShopFile, find_files
from recommender.importing.jobs import file_job, rules_of, shape_batches
from recommender.importing.storing.whole_catalogue import Named
from recommender.settings import Settings
from tests.support.shops.files import EVENTS, ITEMS, write

NOW = datetime(2026, 6, 1, tzinfo=UTC)
READING = Reading.automatic()


def files(folder: Path, reading: Reading = READING, **content: str) -> list[ShopFile]:
    return find_files(write(folder, **content), reading)


def test_events_are_read_on_from_a_row_and_items_from_the_start(home: Settings, tmp_path: Path) -> None:
    jobs = [file_job(file, READING, NOW) for file in files(tmp_path, items__csv=ITEMS, interactions__csv=EVENTS)]
    assert [job.resumable for job in jobs] == [False, True]
    events = jobs[1]
    assert Path(events.source) == (tmp_path / "interactions.csv").resolve()
    [batch] = events.batches(1)
    assert (batch.taken, batch.good["event_id"].to_list()) == (1, ["e2"])
    assert list(events.batches(2)) == []


@pytest.mark.parametrize(
    "other",
    [{"zone": "Asia/Shanghai"}, {"verbatim": True}, {"overwrite": True}, {"stub_items": True}, {"shift_days": 7},
     {"types": {**EVENT_TYPE_NAMES, "dance": "view"}}, {"mapping": {"value": "user_id"}}],
)  # fmt: skip
def test_a_file_that_is_read_in_another_way_is_another_import(
    home: Settings, tmp_path: Path, other: dict[str, object]
) -> None:
    [file] = files(tmp_path, interactions__csv=EVENTS)
    same = file_job(file, READING, NOW).fingerprint
    assert file_job(file, READING, NOW.replace(day=2)).fingerprint == same
    otherwise = replace(READING, **other)  # type: ignore[arg-type]
    [file] = files(tmp_path, otherwise, interactions__csv=EVENTS)
    assert file_job(file, otherwise, NOW).fingerprint != same


def test_a_changed_file_is_another_import_and_batches_are_not(home: Settings, tmp_path: Path) -> None:
    [file] = files(tmp_path, interactions__csv=EVENTS)
    same = file_job(file, READING, NOW).fingerprint
    assert file_job(file, replace(READING, batch=1), NOW).fingerprint == same
    [file] = files(tmp_path, interactions__csv=EVENTS + "e3,ann,tea,view,,2026-01-03\n")
    assert file_job(file, READING, NOW).fingerprint != same


def test_event_types_named_by_hand_come_before_those_that_are_known(home: Settings, tmp_path: Path) -> None:
    [file] = files(tmp_path, interactions__csv=EVENTS)
    rules = rules_of(file, replace(READING, types={**EVENT_TYPE_NAMES, "order": "cart"}), NOW)
    assert rules.types["order"] == "cart"
    assert rules.types["purchase"] == "purchase"
    assert rules.default_type == "view"


def test_a_file_of_sales_alone_has_a_row_for_each_piece(home: Settings, tmp_path: Path) -> None:
    head, row = "user_id,item_id,value,time\n", "ann,tea,4.5,2026-01-01\n"
    [sales] = files(tmp_path, purchases__csv=head + 3 * row + "bob,tea,4.5,2026-01-01\n")
    for batch in (1, 2, 100):
        reading = replace(READING, batch=batch)
        assert rules_of(sales, reading, NOW).pieces
        cut = [raw.rows["user_id"].to_list() for raw, _, _ in shape_batches(sales, reading)]
        assert [users for users in cut if set(users) == {"ann"}] in ([["ann"] * 3], []), "a purchase is never cut"
    [events] = files(tmp_path / "other", interactions__csv=EVENTS)
    assert not rules_of(events, READING, NOW).pieces


def test_items_that_a_catalogue_names_are_told_also_those_of_bad_rows(home: Settings, tmp_path: Path) -> None:
    [file] = files(tmp_path, items__csv="item_id,title,hidden\ntea,茶,no\ncup,Cup,perhaps\n")
    named = Named()
    [batch] = file_job(file, READING, NOW, named).batches(0)
    assert batch.good["item_id"].to_list() == ["tea"]
    assert named.items == {"tea", "cup"}


def test_what_is_not_used_and_what_only_looks_like_a_price_is_told(home: Settings, tmp_path: Path) -> None:
    items = "item_id,title,our price tag\ntea,T,5\n"
    events = "user_id,item_id,time,wetter\nann,tea,2026-01-01,sonnig\n"
    goods, told = (file_job(file, READING, NOW) for file in files(tmp_path, items__csv=items, interactions__csv=events))
    assert any("our price tag (price)" in str(notice) for notice in goods.notices)
    [batch] = told.batches(0)
    assert "columns that are not used: wetter" in map(str, batch.notices)
    assert goods.write is not told.write
    assert {file.kind for file in files(tmp_path)} == {Kind.ITEMS, Kind.EVENTS}
