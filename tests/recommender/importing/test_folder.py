"""A shop's own files, from folder to tables, on both databases."""

import gzip
from pathlib import Path

import polars as pl
import pytest

from recommender.data.item_text import content_hash, item_text
from recommender.importing.column_names import EVENT_TYPE_NAMES, UnclearColumns, parse_types
from recommender.importing.folder import Reading
from recommender.importing.reading.rows import UnreadableFile
from recommender.importing.sources import run_folder
from recommender.settings import Settings
from tests.support.shops.files import EVENTS, ITEMS, jsonl, rejected, table, write


def test_items_users_and_events_go_in_and_a_second_run_adds_nothing(database: Settings, tmp_path: Path) -> None:
    users = jsonl([{"user_id": "ann", "attributes": {"age": 30}}])
    folder = write(tmp_path, items__csv=ITEMS, users__jsonl=users, interactions__csv=EVENTS)
    first = run_folder(folder)
    assert (first.added, first.updated, first.rejected) == (5, 0, 0)
    assert table("items", "item_id", "title", "categories", "price")[1] == ("tea", "Green tea", ["Drinks", "Tea"], 4.5)
    assert table("users", "user_id", "attributes") == [("ann", {"age": 30}), ("bob", {})]
    assert [file.skipped for file in run_folder(folder).files] == [True, True, True]
    again = run_folder(folder, again=True)
    assert (again.added, again.updated, again.unchanged) == (0, 0, 5)


def test_only_a_changed_item_is_updated(database: Settings, tmp_path: Path) -> None:
    run_folder(write(tmp_path, items__csv=ITEMS))
    before = dict(table("items", "item_id", "updated_at"))
    summary = run_folder(write(tmp_path, items__csv=ITEMS.replace("Green tea", "Black tea")))
    assert (summary.added, summary.updated, summary.unchanged) == (0, 1, 1)
    after = dict(table("items", "item_id", "updated_at"))
    assert after["cup"] == before["cup"]
    assert after["tea"] > before["tea"]
    hashes = dict(table("items", "item_id", "content_hash"))
    assert hashes["tea"] == content_hash(item_text("Black tea", "", "Leaf", ["Drinks", "Tea"]))


@pytest.mark.parametrize(
    ("row", "field", "reason"),
    [
        ("e,ann,tea,purchase,1,someday", "time", "not a time"),
        ("e,ann,tea,purchase,1,2126-01-01", "time", "in the future"),
        ("e,ann,tea,purchase,1,17", "time", "before 1990"),
        ("e,ann,tea,purchase,1,", "time", "missing"),
        ("e,ann,tea,view,-1,2026-01-01", "value", "negative"),
        ("e,ann,tea,purchase,much,2026-01-01", "value", "not a number"),
        ("e,ann,tea,purchase,inf,2026-01-01", "value", "not a number"),
        ("e,ann,tea,rating,,2026-01-01", "value", "missing"),
        ("e,ann,tea,dance,1,2026-01-01", "event_type", "unknown"),
        ("e,ann,gone,view,,2026-01-01", "item_id", "no such item"),
        ("e,ann,,view,,2026-01-01", "item_id", "missing"),
        ("e,,tea,view,,2026-01-01", "user_id", "whose event"),
        (f"e,{'x' * 129},tea,view,,2026-01-01", "user_id", "longer than 128"),
        ("e,ann,,search,,2026-01-01", "text", "missing"),
        ("e1,ann,tea,view,,2026-01-01", "event_id", "other content"),
        ("e,a\x00n,tea,view,,2026-01-01", "user_id", "NUL"),
        ("e,ann,tea,view", "*", "4 fields where the first line names 6"),
        ('e,"ann,tea,view,,2026-01-01', "*", "quotes"),
    ],
)
def test_a_bad_event_is_rejected_and_the_good_go_in(
    home: Settings, migrated: None, tmp_path: Path, row: str, field: str, reason: str
) -> None:
    lines = EVENTS.splitlines()
    content = "\n".join([lines[0], lines[1], row, lines[2]]) + "\n"
    summary = run_folder(write(tmp_path, items__csv=ITEMS, interactions__csv=content))
    assert (summary.added, summary.rejected) == (4, 1)
    [(file, line, where, why)] = rejected()
    assert (file, line, where) == ("interactions.csv", 3, field)
    assert reason in why


