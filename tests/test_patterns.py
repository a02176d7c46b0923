"""Every regular expression of the project takes time that grows with the text, and not with its square or cube.

The patterns are found in the source, so that one added tomorrow is tried, too. Each is tried on texts made of what it
speaks of itself: its characters and words, repeated, behind each other and between each other.
"""

import ast
import importlib
import re
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from re import _constants, _parser
from typing import Any

import pytest

from recommender.settings import PROJECT_ROOT

ROOMS = ("recommender", "features", "feature_repo", "training", "services", "monitoring", "dags", "console")
CALLS = {"compile", "search", "match", "fullmatch", "sub", "subn", "split", "findall", "finditer"}
# what the local names stand for in patterns that are made where they are used
LOCAL: Mapping[str, Any] = {
    "text": "tea (a b)",
    "user_id": "u-1",
    "before": "(?<![A-Za-z0-9])",
    "after": "(?![A-Za-z0-9])",
    "main": type("Main", (), {"days": 12}),
    "exact": r"/campaigns/\{campaign_id\}/audience",
    "phrase": "tea",
    "pattern": "a",  # of patterns that are made in a loop and listed, which are tried as they stand in their list
}
FILLERS = (" ", "a", "1", "_", "-", "买", "\t", "\n", '"', "(", ".", ",")
MOST_WORDS, MOST_ENDS = 16, 8
SHORTER, SHORT, LONG = 250, 1_000, 8_000  # characters
AT_ONCE = 0.001  # seconds of CPU in which a pattern is through with SHORT; who is slower is looked at more closely
TOO_LONG = 0.25  # seconds for SHORT, whatever the growth
WORSE = 0.05  # seconds for a text of 24 characters, or of SHORT / 8: what takes these grows with the cube, or worse
LINEAR = 2.5 * LONG / SHORT  # the growth of a linear pattern, with room for a busy machine; a quadratic one's is 64
NEARLY_LINEAR = 1.25 * SHORT / SHORTER  # whose growth up to SHORT is no more needs no look at LONG


def source_patterns() -> Iterator[tuple[str, re.Pattern[str]]]:
    """Where each pattern stands, and the pattern."""
    for path in sorted(path for room in ROOMS for path in (PROJECT_ROOT / room).rglob("*.py")):
        if "data" in path.relative_to(PROJECT_ROOT).parts:
            continue
        calls = [
            node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call) and _is_pattern(node)
        ]
        if calls:
            name = ".".join(path.relative_to(PROJECT_ROOT).with_suffix("").parts)
            names = {**LOCAL, **vars(importlib.import_module(name))}
            for call in calls:
                yield f"{name}:{call.lineno}", _compiled(call, names)
            for listed, values in vars(importlib.import_module(name)).items():
                if isinstance(values, list) and values and isinstance(values[0], tuple):
                    patterns = [one for pair in values for one in pair if isinstance(one, re.Pattern)]
                    yield from ((f"{name}:{listed}[{place}]", one) for place, one in enumerate(patterns))


def _is_pattern(node: ast.Call) -> bool:
    return (
        isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "re"
        and node.func.attr in CALLS
    )


def _compiled(call: Any, names: dict[str, Any]) -> re.Pattern[str]:
    """A name that neither the module nor LOCAL knows ends the test: give it an example in LOCAL."""
    places = {"compile": 1, "split": 3, "sub": 4, "subn": 4}
    place = places.get(call.func.attr, 2)
    flags = [one.value for one in call.keywords if one.arg == "flags"] or call.args[place : place + 1]
    pattern, *options = (eval(compile(ast.Expression(one), "", "eval"), names) for one in (call.args[0], *flags))
    return re.compile(pattern, *options)


def words_of(pattern: re.Pattern[str]) -> list[str]:
    """The literal texts that a pattern names, and its single characters."""
    found = dict[str, None]()

    def walk(tokens: Any) -> None:
        word = ""
        for kind, value in tokens:
            if kind is _constants.LITERAL:
                word += chr(value)
                found[chr(value)] = None
                continue
            found[word], word = None, ""
            if kind is _constants.NOT_LITERAL:
                found[chr(value)] = None
                continue
            for part in value if isinstance(value, tuple | list) else (value,):
                for piece in part if isinstance(part, list) else (part,):
                    if isinstance(piece, _parser.SubPattern):
                        walk(piece)
                    elif isinstance(piece, tuple) and piece[0] is _constants.LITERAL:  # in a set
                        found[chr(piece[1])] = None
        found[word] = None

    walk(_parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG))
    named = sorted((word for word in found if word), key=len, reverse=True)
    return [*named[:MOST_WORDS], *dict.fromkeys([*FILLERS, *named[MOST_WORDS:][:MOST_WORDS]])]


def hostile_texts(words: list[str]) -> Iterator[Callable[[int], str]]:
    """Texts by the number of characters that they are to have, about."""
    ends = ["", *[word for word in words if len(word) == 1][:MOST_ENDS]]
    for word in words:
        for end in ends:
            yield partial(_repeated, word, end)
        for filler in FILLERS:
            yield partial(_repeated, filler, "", start=word)
            yield partial(_repeated, filler, "!", start=f"{word} ")
            yield partial(_repeated, word + filler, "")


def _repeated(part: str, end: str, size: int, start: str = "") -> str:
    return start + part * (size // len(part)) + end


def seconds(pattern: re.Pattern[str], text: str) -> float:
    """CPU time of this thread for one way through the text; the best of three when it is worth the while."""

    def once() -> float:
        began = time.thread_time()
        for _ in pattern.finditer(text.encode() if isinstance(pattern.pattern, bytes) else text):
            pass
        return time.thread_time() - began

    first = once()
    return first if first < AT_ONCE or first > 1 else min(first, once(), once())


def slow_texts(pattern: re.Pattern[str]) -> Iterator[str]:
    """What a pattern takes longer for than its length explains."""
    words = words_of(pattern)
    for text in hostile_texts(words):
        short = text(SHORT)
        if any(seconds(pattern, short[:size] + "!") > WORSE for size in (24, SHORT // 8)):
            yield short[:20]
        taken = seconds(pattern, short)
        if taken > TOO_LONG or (taken > AT_ONCE and _grows_fast(pattern, text, taken)):
            yield short[:20]


def _grows_fast(pattern: re.Pattern[str], text: Callable[[int], str], taken: float) -> bool:
    """Whether the time, `taken` for SHORT, grows faster than the text."""
    if taken <= NEARLY_LINEAR * seconds(pattern, text(SHORTER)):
        return False
    return seconds(pattern, text(LONG)) > LINEAR * taken


@pytest.mark.parametrize(("place", "pattern"), [pytest.param(*one, id=one[0]) for one in source_patterns()])
def test_a_pattern_s_time_grows_no_faster_than_the_text(place: str, pattern: re.Pattern[str]) -> None:
    assert next(slow_texts(pattern), None) is None, f"{place}: {pattern.pattern}"


@pytest.mark.parametrize("hostile", [r"(a+)+$", r"\s*&\s*", r"\b(user)s?[ _#:-]*(id)?[ _#:=-]*\w*\d\w*", r"\([^)]*$"])
def test_a_pattern_that_grows_faster_is_found(hostile: str) -> None:
    assert next(slow_texts(re.compile(hostile)), None) is not None
