"""CSV as batches of rows, whatever stands in them."""

from pathlib import Path

import pytest

from recommender.importing.reading.csv_rows import CsvTable
from recommender.importing.reading.rows import UnreadableFile

Rows = list[tuple[object, ...]]


def table(content: str | bytes) -> CsvTable:
    data = content.encode() if isinstance(content, str) else content
    return CsvTable(Path("x.csv"), iter(data.splitlines(keepends=True)))


def rows(content: str | bytes, size: int = 2) -> tuple[Rows, list[tuple[int, str]]]:
    csv, good, bad = table(content), Rows(), list[tuple[int, str]]()
    while batch := csv.take(size):
        good += batch.rows.rows()
        bad += batch.rejects.select("line", "reason").rows()
        assert batch.taken == len(batch.rows) + len(batch.rejects)
    return good, bad


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("size", [1, 2, 100])
def test_plain_rows_have_the_line_they_stand_on(separator: str, size: int) -> None:
    content = "id,名\r\n1,茶\r\n2,\r\n3,x y".replace(",", separator)
    assert table(content).header == ["id", "名"]
    good, bad = rows(content, size)
    assert [(line, one, two or None) for line, one, two in good] == [(2, "1", "茶"), (3, "2", None), (4, "3", "x y")]
    assert bad == []


def test_quoted_fields_may_hold_separators_quotes_and_ends_of_lines() -> None:
    good, bad = rows('a,b\n"x,1","say ""hi"""\n"two\nlines",2\n3,4\n')
    assert good == [(2, "x,1", 'say "hi"'), (3, "two\nlines", "2"), (5, "3", "4")]
    assert bad == []


def test_a_quote_that_does_not_close_costs_its_own_line_alone() -> None:
    good, [(line, reason)] = rows('a,b\n1,2\n"open,3\n4,5\n6,7\n', 10)
    assert good == [(2, "1", "2"), (4, "4", "5"), (5, "6", "7")]
    assert line == 3
    assert "check its quotes" in reason


def test_rows_of_other_lengths_and_other_encodings_are_told_apart() -> None:
    good, bad = rows(b"a,b\n1,2,3\n1\n\xff,2\nok,2\n", 10)
    assert good == [(5, "ok", "2")]
    assert bad == [
        (2, "3 fields where the first line names 2"),
        (3, "1 fields where the first line names 2"),
        (4, "not UTF-8: save the file in that encoding"),
    ]


def test_rows_are_passed_over_and_a_file_may_end_before() -> None:
    csv = table("a,b\n1,x\n2,x\n3,x\n")
    csv.skip(2, block=1)
    last = csv.take(5)
    assert last is not None
    assert last.rows.rows() == [(4, "3", "x")]
    csv.skip(99)
    assert csv.take(1) is None


@pytest.mark.parametrize(
    ("content", "message"),
    [("", "is empty: its first line must name the columns"), ("a,a\n", "must name each column once; it says a, a"),
     ("a,\n", "must name each column once"), ("a\x00,b\n", "NUL bytes"), ('"a\n', "can't be read")],
)  # fmt: skip
def test_a_first_line_that_names_no_columns_is_refused(content: str, message: str) -> None:
    with pytest.raises(UnreadableFile, match=message):
        table(content)


def test_a_byte_order_mark_is_no_part_of_a_name_and_a_column_called_line_keeps_its_own() -> None:
    assert table("\ufeffa,line\n").header == ["a", "line "]