@pytest.mark.parametrize(
    ("row", "field", "reason"),
    [
        ("pot,Pot,,,-2", "price", "negative"),
        ("pot,Pot,,,cheap", "price", "not a number"),
        (",Pot,,,2", "item_id", "missing"),
        (f"pot,{'x' * 1001},,,2", "title", "longer than 1,000"),
        (f"pot,Pot,{'x' * 257},,2", "brand", "longer than 256"),
        ("tea,Other tea,Leaf,Drinks|Tea,4.5", "item_id", "other content"),
    ],
)
def test_a_bad_item_is_rejected(
    home: Settings, migrated: None, tmp_path: Path, row: str, field: str, reason: str
) -> None:
    summary = run_folder(write(tmp_path, items__csv=f"{ITEMS}{row}\n"))
    assert (summary.added, summary.rejected) == (2, 1)
    [(_, line, where, why)] = rejected()
    assert (line, where) == (4, field)
    assert reason in why


def test_rejects_reach_postgres_too(database: Settings, tmp_path: Path) -> None:
    bad = "e1,ann,tea,view,,2026-01-01\ne3,ann,gone,view,,2026-01-01\ne4,ann,tea,view,,\n"
    run_folder(write(tmp_path, items__csv=ITEMS, interactions__csv=EVENTS + bad))
    assert [(line, field) for _, line, field, _ in rejected()] == [(4, "event_id"), (5, "item_id"), (6, "time")]


def test_wrong_encodings_are_rejected_where_they_stand(home: Settings, migrated: None, tmp_path: Path) -> None:
    latin = ITEMS.encode() + "caf,Café,,,3\n".encode("latin-1") + "ok,Ökotee,,,3\n".encode()
    users = b'{"user_id": "ann"}\n{"user_id": "\xe9"}\n'
    summary = run_folder(write(tmp_path, items__csv=latin, users__jsonl=users))
    assert (summary.added, summary.rejected) == (4, 2)
    places = [(file, line) for file, line, _, why in rejected() if "UTF-8" in why]
    assert places == [("items.csv", 4), ("users.jsonl", 2)]


def test_an_item_that_arrives_later_lets_its_events_in(database: Settings, tmp_path: Path) -> None:
    events = EVENTS + "e3,ann,pot,view,,2026-01-03\n"
    folder = write(tmp_path, items__csv=ITEMS, interactions__csv=events)
    assert run_folder(folder).rejected == 1
    write(folder, items__csv=f"{ITEMS}pot,Pot,,,7\n")
    summary = run_folder(folder)
    assert (summary.added, summary.rejected) == (2, 0)
    assert rejected() == []


def test_unknown_items_become_stubs_until_they_are_described(database: Settings, tmp_path: Path) -> None:
    folder = write(tmp_path, interactions__csv=EVENTS)
    assert run_folder(folder, Reading.automatic(stub_items=True)).rejected == 0
    assert table("items", "item_id", "title", "stub") == [("cup", "cup", True), ("tea", "tea", True)]
    summary = run_folder(write(folder, items__csv=ITEMS), Reading.automatic(stub_items=True))
    assert [file.written.updated for file in summary.files] == [2, 0]
    assert table("items", "item_id", "title", "stub") == [("cup", "Cup", False), ("tea", "Green tea", False)]


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".jsonl", ".jsonl.gz", ".parquet"])
def test_every_format_says_the_same(home: Settings, migrated: None, tmp_path: Path, suffix: str) -> None:
    frame = pl.DataFrame(
        {
            "USER_ID": ["ann", "bob"],
            "ITEM_ID": ["tea", "cup"],
            "TIMESTAMP": [1767261600, 1767348000],
            "EVENT_TYPE": ["Purchase", "View"],
            "EVENT_VALUE": [4.5, None],
        }
    )
    path = write(tmp_path, items__csv=ITEMS) / f"interactions{suffix}"
    if suffix == ".parquet":
        frame.write_parquet(path)
    else:
        data = (frame.write_csv() if "csv" in suffix else frame.write_ndjson()).encode()
        path.write_bytes(gzip.compress(data) if suffix.endswith("gz") else data)
    assert run_folder(tmp_path).rejected == 0
    assert table("events", "user_id", "event_type", "value") == [("ann", "purchase", 4.5), ("bob", "view", None)]
    ids = [row[0] for row in table("events", "event_id")]
    assert ids == ["24e11e0d9789b79e6cfa3403a9efc0df", "c6d963148dd0d6e794ffa15555222598"]


def test_links_between_shoppers_go_in_once(database: Settings, tmp_path: Path) -> None:
    links = "truster,trustee,weight\nann,bob,\nbob,cy,0.5\nann,ann,1\nann,,1\nann,dan,-1\n"
    summary = run_folder(write(tmp_path, trust__csv=links))
    assert (summary.added, summary.rejected) == (2, 3)
    found = [("ann", "bob", "trust", 1.0), ("bob", "cy", "trust", 0.5)]
    assert table("user_links", "source_user_id", "target_user_id", "kind", "weight") == found
    assert [row[0] for row in table("users", "user_id")] == ["ann", "bob", "cy"]
    assert [(line, field) for _, line, field, _ in rejected()] == [
        (4, "target_user_id"),
        (5, "target_user_id"),
        (6, "weight"),
    ]
    again = run_folder(write(tmp_path, trust__csv=links.replace("0.5", "0.9")))
    assert (again.added, again.updated, again.unchanged) == (0, 1, 1)


