"""Items and shoppers again: what a file leaves out stays, and nobody's consent changes unless somebody says so."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from recommender.data.item_text import content_hash, item_text
from recommender.db.engine import session_scope
from recommender.importing.folder import Reading
from recommender.importing.sources import run_folder
from recommender.settings import Settings
from recommender.store.consent import MARKETING, PERSONALISATION, consents_of, record_consent, refusing
from tests.support.shops.files import jsonl, table, write

IN_PERSON = datetime(2026, 3, 1, tzinfo=UTC)


def consents(user: str) -> dict[str, bool]:
    with session_scope() as session:
        said = consents_of(session, user)
        assert (user in refusing(session, PERSONALISATION)) is not said[PERSONALISATION]
        return said


def import_users(folder: Path, content: str, name: str = "users__csv") -> tuple[str, ...]:
    summary = run_folder(write(folder / "shop", **{name: content}))
    assert summary.rejected == 0
    return summary.notes


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("users__csv", "user_id,age\nu20,35-44\n"),
        ("users__csv", "user_id,age,consent\nu20,35-44,\n"),
        ("users__csv", "user_id,age,consent\nu20,35-44,  \n"),
        ("users__jsonl", jsonl([{"user_id": "u20", "age": "35-44"}])),
        ("users__jsonl", jsonl([{"user_id": "u20", "age": "35-44", "consent": None}])),
    ],
)
def test_consent_that_a_file_does_not_speak_of_stays(
    database: Settings, tmp_path: Path, name: str, content: str
) -> None:
    import_users(tmp_path / "1", "user_id,age,consent\nu20,25-34,false\n")
    import_users(tmp_path / "2", content, name)
    assert consents("u20") == {PERSONALISATION: False, MARKETING: False}
    assert table("users", "user_id", "attributes") == [("u20", {"age": "35-44"})]


@pytest.mark.parametrize("given", [True, False])
def test_what_a_shopper_said_stands_against_a_file(database: Settings, tmp_path: Path, given: bool) -> None:
    import_users(tmp_path, "user_id,consent\nu20,\n")
    with session_scope() as session:
        record_consent(session, "u20", PERSONALISATION, given, IN_PERSON)
    for column in ("", ",2026-02-01"):
        header = "user_id,consent" + (",consent_time" if column else "")
        [note] = import_users(tmp_path, f"{header}\nu20,{not given}{column}\n")
        assert "1 shoppers said otherwise of consent themselves" in note
        assert "u20" in note
        assert "consent_time" in note
        assert consents("u20")[PERSONALISATION] is given


@pytest.mark.parametrize("given", [True, False])
def test_a_later_word_in_a_file_counts(database: Settings, tmp_path: Path, given: bool) -> None:
    import_users(tmp_path, "user_id\nu20\nu21\n")
    with session_scope() as session:
        record_consent(session, "u20", PERSONALISATION, given, IN_PERSON)
    later = f"user_id,consent,consent_time\nu20,{not given},2026-03-01T00:00:01Z\nu21,{given},2026-03-05\n"
    assert import_users(tmp_path, later) == ()
    assert consents("u20") == {PERSONALISATION: not given, MARKETING: not given}
    assert consents("u21") == {PERSONALISATION: given, MARKETING: given}
    earlier = f"user_id,consent,consent_time\nu21,{not given},2026-03-04\n"
    [note] = import_users(tmp_path, earlier)
    assert "u21" in note
    assert consents("u21") == {PERSONALISATION: given, MARKETING: given}


def test_a_withdrawal_by_file_is_left_for_the_feature_stores_to_follow(database: Settings, tmp_path: Path) -> None:
    import_users(tmp_path, "user_id,consent,consent_time\nu20,false,2026-03-05\n")
    rows = table("consents", "purpose", "user_id", "given", "applied_at")
    assert rows == [(MARKETING, "u20", False, None), (PERSONALISATION, "u20", False, None)]


FULL = "item_id,title,description,brand,categories,price,hidden,kind,colour,available_until\n"
FULL += "tea,Green tea,Fresh leaves,Leaf,Drinks|Tea,4.5,true,food,green,2030-01-01\n"


def test_what_a_file_leaves_out_of_an_item_stays(database: Settings, tmp_path: Path) -> None:
    run_folder(write(tmp_path, items__csv=FULL))
    before = table("items", "item_id", "hidden", "kind", "available_until")
    again = "item_id,title,price,season\ntea,,5,summer\ncup,Cup,9,\n"
    summary = run_folder(write(tmp_path, items__csv=again))
    assert (summary.added, summary.updated, summary.rejected) == (1, 1, 0)
    [cup, tea] = table("items", "item_id", "title", "description", "brand", "categories", "price", "attributes")
    attributes = {"colour": "green", "season": "summer"}
    assert tea == ("tea", "Green tea", "Fresh leaves", "Leaf", ["Drinks", "Tea"], 5.0, attributes)
    assert cup == ("cup", "Cup", "", "", [], 9.0, {})
    assert table("items", "item_id", "hidden", "kind", "available_until")[1:] == before
    said = content_hash(item_text("Green tea", "Fresh leaves", "Leaf", ["Drinks", "Tea"], attributes))
    assert dict(table("items", "item_id", "content_hash"))["tea"] == said
    twice = run_folder(tmp_path, again=True)
    assert (twice.updated, twice.unchanged) == (0, 2)


def test_overwriting_empties_what_a_file_leaves_out_but_not_consent(database: Settings, tmp_path: Path) -> None:
    run_folder(write(tmp_path, items__csv=FULL, users__csv="user_id,age,consent\nu20,25-34,false\n"))
    write(tmp_path, items__csv="item_id,title\ntea,Tea\n", users__csv="user_id\nu20\n")
    run_folder(tmp_path, replace(Reading.automatic(), overwrite=True))
    row: tuple[object, ...] = ("tea", "Tea", "", "", [], None, {}, False)
    columns = ("title", "description", "brand", "categories", "price", "attributes", "hidden")
    assert table("items", "item_id", *columns) == [row]
    assert table("users", "user_id", "attributes") == [("u20", {})]
    assert consents("u20") == {PERSONALISATION: False, MARKETING: False}


def test_a_title_that_stands_in_gives_way_to_what_is_said(database: Settings, tmp_path: Path) -> None:
    run_folder(write(tmp_path, items__csv="item_id,price\ntea,1\n"))
    assert table("items", "item_id", "title") == [("tea", "tea")]
    run_folder(write(tmp_path, items__csv="item_id,description\ntea,Fresh leaves\n"))
    assert table("items", "item_id", "title", "price") == [("tea", "Fresh leaves", 1.0)]
