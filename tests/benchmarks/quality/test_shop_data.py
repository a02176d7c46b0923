"""Any shop's files: times in seconds, milliseconds or ISO dates, columns that are missing, words among numbers."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.quality.protocols import FILE, TRAIN, leave_one_out, ordered_log, sampled, temporal_of
from benchmarks.quality.shop_data import ShopData, load_shop
from tests.benchmarks.quality.test_comparison import facts_without_a_model, write_shop

DAY = 16_071  # 2014-01-01


def shop_of(folder: Path, header: str, rows: list[str], items: str = "item_id\ni0\ni1\n") -> ShopData:
    (folder / "interactions.csv").write_text("\n".join([header, *rows]) + "\n")
    (folder / "items.csv").write_text(items)
    return load_shop(str(folder))


@pytest.mark.parametrize(
    "times",
    [
        ("1388534400", "1388620800"),
        ("1388534400000", "1388620800000"),
        ("2014-01-01T00:00:00", "2014-01-02T00:00:00"),
        ("2014-01-01", "2014-01-02"),
    ],
)
def test_times_are_understood(tmp_path: Path, times: tuple[str, str]) -> None:
    shop = shop_of(tmp_path, "user_id,item_id,timestamp", [f"u,i0,{times[0]}", f"u,i1,{times[1]}"])
    assert ordered_log(shop, FILE, 0).times_L.tolist() == [DAY, DAY + 1]
    assert shop.timed


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="1 rows lack"):
        shop_of(tmp_path, "user_id,item_id,timestamp", ["u,i0,1388534400", "u,i1,"])


def test_a_late_word_in_a_column_of_numbers_does_no_harm(tmp_path: Path) -> None:
    items = "item_id,title,price\n" + "".join(f"i{row},{row},{row}\n" for row in range(300)) + "ix,no number,unknown\n"
    shop = shop_of(tmp_path, "user_id,item_id,timestamp", ["u,i0,1388534400", "u,ix,1388534400"], items)
    assert "no number" in shop.titles


def test_items_need_no_more_than_their_ids(tmp_path: Path) -> None:
    shop = shop_of(tmp_path, "user_id,item_id,position", ["u,i0,0", "u,i9,1"])
    assert shop.items == 3
    assert set(shop.texts) == {""}
    assert not shop.timed


def test_temporal_needs_times(tmp_path: Path) -> None:
    write_shop(tmp_path, timestamps=False)
    shop = load_shop(str(tmp_path))
    with pytest.raises(ValueError, match="timestamp"):
        temporal_of(shop, facts_without_a_model(shop), ordered_log(shop, FILE, 0))


def test_a_sample_asks_fewer_shoppers_the_same(tmp_path: Path) -> None:
    write_shop(tmp_path)
    shop = load_shop(str(tmp_path))
    task = leave_one_out(facts_without_a_model(shop), ordered_log(shop, FILE, 0), TRAIN)
    few = sampled(task, 10, seed=0)
    assert len(few.queries) == few.views[""][0].shape[0] == 10
    place = np.searchsorted(task.queries.users_Q, few.queries.users_Q)
    assert (few.views[""][0] != task.views[""][0][place]).nnz == 0