def test_names_of_amazon_personalize(home: Settings, migrated: None, tmp_path: Path) -> None:
    items = "ITEM_ID,PRICE,CATEGORY_L1,CATEGORY_L2,PRODUCT_DESCRIPTION,CREATION_TIMESTAMP,GENDER\n"
    items += "1,12.5,Shoes,Running,Light shoe,1600000000,F\n"
    users = "USER_ID,AGE\nann,30\n"
    events = "USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE,EVENT_VALUE,IMPRESSION\nann,1,1700000000,AddToCart,,1|2\n"
    run_folder(write(tmp_path, items__csv=items, users__csv=users, interactions__csv=events))
    item = ("1", "Light shoe", ["Shoes", "Running"], {"gender": "F"})
    assert table("items", "item_id", "title", "categories", "attributes") == [item]
    assert table("users", "user_id", "attributes") == [("ann", {"age": "30"})]
    assert table("events", "item_id", "event_type") == [("1", "cart")]


def test_names_of_gorse(home: Settings, migrated: None, tmp_path: Path) -> None:
    item = {"ItemId": "1", "IsHidden": True, "Categories": ["Shoes"], "Labels": ["new"], "Comment": "Light shoe"}
    feedback = {"FeedbackType": "read", "UserId": "ann", "ItemId": "1", "Timestamp": "2026-01-01T00:00:00+01:00"}
    user = {"UserId": "ann", "Labels": ["vip"], "Comment": "x"}
    folder = write(tmp_path, items__jsonl=jsonl([item]), feedback__jsonl=jsonl([feedback]), users__jsonl=jsonl([user]))
    assert run_folder(folder).rejected == 0
    described = ("1", "Light shoe", True, ["Shoes"], {"labels": ["new"]})
    assert table("items", "item_id", "title", "hidden", "categories", "attributes") == [described]
    [(kind, time)] = table("events", "event_type", "time")
    assert (kind, time.isoformat()) == ("view", "2025-12-31T23:00:00+00:00")
    assert table("users", "attributes") == [({"comment": "x", "labels": ["vip"]},)]


def test_names_by_hand(home: Settings, migrated: None, tmp_path: Path) -> None:
    items = "code,label,why\n1,Lamp,because\n"
    events = "who,code,moment,deed\nann,1,1700000000,looked\n"
    mapping = {"item_id": "code", "title": "label", "user_id": "who", "time": "moment", "event_type": "deed"}
    reading = Reading(mapping, parse_types(["view=looked"]))
    run_folder(write(tmp_path, items__csv=items, interactions__csv=events), reading)
    assert table("items", "item_id", "title", "attributes") == [("1", "Lamp", {"why": "because"})]
    assert table("events", "user_id", "event_type") == [("ann", "view")]


@pytest.mark.parametrize(("column", "kind"), [("rating", "rating"), ("event_value", "view")])
def test_events_without_a_type_are_what_the_file_suggests(
    home: Settings, migrated: None, tmp_path: Path, column: str, kind: str
) -> None:
    events = f"user_id,item_id,timestamp,{column}\nann,tea,1700000000,4\n"
    run_folder(write(tmp_path, items__csv=ITEMS, ratings__csv=events))
    assert table("events", "event_type", "value") == [(kind, 4.0)]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "holds none of items.csv"),
        ({"interactions__csv": "a,b\n1,2\n"}, "name it with --map time=THEIR_COLUMN"),
        ({"items__csv": ""}, "its first line must name the columns"),
        ({"items__csv": "item_id,item_id\n1,1\n"}, "must name each column once"),
        ({"items__csv": ITEMS.encode("utf-16")[:-1]}, "cut short"),
        ({"items__parquet": b"no"}, "is not a Parquet file"),
        ({"items__csv__gz": b"no"}, "is not a whole gzip file"),
        ({"items__csv__gz": gzip.compress(ITEMS.encode() * 50)[:60]}, "is not a whole gzip file"),
    ],
)
def test_a_file_that_cannot_be_understood_is_named(
    home: Settings, migrated: None, tmp_path: Path, files: dict[str, str | bytes], message: str
) -> None:
    with pytest.raises((UnreadableFile, UnclearColumns), match=message):
        run_folder(write(tmp_path / "shop", **files))


def test_a_mapping_to_a_column_that_is_not_there_is_named(home: Settings, migrated: None, tmp_path: Path) -> None:
    with pytest.raises(UnclearColumns, match="no file has such a column; they have brand, categories"):
        run_folder(write(tmp_path, items__csv=ITEMS), Reading({"title": "label"}, EVENT_TYPE_NAMES))
