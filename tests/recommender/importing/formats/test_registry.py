"""The registry of formats: documented, told apart by their columns, and open to one more."""

from pathlib import Path
from re import DOTALL, findall

import pytest

from recommender.importing import formats
from recommender.importing.column_names import EVENT_TYPE_NAMES, NAMES
from recommender.importing.folder import Reading
from recommender.importing.formats import FAMILIES, FORMATS, find_formats
from recommender.importing.formats.base import Format
from recommender.importing.sources import run_folder
from recommender.settings import PROJECT_ROOT, Settings
from tests.support.shops.files import ITEMS, table, write

PAGE = (PROJECT_ROOT / "docs" / "formats.md").read_text()


@pytest.mark.parametrize("family", FAMILIES)
def test_each_family_has_a_section(family: str) -> None:
    assert f"`--format {family}`" in PAGE


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_a_file_of_a_format_is_of_no_other_family(form: Format) -> None:
    header = [one.split("|")[0] for one in form.signature]
    name = (form.file_names or ("any.csv",))[0]
    assert {found.family for found in find_formats(name, header)} == {form.family}


@pytest.mark.parametrize("kind", NAMES)
def test_plain_names_are_of_no_format(kind: str) -> None:
    header = next(list(fields) for known, fields in NAMES.items() if known == kind)
    assert find_formats("any.csv", header) == []


def test_the_example_of_the_page(
    home: Settings, migrated: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [example] = findall(r"```python\n(.*?)```", PAGE, DOTALL)
    names: dict[str, Format] = {}
    exec(example, names)
    monkeypatch.setattr(formats, "FORMATS", (names["TILL"],))
    sales = "bon;artikel;kunde;menge;datum\n1;tea;ann;2;2026-01-05\n2;cup;ann;-1;2026-01-06\n"
    run_folder(write(tmp_path, items__csv=ITEMS, kasse__csv=sales), Reading({}, EVENT_TYPE_NAMES))
    assert [row[1:] for row in table("events", "time", "event_type", "item_id", "quantity", "session_id")] == [
        ("purchase", "tea", 2.0, "1"),
        ("return", "cup", 1.0, "2"),
    ]
