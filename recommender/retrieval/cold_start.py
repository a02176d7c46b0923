"""Shoppers who haven't done anything with an item yet: what sells, and of that what they searched for and what
shoppers like them choose.

It knows a bundle and a background. The first event of a visit ends it: from then on the ranker answers.

Shape suffixes: N items, C candidates, D best sellers, T text width.
"""

import numpy as np
from numpy.typing import NDArray

from recommender.data.side_info import Background
from recommender.models.bundle import ModelBundle
from recommender.retrieval.search_intent import SearchIntent, find_fitting, measure_fit

MOST = 120  # candidates of a source
LIFT_WEIGHT = 1.0  # how far attributes move an item, beside how well it sells
SEARCH_WEIGHT = 4.5  # how far fitting a query does, in the logarithm of sales
UNSOLD = 1.0  # sales an item that fits a query counts as having, so that what has just come is found


def newcomer_sources(
    bundle: ModelBundle, background: Background, intent: SearchIntent | None, allowed_N: NDArray[np.bool_]
) -> dict[str, NDArray[np.int64]]:
    """Candidates for a shopper without a history, besides what sells: by source, the rows, the best first.

    `allowed_N` marks the items that may be shown, (N,).
    """
    found: dict[str, NDArray[np.int64]] = {}
    if (rows := of_like_shoppers(bundle, background, allowed_N, MOST)) is not None:
        found["demographic"] = rows
    if intent is not None:
        found["search"] = find_fitting(bundle, intent, allowed_N, MOST)
    return found


def of_like_shoppers(
    bundle: ModelBundle, background: Background, allowed_N: NDArray[np.bool_], count: int
) -> NDArray[np.int64] | None:
    """The `count` items, at most, that sell best among shoppers of these attributes; None where they say nothing."""
    demographics = bundle.demographics
    lift_D = demographics.lifts(background.attributes) if demographics and background.attributes else None
    if demographics is None or lift_D is None:
        return None
    rows_D = demographics.rows_D
    sold_D = bundle.popularity_N[rows_D] * np.exp(LIFT_WEIGHT * lift_D)
    places = np.flatnonzero(allowed_N[rows_D] & (lift_D > 0))
    if len(places) > count:
        places = places[np.argpartition(-sold_D[places], count)[:count]]
    rows: NDArray[np.int64] = rows_D[places[np.lexsort((places, -sold_D[places]))]]
    return rows


def newcomer_scores(
    bundle: ModelBundle, background: Background, intent: SearchIntent | None, rows_C: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Scores, (C,), of items for a shopper without a history.

    They lie between 0 and 1: what sells, moved by what is known of the shopper.
    """
    worth_C = bundle.popularity_N[rows_C].astype(np.float32)
    if bundle.demographics is not None and background.attributes:
        lift_N = bundle.demographics.everywhere(background.attributes, len(bundle.catalogue))
        worth_C = worth_C * np.exp(LIFT_WEIGHT * lift_N[rows_C])
    if intent is not None:
        fits_C = measure_fit(bundle, intent, rows_C)
        worth_C = (worth_C + UNSOLD * (fits_C > 0)) * np.exp(SEARCH_WEIGHT * fits_C)
    scores_C: NDArray[np.float32] = (worth_C / (worth_C.max(initial=0) + 1)).astype(np.float32)
    return scores_C
