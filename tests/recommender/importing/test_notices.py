"""What there is to tell of a file, once for each sentence."""

from datetime import timedelta

import pytest

from recommender.importing.notices import EXAMPLES, Notice, combine, spell_duration


def test_a_notice_names_its_rows_examples_and_length_of_time() -> None:
    notice = Notice("{rows} rows say {examples}, by {most}", 12_345, ("茶", "{rows}"), timedelta(minutes=61))
    assert str(notice) == "12,345 rows say 茶, {rows}, by 1 h 1 min"
    many = Notice("{examples}", 1, tuple("abcdefgh"))
    assert str(many) == "a, b, c, d, e, ..."


def test_notices_of_one_sentence_are_added_up() -> None:
    first = Notice("{rows} of {examples}", 2, ("a", "b"), timedelta(hours=1))
    second = Notice("{rows} of {examples}", 3, ("b", "c"), timedelta(minutes=5))
    other = Notice("else", 1)
    [both, last] = combine([first, other, second])
    assert (both.rows, both.examples, both.most) == (5, ("a", "b", "c"), timedelta(hours=1))
    assert last == other
    assert combine([Notice("nothing", 0)]) == []
    assert combine([]) == []


def test_further_examples_are_told_of_and_not_kept() -> None:
    [all_of_them] = combine(Notice("{examples}", 1, (str(number),)) for number in range(100))
    assert len(all_of_them.examples) == EXAMPLES + 1
    assert str(all_of_them) == "0, 1, 2, 3, 4, ..."


@pytest.mark.parametrize(
    ("length", "said"),
    [(timedelta(), "0 min"), (timedelta(seconds=59), "1 min"), (timedelta(minutes=59.6), "1 h 0 min"),
     (timedelta(days=2), "48 h 0 min")],
)  # fmt: skip
def test_lengths_of_time_are_hours_and_minutes(length: timedelta, said: str) -> None:
    assert spell_duration(length) == said
