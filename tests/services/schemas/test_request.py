"""What all requests share: ids as shops write them, and unknown fields refused by name."""

import pytest

from recommender.db.tables import ID_LENGTH
from services.schemas.offers import OffersRequest
from tests.support.refusals import refusal, refused_field


@pytest.mark.parametrize("user_id", ["u1", "商品 7", "a/b?c#d", "x" * ID_LENGTH, " padded ", "a\u0080b"])
def test_an_id_may_be_written_as_shops_do(user_id: str) -> None:
    assert OffersRequest.model_validate({"user_id": user_id}).user_id == user_id


@pytest.mark.parametrize("user_id", ["", "x" * (ID_LENGTH + 1), "a\nb", "a\x00", "\x7f", 7, None, ["u1"]])
def test_what_is_no_id_is_refused_by_name(user_id: object) -> None:
    assert refused_field(OffersRequest, {"user_id": user_id}) == "user_id"


def test_an_unknown_field_is_named_and_the_remedy_says_where_to_look() -> None:
    problem = refusal(OffersRequest, {"user_id": "u1", "count": 3})
    assert problem.field == "count"
    assert "/docs" in problem.remedy


def test_a_field_that_is_missing_is_to_be_added() -> None:
    problem = refusal(OffersRequest, {})
    assert (problem.field, problem.remedy) == ("user_id", "Add the field.")
    assert refused_field(OffersRequest, ["u1"]) == "body"


def test_a_request_can_t_be_changed_on_its_way() -> None:
    request = OffersRequest(user_id="u1")
    with pytest.raises(ValueError, match="frozen"):
        request.user_id = "u2"  # type: ignore[misc]
