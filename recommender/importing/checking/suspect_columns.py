"""Columns that look like what a recommender lives of, and are not read as such: nothing goes in silently wrong.

It knows names of columns.
"""

import re
from collections.abc import Iterable

from recommender.data.availability import spelled

LOOKS_LIKE = (
    "columns that look like a price, category, image or stock and are not read as such: {examples} "
    "(--map price=THEIRS, categories=, image= or stock= reads one)"
)
_NAMES = {
    "price": re.compile(r"price|preis|prix|precio|prezzo|prijs|pris|msrp|价格|售价|単価"),
    "category": re.compile(r"categor|kategor|rubri|breadcrumb|department|taxonom|类目|分类|品类"),
    "image": re.compile(r"image|img|photo|picture|thumbnail|bild|foto|图片|主图"),
    "stock": re.compile(r"stock|inventory|onhand|available|availability|bestand|库存"),
}
_NOT = re.compile(r"alt|label|position|tax|shipping|currency|date|unit|width|height|count|numberof|no$|id$")


def find_suspects(names: Iterable[str]) -> list[str]:
    """Those of these unread columns that look like one of the four, each with what it looks like."""
    found = []
    for name in names:
        plain = spelled(name)
        kind = next((kind for kind, form in _NAMES.items() if form.search(plain)), None)
        if kind is not None and not _NOT.search(plain):
            found.append(f"{name} ({kind})")
    return found
