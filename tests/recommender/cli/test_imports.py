"""`zhiyin import`: its options reach the import, and mistakes are said in one line."""

from pathlib import Path

import pytest

from recommender.settings import Settings
from tests.support.commands import zhiyin
from tests.support.servers.databases import install_tables
from tests.support.shops.files import EVENTS, ITEMS, table, write


@pytest.fixture(autouse=True)
def _tables(home: Settings) -> None:
    install_tables()


def test_options_named_by_hand_reach_the_import(tmp_path: Path) -> None:
    events = "kunde,item_id,was,time\n安,tea,kauf,2026-01-01 08:00\n安,neu,kauf,2026-01-01 09:00\n"
    folder = write(tmp_path, items__csv=ITEMS, interactions__csv=events)
    options = ("--map", "user_id=kunde", "--map", "event_type=was", "--type", "purchase=kauf", "--stub-items")
    done = zhiyin("import", "csv", folder, *options, "--time-zone", "Asia/Shanghai", "--shift-days", "1")
    assert done.exit_code == 0, done.output
    assert "kunde -> user_id" in done.output
    found = table("events", "item_id", "user_id", "event_type", "time")
    assert [(item, user, kind, f"{time:%d %H:%M}") for item, user, kind, time in found] == [
        ("neu", "安", "purchase", "02 01:00"),
        ("tea", "安", "purchase", "02 00:00"),
    ]


def test_a_whole_catalogue_retires_the_rest_up_to_the_share_that_is_allowed(tmp_path: Path) -> None:
    zhiyin("import", "csv", write(tmp_path, items__csv=ITEMS))
    write(tmp_path, items__csv="item_id,title\ntea,茶\n")
    refused = zhiyin("import", "csv", tmp_path, "--whole", "--retire-at-most", "0.1")
    assert (refused.exit_code, "error: " in refused.stderr) == (1, True)
    done = zhiyin("import", "csv", tmp_path, "--whole", "--retire-at-most", "1")
    assert "1 items that the catalogue no longer names are retired" in done.output
    assert ("cup", True) in table("items", "item_id", "retired")


def test_what_comes_next_depends_on_whether_anything_happened(tmp_path: Path) -> None:
    folder = write(tmp_path, items__csv=ITEMS)
    assert "zhiyin import csv FOLDER, with interactions" in zhiyin("import", "csv", folder).stderr
    write(tmp_path, interactions__csv=EVENTS)
    assert "next: zhiyin features build, then zhiyin run" in zhiyin("import", "csv", folder).stderr


def test_answers_of_a_faq_are_counted_and_bad_lines_named(tmp_path: Path) -> None:
    faq = "question,answer,language\nShipping?,Two days.,en\n运费?,包邮。,zh\n,nobody asked,en\n"
    done = zhiyin("import", "faq", write(tmp_path, faq__csv=faq) / "faq.csv")
    assert "faq: 2 added, 0 updated, 0 unchanged, 0 removed, 1 rejected" in done.stdout
    assert "faq.csv:4: " in done.stdout


@pytest.mark.parametrize(
    ("options", "message"),
    [(("--time-zone", "Mars"), "write it as Asia/Shanghai"), (("--encoding", "klingon"), "klingon"),
     (("--format", "dance"), "dance"), (("--type", "dance"), "OURS=THEIRS")],
)  # fmt: skip
def test_an_option_of_no_sense_is_said_in_one_line(tmp_path: Path, options: tuple[str, ...], message: str) -> None:
    done = zhiyin("import", "csv", write(tmp_path, items__csv=ITEMS), *options)
    assert done.exit_code == 1
    assert done.stderr.startswith("error: ")
    assert message in done.stderr
    assert table("items", "item_id") == []


def test_a_synthetic_shop_comes_in_and_another_is_refused() -> None:
    sizes = ("--shoppers", 50, "--items", 200, "--days", 7)
    done = zhiyin("import", "synthetic", *sizes, "--seed", 3)
    assert done.exit_code == 0, done.output
    assert len(table("items", "item_id")) == 200
    refused = zhiyin("import", "synthetic", *sizes, "--seed", 4)
    assert (refused.exit_code, "ZHIYIN_HOME" in refused.stderr) == (1, True)
