"""A wish as it is sent and corrected: bounded, and each constraint of a kind that there is."""

from typing import Any

import pytest

from services.schemas.wish import MAX_CONSTRAINTS, MAX_WISH, UnderstoodWish, UndoRequest, WishRequest
from tests.support.refusals import refused_field


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"constraints": [{"kind": "mood"}]}, "constraints[0].kind"),
        ({"constraints": [{}]}, "constraints[0].kind"),
        ({"constraints": [{"kind": "word"}] * (MAX_CONSTRAINTS + 1)}, "constraints"),
        ({"constraints": [{"kind": "word", "values": ["x"] * 51}]}, "constraints[0].values"),
        ({"constraints": [{"kind": "price", "low": -1}]}, "constraints[0].low"),
        ({"constraints": [{"kind": "price", "high": float("inf")}]}, "constraints[0].high"),
        ({"constraints": [{"kind": "price", "relation": "same"}]}, "constraints[0].relation"),
        ({"constraints": [{"kind": "word", "read_by": "nobody"}]}, "constraints[0].read_by"),
        ({"about": "x" * (2 * MAX_WISH + 1)}, "about"),
        ({"dropped": -1}, "dropped"),
        ({"wanted": []}, "wanted"),
    ],
)
def test_a_correction_that_makes_no_sense_is_refused_by_its_place(said: dict[str, Any], field: str) -> None:
    assert refused_field(UnderstoodWish, said) == field


def test_what_an_answer_understood_can_be_sent_back_as_it_is() -> None:
    told = UnderstoodWish.model_validate(
        {
            "constraints": [{"kind": "category", "values": ["Tea"], "said": "tea", "read_by": "words"}],
            "not_understood": ["zorgle"],
            "matching": 7,
        }
    )
    assert UnderstoodWish.model_validate_json(told.model_dump_json()) == told


@pytest.mark.parametrize(
    ("said", "field"),
    [({"wish": "tea"}, "user_id"), ({"user_id": "u", "wish": "x" * (MAX_WISH + 1)}, "wish")],
)
def test_a_wish_for_good_is_somebody_s(said: dict[str, Any], field: str) -> None:
    assert refused_field(WishRequest, said) == field


@pytest.mark.parametrize("change_id", [0, -1, 2**53 + 1, "latest"])
def test_what_is_no_change_can_t_be_undone(change_id: object) -> None:
    assert refused_field(UndoRequest, {"user_id": "u", "change_id": change_id}) == "change_id"
