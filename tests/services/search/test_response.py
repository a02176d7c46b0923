"""What `/search` says of a query and of what was found."""

from recommender.search.facets import Band, Facets
from recommender.search.other_words import Replaced
from recommender.search.pipeline import Found
from recommender.search.query_understanding import Understood
from recommender.search.text.prices import PricePhrase
from services.schemas.recommend import RuleApplied
from services.schemas.search import FoundItem
from services.search.response import as_facets, describe_shown_item, describe_understood

CHEAP = PricePhrase(0, 5, relation="cheaper", text="cheap")
UNDER = PricePhrase(0, 8, high=10.0, text="under 10")
NOTHING = Facets((), (), ())


def test_prices_denials_and_other_words_are_told_and_what_was_given_up_is_named() -> None:
    query = Understood(
        "tea", ("tea",), None, excluded=("mint",), prices=(CHEAP, UNDER), replaced=(Replaced("cha", "tea", "sound"),)
    )
    told = describe_understood(query, Found(3, (), NOTHING, loosened=(CHEAP,)))
    assert [(one.kind, one.relation, one.high, one.values, one.wanted) for one in told.constraints] == [
        ("price", "cheaper", None, [], True),
        ("price", "", 10.0, [], True),
        ("word", "", None, ["mint"], False),
    ]
    assert {one.read_by for one in told.constraints} == {"words"}
    assert [(one.said, one.read_as, one.by) for one in told.instead] == [("cha", "tea", "sound")]
    assert told.loosened == ["cheap"]


def test_a_plain_query_says_nothing_beside_its_words() -> None:
    told = describe_understood(Understood("tea", ("tea",), None), Found(0, (), NOTHING))
    assert (told.constraints, told.instead, told.loosened) == ([], [], [])


def test_facets_keep_their_order_and_open_ends() -> None:
    told = as_facets(Facets((("Tea", 3), ("Shop", 2)), (("Lark", 1),), (Band(None, 5.0, 2), Band(5.0, None, 1))))
    assert [(one.value, one.count) for one in told.categories] == [("Tea", 3), ("Shop", 2)]
    assert [(one.low, one.high, one.count) for one in told.prices] == [(None, 5.0, 2), (5.0, None, 1)]


def test_of_an_item_that_was_shown_its_score_and_its_rules_are_kept() -> None:
    plain = FoundItem(
        item_id="tea-1", title="Tea", price=None, kind="product", brand="", categories=[], score=0.5, found_by=[],
        matched=[], rules=[],
    )  # fmt: skip
    ruled = plain.model_copy(update={"rules": [RuleApplied(rule_id="r1", action="pin")]})
    assert describe_shown_item(plain) == {"item_id": "tea-1", "score": 0.5}
    assert describe_shown_item(ruled) == {"item_id": "tea-1", "score": 0.5, "rules": ["r1"]}
