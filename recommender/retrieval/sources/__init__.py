"""Sources of candidates, a file each or a few of a kind, and what they learn; importing this registers all of them."""

from recommender.retrieval.sources import (
    behaviour,
    item_facts,
    linked,
    nearest_and_popular,
    own_purchases,
    plain_methods,
    title_words,
)

__all__ = [
    "behaviour",
    "item_facts",
    "linked",
    "nearest_and_popular",
    "own_purchases",
    "plain_methods",
    "title_words",
]
