"""A profile's row as Feast's values, and back."""

from datetime import UTC, datetime

from features.partitions import SCHEMAS, TIME
from features.profile_rows import FEATURES
from features.values import NOTHING, entity_key, from_values, to_values

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def some(kind: object) -> object:
    """A value of each type."""
    text = str(kind)
    if kind == TIME:
        return NOON
    if "List" in text:
        return ["茶", ""] if "String" in text else [1, 0] if "Int" in text else [0.5, -2.0]
    return "茶" if "String" in text else 7 if "Int" in text else 0.25


ROW = {name: some(SCHEMAS["user_profile"][name]) for name in FEATURES}


def test_what_goes_in_comes_out() -> None:
    back = from_values(to_values(ROW), FEATURES)
    expected = {name: int(NOON.timestamp()) if value == NOON else value for name, value in ROW.items()}
    assert back == expected


def test_what_is_missing_is_none_and_an_empty_list_stays_one() -> None:
    blank = from_values(to_values(dict.fromkeys(FEATURES)), FEATURES)
    assert blank == dict.fromkeys(FEATURES)
    lists = [name for name in FEATURES if isinstance(ROW[name], list)]
    assert lists
    empty = from_values(to_values(ROW | {name: [] for name in lists}), lists)
    assert all(list(empty[name]) == [] for name in lists)


def test_a_feature_that_a_former_release_did_not_write_is_none() -> None:
    assert from_values({}, ["brand_new"]) == {"brand_new": None}
    assert from_values({"x": NOTHING}, ["x"]) == {"x": None}


def test_keys_of_different_shoppers_differ() -> None:
    keys = {entity_key(user).SerializeToString() for user in ("u1", "U1", "用户", "")}
    assert len(keys) == 4
    assert list(entity_key("用户").join_keys) == ["user_id"]
