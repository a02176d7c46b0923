"""Every letter of an array's shape means what the table in docs/conventions.md says."""

import ast
import re
from collections.abc import Iterator

import pytest

from recommender.settings import PROJECT_ROOT
from tests.docs.test_named import CODE

PAGE = (PROJECT_ROOT / "docs" / "conventions.md").read_text()
LETTER = re.compile(r"(?:^|[,;])\s*([A-Za-z]) (.*?)(?=[,;] [A-Za-z] |\.?\s*$)")


def rows_below(heading: str) -> list[list[str]]:
    section = PAGE.partition(heading)[2].partition("\n#")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:1] == "|"]
    return [row for row in rows[2:] if row]


MEANINGS = {letter: words.split(", ") for letter, _, words in rows_below("## Shapes")}
EXCEPTIONS = {(letter, path) for letter, _, paths in rows_below("### Second") for path in re.findall(r"`(.+?)`", paths)}


def letters_of(docstring: str) -> list[tuple[str, str]]:
    found = re.search(r"Shape suffixes:(.*?)(\n\n|\Z)", docstring, re.DOTALL)
    return LETTER.findall(" ".join(re.sub(r"\([^)]*\)", "", found[1]).split())) if found else []


def named_letters() -> Iterator[tuple[str, str, str]]:
    """Each letter with its meaning and the module whose docstring names it."""
    for room in (*CODE, "examples"):
        for path in sorted((PROJECT_ROOT / room).rglob("*.py")):
            docstring = ast.get_docstring(ast.parse(path.read_text())) or ""
            for letter, meaning in letters_of(docstring):
                yield str(path.relative_to(PROJECT_ROOT)), letter, meaning


def test_every_letter_has_the_meaning_of_the_table() -> None:
    named = list(named_letters())
    assert len(named) > 150
    wrong = [
        (path, letter, meaning)
        for path, letter, meaning in named
        if (letter, path) not in EXCEPTIONS and not any(words in meaning for words in MEANINGS.get(letter, ()))
    ]
    assert wrong == []


def test_no_letter_stands_twice_in_the_table() -> None:
    letters = [row[0] for row in rows_below("## Shapes")]
    assert len(letters) == len(set(letters)) > 20


def test_no_exception_is_left_over() -> None:
    assert EXCEPTIONS - {(letter, path) for path, letter, _ in named_letters()} == set()


@pytest.mark.parametrize(
    ("docstring", "letters"),
    [
        ("Shape suffixes: Q queries, N items.", [("Q", "queries"), ("N", "items")]),
        (
            "Shape suffixes: L events, in any order; K the shopper's.",
            [("L", "events, in any order"), ("K", "the shopper's")],
        ),
        ("No shapes.", []),
    ],
)
def test_letters_are_read_from_a_docstring(docstring: str, letters: list[tuple[str, str]]) -> None:
    assert letters_of(docstring) == letters
