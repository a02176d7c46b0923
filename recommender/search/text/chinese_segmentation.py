"""Where the words of Chinese end: by jieba's dictionary where it is installed (the extra `chinese`), else by pairs.

It takes runs of ideographs, folded to simplified ones, and knows nothing else.
"""

import logging
from collections.abc import Callable
from functools import lru_cache
from importlib.util import find_spec

_INGREDIENTS = frozenset("糖盐油酒奶蛋肉铅氟硅胶麸脂")  # words of one sign, where there is no dictionary


def cut_ideographs(run: str) -> list[str]:
    """The words of a run of ideographs, with the shorter words in long ones."""
    return _cutters()[0](run)


def first_word(run: str) -> str:
    """The first word of a run of ideographs, as long as the dictionary has it."""
    return _cutters()[1](run)[0]


def pairs(piece: str) -> list[str]:
    """Each two neighbouring characters; one alone as it is."""
    return [piece[place : place + 2] for place in range(len(piece) - 1)] or [piece]


def _first_two(run: str) -> list[str]:
    return [run[:1] if run[0] in _INGREDIENTS else run[:2]]


@lru_cache(1)
def _cutters() -> tuple[Callable[[str], list[str]], Callable[[str], list[str]]]:
    if find_spec("jieba") is None:
        return pairs, _first_two
    import jieba  # reads its dictionary at the first Chinese text, in about a second

    jieba.setLogLevel(logging.WARNING)
    return jieba.lcut_for_search, jieba.lcut
