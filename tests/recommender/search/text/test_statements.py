"""What the text of an item says: its words, marks for its numbers, and marks for what it denies."""

from recommender.search.text.normalization import fold
from recommender.search.text.statements import CLAUSE, SHORT, denial_marks, read_statements


def test_words_keep_their_order_and_repetition_and_marks_come_once() -> None:
    said = read_statements(CLAUSE.join(["Milk 2L", "Milk 2L", "Lark"]))
    assert said.words == ["milk", "2", "l", "milk", "2", "l", "lark"]
    assert said.marks.count("=2000ml") == 1


def test_what_a_text_denies_is_none_of_its_words() -> None:
    said = read_statements("Sugar-free candy, no added salt")
    assert "sugar" not in said.words
    assert "candy" in said.words
    assert {"-sugar", "-salt"} <= set(said.marks)


def test_a_denial_ends_with_its_clause() -> None:
    apart = read_statements(CLAUSE.join(["Tea without", "Sugar"]))
    assert apart.words == ["tea", "without", "sugar"] or "sugar" in apart.words
    assert "-sugar" not in apart.marks


def test_both_scripts_of_chinese_say_the_same() -> None:
    simple, traditional = read_statements("无糖绿茶 500毫升"), read_statements("無糖綠茶 500毫升")
    assert simple == traditional
    assert "-糖" in simple.marks
    assert "=500ml" in simple.marks


def test_long_clauses_are_read_as_short_ones_are() -> None:
    long = "green tea " * SHORT + "no sugar"
    assert read_statements(long).words[:2] == ["green", "tea"]
    assert "-sugar" in read_statements(long).marks
    assert read_statements("") == read_statements(CLAUSE)


def test_each_word_of_a_denied_phrase_is_a_mark_and_ideographs_also_as_a_whole() -> None:
    assert denial_marks("peanut butters") == ["-peanut", "-butter"]
    assert denial_marks(fold("花生醬"))[-1] == "-花生酱"
    assert denial_marks("") == []
