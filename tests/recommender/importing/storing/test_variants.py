"""Events of variants and of former ids as events of their item."""

from datetime import UTC, datetime

import polars as pl

from recommender.db.engine import get_engine, session_scope
from recommender.importing.storing.variants import find_variants, listed_variants, name_items
from tests.support.shops.shop import shop_items

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def keep(**variants: list[object]) -> None:
    with session_scope() as session:
        rows = {item.item_id: item for item in shop_items()}
        for name, listed in variants.items():
            item = rows[name.replace("_", "-")]
            item.attributes, item.updated_at = {"variants": listed}, NOW
        session.add_all(rows.values())


def named(*ids: str | None) -> list[str | None]:
    with get_engine().begin() as connection:
        frame = pl.DataFrame({"item_id": pl.Series(ids, dtype=pl.String)})
        return name_items(connection, frame)["item_id"].to_list()


def test_a_variant_is_its_item_and_an_item_is_itself(migrated: None) -> None:
    keep(tea_0=["tee-s", 42, "pets-0"], tea_1=["tee-s", "茶-x"])
    assert named("tee-s", "42", "茶-x", "tea-1", "unknown", None) == [
        "tea-0",
        "tea-0",
        "tea-1",
        "tea-1",
        "unknown",
        None,
    ]
    assert named("pets-0") == ["pets-0"]  # an item's own id comes first
    assert named() == []


def test_variants_are_those_of_items_that_changed_since(migrated: None) -> None:
    keep(tea_0=["tee-s"])
    with get_engine().begin() as connection:
        assert find_variants(connection) == {"tee-s": "tea-0"}
        assert find_variants(connection, NOW.replace(day=2)) == {}


def test_what_is_no_list_names_no_variants() -> None:
    assert listed_variants('{"variants": ["a", 1]}') == ["a", "1"]
    for attributes in ('{"variants": "a"}', '{"variants": null}', "{}"):
        assert listed_variants(attributes) == []


def test_frames_without_items_stay_as_they_are(migrated: None) -> None:
    frame = pl.DataFrame({"user_id": ["a"]})
    with get_engine().begin() as connection:
        assert name_items(connection, frame) is frame
