"""What shoppers may say of their data: nothing is taken for a yes or a no that isn't one."""

from typing import Any

import pytest
from pydantic import BaseModel

from services.schemas.privacy import ConsentRequest, ConsentResponse, MuteRequest, RemoveEventRequest, ShopperRequest
from tests.support.refusals import refused_field


@pytest.mark.parametrize(
    ("model", "said", "field"),
    [
        (MuteRequest, {"user_id": "u", "kind": "item", "key": "tea-1"}, "kind"),
        (MuteRequest, {"user_id": "u", "kind": "brand", "key": ""}, "key"),
        (MuteRequest, {"user_id": "u", "kind": "brand", "key": "x" * 257}, "key"),
        (MuteRequest, {"user_id": "u", "kind": "brand", "key": "Lark", "muted": "false"}, "muted"),
        (ConsentRequest, {"user_id": "u", "purpose": "sale"}, "purpose"),
        (ConsentRequest, {"user_id": "u", "purpose": "marketing", "given": 0}, "given"),
        (ConsentRequest, {"purpose": "marketing"}, "user_id"),
        (RemoveEventRequest, {"user_id": "u"}, "event_id"),
        (ShopperRequest, {"user_id": "u", "everything": True}, "everything"),
    ],
)
def test_what_is_no_clear_word_is_refused_by_its_field(
    model: type[BaseModel], said: dict[str, Any], field: str
) -> None:
    assert refused_field(model, said) == field


def test_to_ask_what_is_allowed_names_no_purpose() -> None:
    assert ConsentRequest.model_validate({"user_id": "u"}).purpose is None
    assert refused_field(ConsentResponse, {"user_id": "u", "changed": False, "consents": {"sale": True}}).startswith(
        "consents.sale"
    )
