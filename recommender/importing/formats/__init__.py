"""The formats of files that shops have, each known by its columns or chosen by its family's name.

A new format is one file with a `Format` and its entry in `FORMATS`; docs/formats.md describes each.
"""

from collections.abc import Iterable

from recommender.importing.column_names import UnclearColumns
from recommender.importing.formats.base import Format
from recommender.importing.formats.datasets import amazon_reviews, hm, instacart, movielens, rees46, retailrocket
from recommender.importing.formats.events import algolia, ga4, gorse, personalize, segment, snowplow
from recommender.importing.formats.shops import google_merchant, google_retail, magento, shopify, woocommerce

FORMATS: tuple[Format, ...] = (
    *(shopify.PRODUCTS, shopify.ORDERS),
    *(woocommerce.PRODUCTS, magento.PRODUCTS, google_merchant.PRODUCTS),
    *(google_retail.PRODUCTS, google_retail.EVENTS),
    *(ga4.ITEMS, ga4.EVENTS),
    *(segment.EVENTS, snowplow.EVENTS, algolia.EVENTS),
    *(gorse.FEEDBACK, gorse.ITEMS, gorse.USERS),
    *(personalize.INTERACTIONS, personalize.ITEMS),
    *(rees46.ITEMS, rees46.EVENTS),
    *(retailrocket.ITEMS, retailrocket.EVENTS),
    *(instacart.PRODUCTS, instacart.PURCHASES),
    *(hm.ARTICLES, hm.CUSTOMERS, hm.TRANSACTIONS),
    *(movielens.MOVIES, movielens.RATINGS, movielens.OLD_MOVIES, movielens.OLD_USERS, movielens.OLD_RATINGS),
    *(amazon_reviews.META, amazon_reviews.REVIEWS),
)
FAMILIES = tuple(dict.fromkeys(one.family for one in FORMATS))
NO_FORMAT = "none"  # columns are read by their names alone


def find_formats(name: str, header: Iterable[str], family: str | None = None) -> list[Format]:
    """The formats of a file of this name and these columns, of one family if it is named; the first of each kind."""
    names = list(header)
    found = [one for one in FORMATS if family in (None, one.family) and one.fits(name, names)]
    return [one for place, one in enumerate(found) if one.kind not in [other.kind for other in found[:place]]]


def check_family(name: str) -> str:
    """The family's name, if there is one of that name."""
    if name not in (*FAMILIES, NO_FORMAT):
        raise UnclearColumns(f"--format {name!r} is none of {', '.join(FAMILIES)}; {NO_FORMAT} reads columns by name")
    return name


def name_signatures(family: str) -> str:
    """By which columns the files of this family are known, in words."""
    found = [(one.kind, one.signature) for one in FORMATS if one.family == family]
    return "; ".join(f"its {kind} have {', '.join(one.replace('|', ' or ') for one in each)}" for kind, each in found)
