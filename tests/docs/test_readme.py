"""The README is short, says the same in both languages, and its figures stand where commands wrote them."""

import re

from recommender.settings import PROJECT_ROOT

ENGLISH, CHINESE = (PROJECT_ROOT / name for name in ("README.md", "README.zh.md"))
MOST_BYTES = 8 * 1024
PAGES = ("quality.md", "steering.md", "service.md")


def figures(text: str) -> list[list[str]]:
    """The fractions of each row of the table of figures."""
    rows = [line for line in text.splitlines() if line.startswith("|") and "`python -m" in line]
    return [re.findall(r"(?<![\w.])\.\d+|\d+\.\d+", row) for row in rows]


def test_it_is_read_in_a_few_minutes() -> None:
    assert len(ENGLISH.read_bytes()) <= MOST_BYTES


def test_both_languages_tell_the_same_figures() -> None:
    assert figures(ENGLISH.read_text()) == figures(CHINESE.read_text()) != []


def test_figures_of_benchmarks_stand_in_the_pages_that_they_write() -> None:
    written = " ".join((PROJECT_ROOT / "docs" / page).read_text() for page in PAGES)
    fractions = {figure for row in figures(ENGLISH.read_text()) for figure in row if figure.startswith(".")}
    assert [one for one in sorted(fractions) if one not in written] == []
