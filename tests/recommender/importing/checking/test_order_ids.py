"""Whether a file's id names the order and not the event."""

from pathlib import Path

from recommender.importing.checking.order_ids import names_orders
from tests.support.shops.files import write

HEAD = "id,user,item\n"


def named(folder: Path, rows: str) -> bool:
    return names_orders(write(folder, events__csv=HEAD + rows) / "events.csv", "id", "utf-8")


def test_an_id_that_repeats_with_other_content_is_the_order_s(tmp_path: Path) -> None:
    assert named(tmp_path, "o1,ann,茶\no1,ann,杯\no2,bob,茶\n")
    assert not named(tmp_path, "e1,ann,茶\ne2,ann,杯\n")
    assert not named(tmp_path, "e1,ann,茶\ne1,ann,茶\n")  # told twice


def test_few_contradictions_among_many_events_and_missing_ids_are_none(tmp_path: Path) -> None:
    many = "".join(f"e{number},ann,i\n" for number in range(200))
    assert not named(tmp_path, many + "e7,ann,other\n")
    assert named(tmp_path, many + "".join(f"e{number},ann,other\n" for number in range(10)))
    assert not named(tmp_path, ",ann,a\n,ann,b\n")
    assert not named(tmp_path, "")
