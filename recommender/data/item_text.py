"""What the encoder reads of an item, and the hash under which its embedding is kept.

It knows an item's fields and no storage. Two items that say the same give the same text, so that they share one
embedding: sizes, weights and codes are left out, since they tell variants of one thing apart and little more. What
changes from day to day (stock, availability, prices, dates) says nothing of what the item is, and is left out as well.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from recommender.data.availability import about

MAX_TEXT = 2_000  # characters; an encoder reads a few hundred words at most
_SIZES_AND_CODES = """
size package_size pack_size weight volume length width height depth dimensions unit units quantity count
id sku upc ean gtin isbn asin mpn model model_number part_number manufacturer manufacturer_id
url link image images variants average_rating rating_number rating best_sellers_rank date_first_available
"""
_NOT_READ = frozenset(_SIZES_AND_CODES.split())
_PASSING = re.compile(r"(^|_)(price|prices|cost|msrp|discount|currency|date|timestamp|updated|modified)(_|$)|_at$")
_DATE = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([T ].*)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}( .*)?|\d{1,2}:\d{2}.*"
    r"|([a-z]{3,9},? )?(\d{1,2}\.? )?[a-z]{3,9}\.?( \d{1,2},)? \d{4}( \d{1,2}:.*)?",
    re.IGNORECASE,
)
_MONEY = re.compile(r"^(?:([A-Z]{3}|[$€£¥]) ?\d[\d.,]*|\d[\d.,]* ?([A-Z]{3}|[$€£¥元]))")
_CODE = re.compile(r"^(?:(https?:|www\.)\S+|[0-9a-f]{8}-?[0-9a-f-]{8,}|(?=\S*\d)\S{24,})", re.IGNORECASE)
_NO_WORDS = "true false yes no none null nan n/a simple variable variation configurable grouped"
_SAYS_NOTHING = frozenset(_NO_WORDS.split())


def item_text(
    title: str,
    description: str = "",
    brand: str = "",
    categories: Sequence[str] = (),
    attributes: Mapping[str, Any] | None = None,
    translations: Mapping[str, Mapping[str, Any]] | None = None,
) -> str:
    """The item in words: title, brand, category path, attributes, description.

    Titles and categories in other languages follow those in its own, descriptions come last.
    """
    attributes, others = attributes or {}, [texts for _, texts in sorted((translations or {}).items())]
    parts = [
        _without_size(title.strip(), attributes),
        *(_without_size(str(texts.get("title") or "").strip(), attributes) for texts in others),
        brand.strip(),
        *(_path(path) for path in (categories, *(texts.get("categories") or () for texts in others))),
        "; ".join(_attribute(key, value) for key, value in sorted(attributes.items()) if _is_read(key, value)),
        *(text.strip() for text in (description, *(texts.get("description") or "" for texts in others))),
    ]
    return ". ".join(part for part in parts if part)[:MAX_TEXT]


def _path(categories: Sequence[str]) -> str:
    return " > ".join(name.strip() for name in categories if name.strip())


def content_hash(text: str) -> str:
    """The name of a text among embeddings: 64 hex digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def _without_size(title: str, attributes: Mapping[str, Any]) -> str:
    """ "Ice, 22 lb" of an item whose size is 22 LB says "Ice"."""
    size = str(attributes.get("size") or attributes.get("package_size") or "").strip().lower()
    if size and title.lower().endswith(size):
        return title[: -len(size)].rstrip(" ,-(") or title
    return title


def _is_read(key: str, value: Any) -> bool:
    name = key.strip().lower().replace(" ", "_").replace("-", "_")
    return not is_passing(key) and name not in _NOT_READ and bool(_texts(value))


def is_passing(key: str) -> bool:
    """Whether an attribute of this name says how things stand (stock, price, a date), not what the item is."""
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key.strip()).lower().replace(" ", "_").replace("-", "_")
    return about(key) is not None or bool(_PASSING.search(name))


def _is_text(value: Any) -> bool:
    """Whether a value is in words: a number, a date, a sum of money, an address, a code or yes and no are not."""
    text = value.strip() if isinstance(value, str) else ""
    if not any(sign.isalpha() for sign in text) or text.lower() in _SAYS_NOTHING:
        return False
    return not any(form.fullmatch(text) for form in (_DATE, _MONEY, _CODE))


def _texts(value: Any) -> list[str]:
    """The words of a value: of each part, if it has several."""
    if isinstance(value, Mapping):
        inner = {name: _texts(texts) for name, texts in value.items() if not is_passing(str(name))}
        return [f"{name} {', '.join(texts)}" for name, texts in sorted(inner.items()) if texts]
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [text for one in value for text in _texts(one)]
    return [value] if _is_text(value) else []


def _attribute(key: str, value: Any) -> str:
    return f"{key.replace('_', ' ')}: {', '.join(_texts(value))}"
