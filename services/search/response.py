"""What `/search` answers, from what was found: what was understood, the facets, and what is kept of it as shown.

It knows schemas and what the search gives; it searches nothing.
"""

from recommender.search.facets import Facets
from recommender.search.pipeline import Found
from recommender.search.query_understanding import Understood
from services.schemas.search import Count, FacetsResponse, FoundItem, PriceBand, ReadInstead, UnderstoodQuery
from services.schemas.wish import WishConstraint


def describe_understood(query: Understood, found: Found) -> UnderstoodQuery:
    """Prices and denials as constraints, words that were read otherwise, and prices that were given up."""
    prices = [
        WishConstraint(kind="price", low=one.low, high=one.high, relation=one.relation, said=one.text, read_by="words")
        for one in query.prices
    ]
    unwanted = [
        WishConstraint(kind="word", values=[phrase], wanted=False, said=phrase, read_by="words")
        for phrase in query.excluded
    ]
    return UnderstoodQuery(
        constraints=[*prices, *unwanted],
        instead=[ReadInstead(said=one.phrase, read_as=one.read_as, by=one.by) for one in query.replaced],
        loosened=[one.text for one in found.loosened],
    )


def as_facets(facets: Facets) -> FacetsResponse:
    """The counts by category, brand and band of prices."""
    return FacetsResponse(
        categories=[Count(value=value, count=count) for value, count in facets.categories],
        brands=[Count(value=value, count=count) for value, count in facets.brands],
        prices=[PriceBand(low=band.low, high=band.high, count=band.count) for band in facets.prices],
    )


def describe_shown_item(item: FoundItem) -> dict[str, object]:
    """What is kept of an item that was shown."""
    kept = {"rules": [rule.rule_id for rule in item.rules]} if item.rules else {}
    return {"item_id": item.item_id, "score": item.score, **kept}
