"""Columns whose names end in a code: price_usd is a price in dollars, title_zh a title in Chinese. It knows names."""

import re
from collections.abc import Iterable, Mapping

from recommender.data.availability import spelled
from recommender.utils.currencies import CODES

TEXTS = ("title", "description", "categories")  # what an item may have in several languages
SALE = "sale_price"
# no "id" and no "no": title_id and category_no are something else
_LANGUAGES = """
ar bg bn ca cs da de el en es et fa fi fr he hi hr hu it ja ko lt lv ms nb nl pl pt ro ru sk sl sr sv th tr uk ur vi zh
"""
LANGUAGES = frozenset(_LANGUAGES.split())
_END = re.compile(r"[\s_.:/(\[-](?P<code>[a-z]{2,3})(?:[_-](?P<region>[a-z]{2,4}))?[)\]]?$", re.IGNORECASE)


def find_coded(columns: Iterable[str], names: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, str]]:
    """Theirs -> our field and the code in which it is; of several columns of one field the first name goes first.

    `names` says what price, sale_price, title, description and categories are called.
    """
    known = {spelled(name): ours for ours in ("price", SALE, *TEXTS) for name in names.get(ours, ())}
    places = {name: place for place, name in enumerate(known)}
    found, place_of = {}, {}
    for theirs in columns:
        name = theirs.strip()
        parts = _END.search(name)
        ours = known.get(spelled(name[: parts.start()])) if parts else None
        if parts is None or ours is None:
            continue
        place_of[theirs] = places[spelled(name[: parts.start()])]
        if ours in ("price", SALE) and parts["code"].upper() in CODES and not parts["region"]:
            found[theirs] = (ours, parts["code"].upper())
        elif ours in TEXTS and parts["code"].lower() in LANGUAGES:
            found[theirs] = (ours, "-".join(filter(None, (parts["code"], parts["region"]))).lower())
    codes = list(dict.fromkeys(code for _, code in found.values()))
    return {name: found[name] for name in sorted(found, key=lambda name: (codes.index(found[name][1]), place_of[name]))}
