"""What a wish comes to: constraints compared by what they claim, and the order in which they are given up."""

from dataclasses import replace

from recommender.steering.constraints import (
    ATTRIBUTE,
    BRAND,
    BY_LLM,
    BY_MEANING,
    CATEGORY,
    PRICE,
    WORD,
    Constraint,
    Understood,
    each_once,
    order_of_loss,
)

TEA = Constraint(CATEGORY, ("茶",), quote="tea")


def test_the_same_claim_in_other_words_is_said_once_by_who_said_it_first() -> None:
    again = replace(TEA, quote="茶", read_by=BY_LLM)
    unwanted = replace(TEA, wanted=False)
    cheap = Constraint(PRICE, high=5.0)
    assert each_once([TEA, cheap, again, unwanted, replace(cheap, quote="under 5")]) == (TEA, cheap, unwanted)
    assert each_once(iter(())) == ()


def test_bounds_of_prices_and_names_of_attributes_are_part_of_a_claim() -> None:
    claims = {
        Constraint(PRICE, high=5.0).claim,
        Constraint(PRICE, low=5.0).claim,
        Constraint(PRICE, relation="cheaper").claim,
        Constraint(ATTRIBUTE, ("red",), name="colour").claim,
        Constraint(ATTRIBUTE, ("red",), name="lid").claim,
    }
    assert len(claims) == 5


def test_what_was_read_least_surely_is_given_up_first_and_the_category_last() -> None:
    sure = [Constraint(kind) for kind in (CATEGORY, WORD, BRAND, PRICE, ATTRIBUTE)]
    guessed = Constraint(CATEGORY, ("Shoes",), read_by=BY_MEANING)
    assert sorted([*sure, guessed], key=order_of_loss) == [
        guessed,
        *(Constraint(kind) for kind in (WORD, ATTRIBUTE, PRICE, BRAND, CATEGORY)),
    ]


def test_a_wish_of_nothing_is_none_and_of_something_to_read_is_one() -> None:
    assert not Understood()
    assert not Understood(not_understood=("flurb",))
    assert Understood(about="gift")
    both = Understood((TEA, replace(TEA, wanted=False)))
    assert both
    assert both.wanted == (TEA,)
