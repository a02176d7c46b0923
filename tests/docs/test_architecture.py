"""The tree is as docs/architecture.md draws it: rooms have rows, folders and files are small, pages name real files."""

import re
from collections import Counter
from pathlib import Path

import pytest

from recommender.settings import PROJECT_ROOT
from tests.docs.test_named import CODE

PAGE = (PROJECT_ROOT / "docs" / "architecture.md").read_text()
ROOMS = re.findall(r"^\| `(\S+)/` \|", PAGE.partition("### Rooms")[2].partition("\n## ")[0], re.MULTILINE)
MOST_FILES, MOST_LINES = 16, 300
MIGRATIONS = "recommender/db/migrations/versions"  # Alembic keeps all of them in one folder
FILES = [
    path.relative_to(PROJECT_ROOT)
    for folder in (*CODE, "examples", "scripts", "tests")
    for path in sorted((PROJECT_ROOT / folder).rglob("*.py"))
    if not path.is_relative_to(PROJECT_ROOT / "feature_repo" / "data")
]


def test_the_table_has_each_room_once_and_no_other() -> None:
    packages = {str(path.parent) for path in FILES if path.name == "__init__.py"}
    inside = ("recommender", "services", "training")
    assert len(ROOMS) == len(set(ROOMS))
    assert set(ROOMS) - packages == set()
    assert {one for one in packages if one.count("/") == 1 and one.startswith(inside)} - set(ROOMS) == set()


def test_no_folder_is_crowded() -> None:
    counts = Counter(str(path.parent) for path in FILES if path.name != "__init__.py")
    assert len(counts) > 100
    assert {folder: count for folder, count in counts.items() if count > MOST_FILES} == {MIGRATIONS: counts[MIGRATIONS]}


def test_no_file_is_long() -> None:
    lines = {str(path): len((PROJECT_ROOT / path).read_text().splitlines()) for path in FILES}
    assert {path: count for path, count in lines.items() if count > MOST_LINES} == {}


@pytest.mark.parametrize("page", sorted(PROJECT_ROOT.glob("docs/*.md")) + sorted(PROJECT_ROOT.glob("*.md")), ids=str)
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    named = re.findall(r"[\w/.-]*\b[a-z_0-9]+\.py\b", page.read_text())
    paths, names = {str(path) for path in FILES}, {path.name for path in FILES}
    assert [one for one in named if one not in (paths if "/" in one else names)] == []
