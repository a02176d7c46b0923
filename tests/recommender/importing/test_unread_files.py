"""What an import leaves out is named: files, columns, ids that look alike; and an order's id is no event's."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from recommender.importing.column_names import EVENT_TYPE_NAMES, parse_map
from recommender.importing.folder import Reading
from recommender.importing.sources import run_folder
from recommender.settings import Settings
from tests.support.shops.files import EVENTS, ITEMS, jsonl, rejected, table, write

STUBS = Reading.automatic(stub_items=True)
LINES = [("9001", "m1", "C1", 59), ("9001", "m1", "C2", 129), ("9001", "m1", "C3", 9), ("9002", "m2", "C1", 59)]
HEADER = ("id", "customer_id", "product_id", "price", "created_at")


def order_lines(start: int = 0) -> pl.DataFrame:
    rows = [(*line, f"2026-10-0{1 + start}T10:00:00Z") for line in LINES]
    return pl.DataFrame(rows, HEADER, orient="row")


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_an_id_that_repeats_with_other_content_is_the_orders(database: Settings, tmp_path: Path, suffix: str) -> None:
    frame = order_lines()
    path = tmp_path / f"purchases.{suffix}"
    if suffix == "parquet":
        frame.write_parquet(path)
    else:
        path.write_text(frame.write_csv() if suffix == "csv" else frame.write_ndjson())
    reading = replace(STUBS, default_type="purchase")
    summary = run_folder(tmp_path, reading)
    assert summary.rejected == 0
    found = table("events", "session_id", "user_id", "item_id", "value")
    assert found == [(order, user, item, float(price)) for order, user, item, price in LINES]
    assert any("column id repeats with other content" in note for note in summary.notes)
    again = run_folder(tmp_path, reading, again=True)
    assert (again.added, again.unchanged, again.rejected) == (0, 4, 0)


def test_an_order_in_one_file_is_an_order_in_all(home: Settings, migrated: None, tmp_path: Path) -> None:
    order_lines().tail(1).write_csv(tmp_path / "purchases_1.csv")
    order_lines().write_csv(tmp_path / "purchases_2.csv")
    run_folder(tmp_path, replace(STUBS, default_type="purchase"))
    assert len(table("events", "event_id")) == 4


@pytest.mark.parametrize("batch", [1, 2, 50])
def test_an_id_of_its_own_is_the_events(home: Settings, migrated: None, tmp_path: Path, batch: int) -> None:
    events = EVENTS.replace("event_id", "id")
    write(tmp_path, items__csv=ITEMS, interactions__csv=events + events.splitlines()[1] + "\n")
    run_folder(tmp_path, replace(STUBS, batch=batch))
    assert [row[0] for row in table("events", "event_id")] == ["e1", "e2"]


def test_one_contradiction_among_many_events_is_a_reject(home: Settings, migrated: None, tmp_path: Path) -> None:
    lines = [
        "id,user_id,item_id,time",
        *(f"e{n},ann,tea,{1_700_000_000 + n}" for n in range(300)),
        "e7,ann,tea,1700009999",
    ]
    summary = run_folder(write(tmp_path, items__csv=ITEMS, interactions__csv="\n".join(lines)))
    assert (summary.rejected, len(table("events", "event_id"))) == (1, 300)


def test_a_name_by_hand_makes_it_the_events(home: Settings, migrated: None, tmp_path: Path) -> None:
    order_lines().write_csv(tmp_path / "purchases.csv")
    assert run_folder(tmp_path, replace(STUBS, mapping=parse_map(["event_id=id"]))).rejected == 2
    assert run_folder(tmp_path, replace(STUBS, mapping=parse_map(["event_id=-"]))).rejected == 0


def test_names_in_other_scripts_are_not_what_is_left_of_them(home: Settings, migrated: None, tmp_path: Path) -> None:
    content = "订单ID,会员ID,商品ID,类型,下单时间,金额,Größe\n"
    content += "".join(f"{order},{user},{item},购买,2026/10/1 9:05,{price},L\n" for order, user, item, price in LINES)
    mapping = parse_map(["user_id=会员ID", "item_id=商品ID", "event_type=类型", "time=下单时间", "value=金额"])
    reading = Reading(mapping, {**EVENT_TYPE_NAMES, "购买": "purchase"}, None, True)
    summary = run_folder(write(tmp_path, interactions__csv=content), reading)
    assert summary.rejected == 0
    found = table("events", "session_id", "user_id", "item_id", "value", "event_type")
    assert found == [(order, user, item, float(price), "purchase") for order, user, item, price in LINES]
    assert any("columns that are not used: Größe" in note for note in summary.notes)


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("transactions_train.csv", "its name must begin with"),
        ("Bestellungen.jsonl.gz", "its name must begin with"),
        ("items.xlsx", "its name must end in .csv"),
        ("orders.xls", "its name must end in .csv"),
        ("README", "its name must end in .csv"),
        ("faq.csv", "zhiyin import faq"),
        ("2025", "folders in a folder"),
    ],
)
def test_a_file_that_is_left_out_is_named(
    home: Settings, migrated: None, tmp_path: Path, name: str, remedy: str
) -> None:
    folder = write(tmp_path / "shop", ITEMS__CSV=ITEMS, **{".DS_Store": ""})
    (folder / name).mkdir() if name == "2025" else (folder / name).write_text("x")
    for _ in range(2):
        summary = run_folder(folder)
        [note] = summary.notes
        assert note.startswith(f"{name} was not read")
        assert remedy in note
    assert len(table("items", "item_id")) == 2


def test_columns_that_are_not_used_are_named(home: Settings, migrated: None, tmp_path: Path) -> None:
    rows = [
        {"user_id": "ann", "item_id": "tea", "time": "2026-01-01", **({"coupon": "x"} if n == 299 else {})}
        for n in range(300)
    ]
    events = EVENTS.replace("time\n", "time,store\n").replace("Z\n", "Z,Ulm\n").replace("01-02\n", "01-02,\n")
    folder = write(tmp_path / "shop", items__csv=ITEMS, interactions_1__csv=events, interactions_2__jsonl=jsonl(rows))
    assert run_folder(folder).notes == (
        "interactions_1.csv: columns that are not used: store",
        "interactions_2.jsonl: columns that are not used: coupon",
    )


def test_ids_that_differ_in_their_writing_only_are_told(database: Settings, tmp_path: Path) -> None:
    items = "item_id,title\n0663713001,Jersey\nA1,Cap\na1,Cap\n"
    acts = [("bob", "663713001"), ("ann", "a1"), ("Ann", "a1"), ("007", "a1"), ("7", "a1")]
    events = "event_id,user_id,item_id,time\n" + "".join(f"{u}-{i},{u},{i},2026-01-01\n" for u, i in acts)
    summary = run_folder(write(tmp_path / "shop", items__csv=items, interactions__csv=events))
    [shoppers, same, unknown] = summary.notes
    assert "ids of shoppers differ in their writing only, 2 of them: 007 = 7, Ann = ann" in shoppers
    assert "A1 = a1" in same
    assert "0663713001 = 663713001" in unknown
    assert len(rejected()) == 1
    assert len(table("users", "user_id")) == 4


@pytest.mark.parametrize(
    ("name", "columns", "expected"),
    [
        ("purchases.csv", "price", "purchase"),
        ("interactions.csv", "quantity", "purchase"),
        ("interactions.csv", "rating", "rating"),
        ("interactions.csv", "price", "view"),
    ],
)
def test_rows_that_do_not_say_what_happened_are_what_their_columns_or_file_tell(
    home: Settings, migrated: None, tmp_path: Path, name: str, columns: str, expected: str
) -> None:
    (tmp_path / name).write_text(f"user_id,item_id,time,{columns}\na,i1,2026-10-01T08:26:00Z,3\n")
    run_folder(tmp_path, STUBS)
    assert table("events", "event_type") == [(expected,)]
