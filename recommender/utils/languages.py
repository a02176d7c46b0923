"""Codes of languages (BCP 47, as zh or pt-BR): which are one language, and which of several answers a wish."""

from collections.abc import Iterable


def same_language(one: str, other: str) -> bool:
    """Whether two codes mean one language: zh and zh-CN do, zh-CN and zh-TW don't."""
    first, second = (code.replace("_", "-").lower() for code in (one, other))
    shorter, longer = sorted((first, second), key=len)
    return longer == shorter or longer.startswith(f"{shorter}-")


def pick_language(wanted: str, codes: Iterable[str]) -> str | None:
    """The code that is the wanted language: the same, else a region's of it, else the wider one; None where none is."""
    codes, sought = list(codes), wanted.replace("_", "-").lower()
    if sought in codes:
        return sought
    alike = [code for code in codes if same_language(code, sought)]
    return alike[0] if alike else next((code for code in codes if same_language(code, sought.split("-")[0])), None)
