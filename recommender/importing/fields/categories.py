"""Category paths as shops write them: one path a row, widest first; where a shop names several, the deepest."""

import re

import orjson

_STEP = re.compile("[>»›]")
_COMMA = re.compile(r"(?<!\\),\s*")
_NO_CATEGORY = frozenset(
    {"simple", "configurable", "variable", "variation", "grouped", "bundle", "virtual", "external"}
)


def category_path(value: str | None, lists: bool = False) -> list[str]:
    """A JSON list, or names joined by | or >. `lists` says that commas part several paths, as WooCommerce writes them.

    A number alone is an id of another taxonomy, and a word that tells kinds of records apart is no category.
    """
    if not value or value.isdigit() or value.lower() in _NO_CATEGORY:
        return []
    if value.startswith("["):
        listed = _json(value)
        if isinstance(listed, list):
            return _clean([str(part) for part in listed if part is not None])
    if "|" in value:
        return _clean(value.split("|"))
    paths = [_steps(path) for path in _paths(value, lists)]
    return max(paths, key=len)


def _paths(value: str, lists: bool) -> list[str]:
    """The paths of a value; without `lists` a comma belongs to a name, unless what follows begins like the first."""
    parts = _COMMA.split(value)
    roots = {tuple(_steps(part)[:1]) for part in parts}
    alike = len(roots) == 1 and all("/" in part or _STEP.search(part) for part in parts)
    if lists or alike:
        return [part.replace("\\,", ",") for part in parts]
    return [value]


def _steps(path: str) -> list[str]:
    if path.startswith("Default Category/"):  # Magento's root, which names nothing
        return _clean(path.split("/")[1:])
    return _clean(_STEP.split(path))


def _clean(names: list[str]) -> list[str]:
    return [name.strip() for name in names if name.strip()]


def _json(value: str) -> object:
    try:
        return orjson.loads(value)
    except ValueError:
        return None
