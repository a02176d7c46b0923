"""What a format is: the columns by which a file is known, and what becomes of each column."""

from recommender.importing.column_names import Kind
from recommender.importing.formats.base import NOT_USED, Format

SALES = Format(
    "shop",
    Kind.EVENTS,
    signature=("order", "sku|id"),
    columns={"order": "session_id", "sku": "item_id", "id": "item_id", "meta: *": "text"},
    reads={"paid": "value"},
    spell=str.lower,
)
GOODS = Format("shop", Kind.ITEMS, signature=("sku",), columns={"sku": "item_id", "Farbe": "colour"}, unread=("cost",))


def test_a_file_is_known_by_all_of_its_columns_or_alternatives_of_them() -> None:
    assert SALES.fits("x.csv", ["ORDER", "Id"])
    assert SALES.fits("x.csv", ["order", "sku", "more"])
    assert not SALES.fits("x.csv", ["order"])
    assert not SALES.fits("x.csv", [])
    assert SALES.name == "shop interactions"


def test_a_format_of_files_without_names_of_columns_is_known_by_the_file_s_name() -> None:
    plain = Format("ml", Kind.EVENTS, signature=("1", "2"), file_names=("ratings.dat",))
    assert plain.fits("Ratings.DAT", ["1", "2", "3"])
    assert not plain.fits("movies.dat", ["1", "2"])


def test_the_first_column_of_a_meaning_is_read_and_one_named_by_hand_goes_before_it() -> None:
    assert SALES.names(["sku", "id", "Meta: note"]) == {"sku": "item_id", "Meta: note": "text"}
    assert SALES.names(["sku", "id"], {"item_id": "id"}) == {"id": "item_id"}
    assert SALES.names(["sku"], {"item_id": "gone"}) == {"sku": "item_id"}


def test_each_column_is_shown_with_what_becomes_of_it() -> None:
    assert SALES.lines(["order", "paid", "other"]) == [
        ("order", "session_id"),
        ("paid", "value"),
        ("other", NOT_USED),
    ]
    assert SALES.not_used(["order", "other"]) == ["other"]
    assert GOODS.lines(["sku", "Farbe", "Größe", "cost"]) == [
        ("sku", "item_id"),
        ("Farbe", "attribute colour"),
        ("Größe", "attribute größe"),
        ("cost", NOT_USED),
    ]
