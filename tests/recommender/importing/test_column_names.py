"""Whose column is which, and that the docs say the same."""

import pytest

from recommender.importing.column_names import NAMES, Kind, UnclearColumns, map_columns, parse_map, parse_types
from recommender.importing.folder import FILE_NAMES
from recommender.settings import PROJECT_ROOT


@pytest.mark.parametrize("kind", list(Kind))
def test_the_docs_name_every_name_of_a_column(kind: Kind) -> None:
    docs = (PROJECT_ROOT / "docs" / "data.md").read_text()
    for ours, names in NAMES[kind].items():
        assert f"| `{ours}` | {', '.join(f'`{name}`' for name in names)} |" in docs


@pytest.mark.parametrize("kind", list(Kind))
def test_the_docs_name_every_name_of_a_file(kind: Kind) -> None:
    assert (
        f"| {', '.join(f'`{name}`' for name in FILE_NAMES[kind])} |" in (PROJECT_ROOT / "docs" / "data.md").read_text()
    )


def test_spelling_does_not_count_and_ours_come_first() -> None:
    columns = map_columns(Kind.EVENTS, ["User-Id", "productId", "item ID", "TIME_STAMP", "price", "colour"])
    assert columns.fields == {"user_id": "User-Id", "item_id": "item ID", "value": "price", "time": "TIME_STAMP"}
    assert columns.lines()[-2:] == [("productId", "not used"), ("colour", "not used")]


def test_a_name_by_hand_goes_before_a_known_one() -> None:
    columns = map_columns(Kind.ITEMS, ["id", "name", "label"], {"title": "label"})
    assert columns.fields == {"item_id": "id", "title": "label"}
    assert columns.rest == ("name",)


def test_levels_are_a_path_unless_there_is_one() -> None:
    assert map_columns(Kind.ITEMS, ["id", "CATEGORY_L2", "CATEGORY_L1"]).levels == ("CATEGORY_L1", "CATEGORY_L2")
    assert map_columns(Kind.ITEMS, ["id", "CATEGORY_L1", "genres"]).levels == ()


def test_pairs_of_the_command_line() -> None:
    assert parse_map(["title=label", "time=a=b"]) == {"title": "label", "time": "a=b"}
    assert parse_types(["view=Looked At"])["lookedat"] == "view"
    for bad in ("title", "=x", "title=", "colour=x"):
        with pytest.raises(UnclearColumns, match="OURS=THEIRS"):
            parse_map([bad])
