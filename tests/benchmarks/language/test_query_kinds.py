"""Queries made by rule: what is asked, and that the items called right are what the catalogue's fields say."""

import re

from benchmarks.language.query_kinds import KINDS, Row, questions
from benchmarks.language.query_rows import ndcg

ROWS = [
    *(Row(f"w{n}", f"Fine Red Wines, {n} oz", "Wine", float(n)) for n in range(1, 21)),
    *(Row(f"m{n}", "Fruit Yogurt Cups, 6 oz", "Yogurt", 2.0) for n in range(3)),
    *(Row(f"h{n}", f"Sonic HP-{200 + n} headphone", "Audio") for n in range(3)),
    *(Row(f"s{n}", "Nike shirt", "Shirts", facts={"colour": "Blue"}) for n in range(4)),
    Row("s9", "Nike shirt", "Shirts", facts={"colour": "Navy Blue"}),
]


def asked(kind: str) -> dict[str, frozenset[str]]:
    return {one.query: one.right for one in questions(KINDS[kind][0], ROWS, 50, 1)}


def test_prices_are_those_of_the_catalogue() -> None:
    [(query, right)] = asked("cheap").items()
    assert "fine red wines" in query
    assert right == {f"w{n}" for n in range(1, 11)}
    [(query, right)] = asked("prices in figures").items()
    [most] = map(int, re.findall(r"\d+", query))
    assert right == {f"w{n}" for n in range(1, most + 1)}


def test_codes_are_asked_for_in_another_form_than_titles_have() -> None:
    assert set(asked("codes").values()) == {frozenset({f"h{n}"}) for n in range(3)}
    assert not any("HP-2" in query for query in asked("codes") if query.islower())


def test_colours_are_whole_values() -> None:
    assert asked("colours") == {"blue shirts": frozenset({"s0", "s1", "s2", "s3"})}


def test_gain_is_one_where_the_first_places_are_right() -> None:
    assert ndcg(["a", "b"], frozenset("ab")) == 1.0
    assert ndcg(["x", "a"], frozenset("a")) < 1.0
    assert ndcg([], frozenset("a")) == 0.0
