"""Text files of any encoding: read rightly, or refused in one sentence."""

import gzip
from dataclasses import replace
from pathlib import Path

import pytest

from recommender.importing.folder import Reading
from recommender.importing.reading.rows import UnreadableFile
from recommender.importing.sources import run_folder
from recommender.settings import Settings
from tests.support.shops.files import jsonl, rejected, table, write

CHINESE = "item_id,title,categories,price\nC1,陶瓷直身马克杯,家居 > 水杯,59\nC2,羊毛围巾,服饰 > 围巾,129\n"
TITLES = [("C1", "陶瓷直身马克杯"), ("C2", "羊毛围巾")]
EUROPEAN = "item_id,title\nC1,Théière émaillée\nC2,Crème brûlée\n"
OTHERS = {
    "big5": "item_id,title\nC1,陶瓷直身馬克杯\nC2,羊毛圍巾冬季\n",
    "shift_jis": "item_id,title\nC1,陶器のマグカップ白\nC2,ウールのマフラー\n",
    "euc_jp": "item_id,title\nC1,陶器のマグカップ白\nC2,ウールのマフラー\n",
    "euc_kr": "item_id,title\nC1,도자기 머그컵 흰색\nC2,울 머플러 겨울용\n",
    "cp1252": EUROPEAN,
    "cp1251": "item_id,title\nC1,Чайник эмалированный\nC2,Шерстяной шарф\n",
    "koi8_r": "item_id,title\nC1,Чайник эмалированный\nC2,Шерстяной шарф\n",
    "cp1253": "item_id,title\nC1,Πράσινο τσάι\nC2,Κούπα πορσελάνης\n",
    "cp1255": "item_id,title\nC1,תה ירוק אורגני\nC2,ספל חרסינה\n",
    "cp1254": "item_id,title\nC1,Yeşil çay poşeti\nC2,Porselen kupa ığdır\n",
    "cp1250": "item_id,title\nC1,Łyżka stołowa\nC2,Żółta spódnica\n",
    "mac_roman": EUROPEAN,
}


@pytest.mark.parametrize("encoding", ["gb18030", "gbk", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("packed", [False, True])
def test_what_chinese_spreadsheets_write_is_read(
    home: Settings, migrated: None, tmp_path: Path, encoding: str, packed: bool
) -> None:
    data = CHINESE.encode(encoding)
    name = "items__csv__gz" if packed else "items__csv"
    summary = run_folder(write(tmp_path, **{name: gzip.compress(data) if packed else data}))
    assert (summary.added, summary.rejected) == (2, 0)
    assert table("items", "item_id", "title") == TITLES
    assert table("items", "categories")[0] == (["家居", "水杯"],)
    told = [note for note in summary.notes if "its text was read as" in note]
    assert len(told) == (encoding != "utf-8-sig")
    assert [file.skipped for file in run_folder(tmp_path).files] == [True]


@pytest.mark.parametrize("kind", ["users", "interactions", "links", "items"])
def test_every_kind_of_file_may_be_in_another_encoding(
    home: Settings, migrated: None, tmp_path: Path, kind: str
) -> None:
    rows = {
        "items": "item_id,title\n一,陶瓷直身马克杯\n二,羊毛围巾冬季\n",
        "users": "user_id,city\n张三,上海市浦东新区\n",
        "interactions": "user_id,item_id,event_type,text,time\n张三,,search,保温杯 不锈钢,2026-01-01\n"
        "李四,,search,儿童雨衣 防水,2026-01-02\n",
        "links": "source_user_id,target_user_id\n张三丰同学,李四同学们\n",
    }
    summary = run_folder(write(tmp_path, **{f"{kind}__csv": rows[kind].encode("gb18030")}))
    assert (summary.added, summary.rejected) == (1 + (kind in ("interactions", "items")), 0)


def test_json_lines_may_be_in_another_encoding(home: Settings, migrated: None, tmp_path: Path) -> None:
    rows = jsonl([{"item_id": key, "title": title} for key, title in TITLES])
    run_folder(write(tmp_path, items__jsonl=rows.encode("gb18030")))
    assert table("items", "item_id", "title") == TITLES


@pytest.mark.parametrize("encoding", OTHERS)
def test_another_encoding_is_refused_unless_it_is_named(
    home: Settings, migrated: None, tmp_path: Path, encoding: str
) -> None:
    write(tmp_path, items__csv=OTHERS[encoding].encode(encoding))
    with pytest.raises(UnreadableFile, match=r"items.csv is not UTF-8, as line 2 shows: .* --encoding"):
        run_folder(tmp_path)
    assert table("items", "item_id") == []
    assert run_folder(tmp_path, replace(Reading.automatic(), encoding=encoding)).rejected == 0
    titles = [line.split(",") for line in OTHERS[encoding].splitlines()[1:]]
    assert table("items", "item_id", "title") == [(key, title) for key, title in titles]


def test_a_named_encoding_leaves_unicode_alone(home: Settings, migrated: None, tmp_path: Path) -> None:
    write(tmp_path, items_1__csv=CHINESE, items_2__csv=OTHERS["big5"].replace("C", "D").encode("big5"))
    run_folder(tmp_path, replace(Reading.automatic(), encoding="big5"))
    assert table("items", "item_id", "title")[:2] == TITLES
    assert table("items", "item_id", "title")[2:] == [("D1", "陶瓷直身馬克杯"), ("D2", "羊毛圍巾冬季")]


def test_damaged_lines_of_a_chinese_file_are_rejects(home: Settings, migrated: None, tmp_path: Path) -> None:
    data = CHINESE.encode("gb18030") + b"C3,\x81\x20\xff,,1\n" + "C4,儿童雨衣,童装,49\n".encode("gb18030")
    summary = run_folder(write(tmp_path, items__csv=data))
    assert (summary.added, summary.rejected) == (3, 1)
    assert rejected()[0][1] == 4


def test_utf_16_that_is_cut_short_is_named(home: Settings, migrated: None, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="cut short"):
        run_folder(write(tmp_path, items__csv=CHINESE.encode("utf-16")[:-1]))


def test_a_few_bad_lines_of_many_are_rejects(home: Settings, migrated: None, tmp_path: Path) -> None:
    lines = [f"i{number},Thing\n".encode() for number in range(100)]
    lines[50] = lines[70] = "x,Café\n".encode("cp1252")
    summary = run_folder(write(tmp_path, items__csv=b"item_id,title\n" + b"".join(lines)))
    assert (summary.added, summary.rejected) == (98, 2)
    assert all("UTF-8" in why for *_, why in rejected())


@pytest.mark.parametrize("separator", [";", "\t"])
def test_spreadsheets_put_semicolons_and_tabs(home: Settings, migrated: None, tmp_path: Path, separator: str) -> None:
    rows = f'item_id,title,brand\nC1,"Mug, {separator} large",A\nC2,Cup,"B, C"\n'
    content = rows.replace("item_id,title,brand", separator.join(("item_id", "title", "brand")))
    content = (
        content.replace('C1,"', f'C1{separator}"')
        .replace('",A', f'"{separator}A')
        .replace("C2,Cup,", f"C2{separator}Cup{separator}")
    )
    run_folder(write(tmp_path, items__csv=content.encode("utf-16")))
    found = table("items", "item_id", "title", "brand")
    assert found == [("C1", f"Mug, {separator} large", "A"), ("C2", "Cup", "B, C")]
