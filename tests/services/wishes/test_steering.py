"""What a wish and what is preferred for good do to an answer: which rows are left, and which come first."""

import numpy as np
from numpy.typing import NDArray

from recommender.privacy.preferences import Saying
from recommender.steering.constraints import BRAND, CATEGORY, PRICE, WORD, Constraint, Understood
from services.container import Shop
from services.wishes.steering import NO_STEERING, NOTHING_WISHED, Steering, constraint_of, quote_constraints, steer

TEA = Constraint(CATEGORY, ("Tea",), quote="tea")
NO_MINT = Constraint(WORD, ("mint",), wanted=False, quote="mint")
LEVEL = 8.0


def steered(shop: Shop, understood: Understood, *preferences: Saying, count: int = 5) -> tuple[Steering, set[str]]:
    """What steering makes of it, and the ids of the rows that an answer may hold."""
    front = shop.searcher.front()
    size = len(front.bundle.catalogue)
    level_N, all_N = np.full(size, LEVEL, dtype=np.float32), np.ones(size, dtype=np.bool_)
    found = steer(front, understood, preferences, level_N, all_N, count, None, "tea")
    left_N = all_N if found.only_N is None else found.only_N
    return found, set(front.bundle.catalogue.ids[left_N])


def test_a_wish_leaves_what_satisfies_it_where_there_is_enough(module_shop: Shop) -> None:
    module_shop.searcher.look()
    found, left = steered(module_shop, Understood((TEA, NO_MINT)))
    assert left == {f"tea-{n}" for n in range(10) if n != 6}
    assert found.satisfying is not None
    assert not found.satisfying.loosened


def test_what_is_not_wanted_for_good_is_left_out_unless_it_is_wished_for_now(module_shop: Shop) -> None:
    module_shop.searcher.look()
    no_tea = Saying(CATEGORY, "Tea", False)
    _, left = steered(module_shop, NOTHING_WISHED, no_tea)
    assert len(left) == 50
    assert not any(one.startswith("tea-") for one in left)
    _, left = steered(module_shop, Understood((TEA,)), no_tea)
    assert left == {f"tea-{n}" for n in range(10)}


def test_what_is_preferred_is_raised_and_leaves_all_else_in(module_shop: Shop) -> None:
    module_shop.searcher.look()
    found, left = steered(module_shop, NOTHING_WISHED, Saying(BRAND, "Lark", True))
    assert (len(left), found.only_N) == (60, None)
    assert found.steered.raised_N is not None
    assert int(found.steered.raised_N.sum()) == 24


def test_nothing_said_steers_nothing(module_shop: Shop) -> None:
    module_shop.searcher.look()
    found, left = steered(module_shop, NOTHING_WISHED)
    assert (found.satisfying, found.only_N, len(left)) == (None, None, 60)


def mask(*values: bool) -> NDArray[np.bool_]:
    return np.array(values)


def test_two_filters_leave_what_both_leave() -> None:
    some = Steering(only_N=mask(True, True, False))
    assert NO_STEERING.among(None) is None
    both, one, other = (
        some.among(mask(True, False, False)),
        some.among(None),
        NO_STEERING.among(mask(False, True, True)),
    )
    assert both is not None
    assert one is not None
    assert other is not None
    assert (both.tolist(), one.tolist(), other.tolist()) == (
        [True, False, False],
        [True, True, False],
        [False, True, True],
    )


def test_a_preference_is_a_constraint_of_its_kind() -> None:
    assert constraint_of(Saying(PRICE, "cheaper", True)) == Constraint(PRICE, relation="cheaper")
    assert constraint_of(Saying("attribute", "size=a=b", False)) == Constraint("attribute", ("a=b",), False, "size")
    assert constraint_of(Saying(WORD, "mint", False)) == Constraint(WORD, ("mint",), False)


def test_a_wish_is_told_in_the_shopper_s_own_words_once() -> None:
    constraints = [TEA, NO_MINT, TEA, Constraint(BRAND, ("Lark",))]
    assert quote_constraints(constraints, "en") == "tea; no mint"
    assert quote_constraints(constraints, "zh") == "tea; 不要mint"
