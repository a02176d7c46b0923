"""Items that satisfy a wish, on the tests' shop with its model; what is given up where too few do."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from recommender.data.event_weights import PURCHASE
from recommender.profiles.price_level import PriceLevels
from recommender.search.search_index import Shopfront
from recommender.steering.constraints import CATEGORY, PRICE, WORD, Constraint
from recommender.steering.reading.grammar import understand
from recommender.steering.reading.lookup import CatalogueTerms
from recommender.steering.reading.meanings import Meanings
from recommender.steering.reading.vocabulary import Vocabulary
from recommender.steering.satisfying import Satisfying, find_satisfying
from tests.recommender.search.test_pipeline import front_of
from tests.support.shops.shop import shop_history
from tests.support.shops.trained import shop_bundle, shop_encoder

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def front() -> Shopfront:
    return front_of(shop_bundle())


def satisfying(front: Shopfront, wish: str, count: int = 3) -> Satisfying:
    understood = understand(wish, CatalogueTerms(Vocabulary(front.index)))
    level_N = PriceLevels(front.bundle.catalogue).of(shop_history("u1"))
    return find_satisfying(front, understood.constraints, level_N, front.bundle.catalogue.sellable(NOW), count)


def ids(front: Shopfront, mask_N: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> set[str]:
    return set(front.bundle.catalogue.ids[mask_N].tolist())


def test_exactly_what_satisfies_all_of_it(front: Shopfront) -> None:
    found = satisfying(front, "pets under 6, no fish, not from Lark")
    assert ids(front, found.all_N) == {"pets-1", "pets-2", "pets-4"}  # 0 and 3 are Lark's
    found = satisfying(front, "pets under 9, no fish")
    assert ids(front, found.all_N) == {f"pets-{n}" for n in (0, 1, 2, 3, 4, 6, 7)}
    assert (found.loosened, found.all_N is found.enough_N) == ((), True)


def test_cheaper_is_below_what_the_shopper_pays_there(front: Shopfront) -> None:
    catalogue = front.bundle.catalogue
    history = shop_history("u1")
    deeds = zip(history.item_ids, history.event_types, strict=True)
    bought = [item for item, kind in deeds if item.startswith("coffee-") and kind == PURCHASE]
    usual = sorted({float(catalogue.prices[catalogue.index[item]]) for item in bought})
    found = satisfying(front, "cheaper coffee")
    prices = catalogue.prices[found.all_N]
    assert len(prices)
    assert prices.max() < usual[(len(usual) - 1) // 2]


def test_what_was_said_least_surely_is_given_up_first_and_what_is_not_wanted_never(front: Shopfront) -> None:
    constraints = [
        Constraint(CATEGORY, ("Pets",), quote="pets"),
        Constraint(WORD, ("rake",), quote="rake"),
        Constraint(PRICE, high=4.0, quote="under 4"),
        Constraint(WORD, ("dog",), False, quote="no dog"),
    ]
    level_N = np.full(60, 5, dtype=np.float32)
    allowed_N = front.bundle.catalogue.sellable(NOW)
    found = find_satisfying(front, constraints, level_N, allowed_N, 1)
    assert not found.all_N.any()
    assert [one.quote for one in found.loosened] == ["rake"]
    assert ids(front, found.enough_N) == {"pets-1"}
    found = find_satisfying(front, constraints, level_N, allowed_N, 5)
    assert [one.quote for one in found.loosened] == ["rake", "under 4"]
    assert not any("dog" in front.bundle.catalogue.titles[row].lower() for row in np.flatnonzero(found.enough_N))


def test_a_word_that_no_name_has_finds_the_category_that_means_it(front: Shopfront) -> None:
    encoder: Any = shop_encoder()  # which has a reader, being MiniLM
    vocabulary = Vocabulary(front.index)
    meanings = Meanings.of(vocabulary.categories, encoder.encode_queries)

    def nearest(phrase: str) -> tuple[str, ...]:
        return meanings.nearest(phrase, lambda text: encoder.encode_queries([text])[0])

    known = CatalogueTerms(vocabulary, encoder.reader.knows, nearest)
    [found] = understand("something with caffeine", known).constraints
    assert (found.kind, found.values, found.read_by) == ("category", ("Coffee",), "meaning")
    assert understand("a submarine", known).constraints == ()
