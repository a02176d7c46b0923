"""Wishes kept for good: what of them can hold, what can't, and what an undo brings back."""

from datetime import UTC, datetime

import pytest

from recommender.privacy.preferences import Saying
from recommender.steering.constraints import ATTRIBUTE, BRAND, PRICE, WORD, Constraint, Understood
from services.container import Shop
from services.core.errors import Problem
from services.recommend.wish_service import sayings_of
from services.schemas.wish import UnderstoodWish, UndoRequest, WishRequest

NOW = datetime(2026, 5, 1, 1, tzinfo=UTC)
ONLY_NOW = Constraint(PRICE, high=5.0, quote="under 5")


def test_each_value_is_said_by_itself_and_prices_in_figures_not_at_all() -> None:
    understood = Understood(
        (
            Constraint(BRAND, ("Lark", "Wren")),
            Constraint(WORD, ("mint",), wanted=False),
            Constraint(ATTRIBUTE, ("red",), name="colour"),
            Constraint(PRICE, relation="cheaper"),
            ONLY_NOW,
        ),
        about="a gift",
    )
    assert list(sayings_of(understood)) == [
        Saying("brand", "Lark", True),
        Saying("brand", "Wren", True),
        Saying("word", "mint", False),
        Saying("attribute", "colour=red", True),
        Saying("price", "cheaper", True),
    ]


def test_what_is_kept_for_good_can_be_undone_once(module_shop: Shop) -> None:
    service, degraded = module_shop.wish_service, set[str]()
    wish = Understood((Constraint(WORD, ("mint",), wanted=False), ONLY_NOW), about="a gift")
    kept = service.keep("u5", wish, NOW, degraded)
    assert [(one.kind, one.key, one.wanted) for one in kept.kept] == [("word", "mint", False)]
    assert kept.not_kept == ["under 5", "a gift"]
    again = service.keep("u5", wish, NOW, degraded)
    assert (again.change_id, again.kept) == (None, []), "it was said before"
    latest = service.latest("u5")
    assert latest is not None
    assert (latest.change_id, [one.key for one in latest.said]) == (kept.change_id, ["mint"])
    undone = service.undo(UndoRequest(user_id="u5"), NOW)
    assert undone.change_id == kept.change_id
    assert undone.undone == [{"kind": "word", "key": "mint", "before": False, "after": None}]
    assert service.latest("u5") is None
    with pytest.raises(Problem) as refused:
        service.undo(UndoRequest(user_id="u5"), NOW)
    assert (refused.value.field, refused.value.status) == ("change_id", 404)


@pytest.mark.parametrize("said", [{}, {"wish": "tea", "understood": UnderstoodWish()}])
def test_words_or_what_was_understood_are_needed_and_not_both(module_shop: Shop, said: dict[str, object]) -> None:
    with pytest.raises(Problem) as refused:
        module_shop.wish_service.wish(WishRequest.model_validate({"user_id": "u6", **said}), NOW)
    assert refused.value.field == "wish"
