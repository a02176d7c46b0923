"""Several constraints of one wish, as they are meant together."""

from recommender.steering.constraints import ATTRIBUTE, BRAND, CATEGORY, PRICE, WORD, Constraint
from recommender.steering.reading.combining import combine
from recommender.steering.reading.wanted_phrases import Part
from tests.support.shops.wishes import wish_index

CATALOGUE = wish_index().catalogue


def category(*names: str) -> Constraint:
    return Constraint(CATEGORY, names, quote=names[0].lower())


def as_word(said: str) -> Constraint | None:
    return Constraint(WORD, (said,), quote=said) if said != "unknown" else None


def combined(*parts: Part) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.kind, one.values) for one in combine(parts, CATALOGUE, as_word)]


def test_joined_categories_are_any_of_them() -> None:
    parts = Part(category("Dog Foods")), Part(category("Cat Food"), "joined"), Part(category("Dog Foods"), "joined")
    assert combined(*parts) == [(CATEGORY, ("Dog Foods", "Cat Food"))]
    [one] = combine(parts[:2], CATALOGUE, as_word)
    assert one.quote == "dog foods, cat food"


def test_categories_that_some_item_has_both_of_must_both_hold() -> None:
    assert combined(Part(category("Shoes")), Part(category("Sports Shoes"))) == [
        (CATEGORY, ("Shoes",)),
        (CATEGORY, ("Sports Shoes",)),
    ]


def test_of_categories_that_no_item_has_both_of_one_is_a_word() -> None:
    baby, shampoo = Part(category("Baby Foods")), category("Cheese")
    assert combined(baby, Part(shampoo)) == [(CATEGORY, ("Cheese",)), (WORD, ("baby foods",))]
    assert combined(Part(shampoo), Part(category("Baby Foods"), "for")) == [
        (CATEGORY, ("Cheese",)),
        (WORD, ("baby foods",)),
    ]
    nobody_says = Part(Constraint(CATEGORY, ("Baby Foods",), quote="unknown"), "for")
    assert combined(Part(shampoo), nobody_says) == [(CATEGORY, ("Cheese",))]


def test_brands_and_values_of_one_attribute_are_any_of_them_and_other_things_stay_apart() -> None:
    red, blue = (Constraint(ATTRIBUTE, (value,), name="colour") for value in ("red", "蓝"))
    women = Constraint(ATTRIBUTE, ("women",), name="gender")
    assert combined(Part(red), Part(women), Part(blue), Part(blue)) == [
        (ATTRIBUTE, ("red", "蓝")),
        (ATTRIBUTE, ("women",)),
    ]
    brands = [Part(Constraint(BRAND, (name,))) for name in ("Lark", "Heron")]
    assert combined(*brands) == [(BRAND, ("Lark", "Heron"))]
    others = [Part(Constraint(WORD, ("beef",))), Part(Constraint(WORD, ("chicken",))), Part(Constraint(PRICE, high=5))]
    assert len(combined(*others)) == 3
    assert combined() == []
