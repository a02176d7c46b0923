"""What the encoder reads of an item, and the hash under which its embedding is kept.

It knows an item's fields and no storage. Two items that say the same give the same text, so that they share one
embedding: sizes, weights and codes are left out, since they tell variants of one thing apart and little more.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

MAX_TEXT = 2_000  # characters; an encoder reads a few hundred words at most
_SIZES_AND_CODES = """
size package_size pack_size weight volume length width height depth dimensions unit units quantity count
id sku upc ean gtin isbn asin mpn model model_number part_number manufacturer manufacturer_id
url link image images average_rating rating_number rating best_sellers_rank date_first_available
"""
_NOT_READ = frozenset(_SIZES_AND_CODES.split())


def item_text(
    title: str,
    description: str = "",
    brand: str = "",
    categories: Sequence[str] = (),
    attributes: Mapping[str, Any] | None = None,
) -> str:
    """The item in words: title, brand, category path, attributes, description."""
    attributes = attributes or {}
    parts = [
        _without_size(title.strip(), attributes),
        brand.strip(),
        " > ".join(name.strip() for name in categories if name.strip()),
        "; ".join(_attribute(key, value) for key, value in sorted(attributes.items()) if _is_read(key, value)),
        description.strip(),
    ]
    return ". ".join(part for part in parts if part)[:MAX_TEXT]


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
    return name not in _NOT_READ and value not in (None, "", [], {})


def _attribute(key: str, value: Any) -> str:
    if isinstance(value, Mapping):
        value = ", ".join(f"{inner} {text}" for inner, text in sorted(value.items()))
    elif isinstance(value, Sequence) and not isinstance(value, str):
        value = ", ".join(map(str, value))
    return f"{key.replace('_', ' ')}: {value}"
