"""A small language for sentences that say one thing in many ways, and its form as a grammar (GBNF).

`[a|b]` is a choice (`[|a]` may be left out), `{name}` stands for another pattern or for a text to be copied. It knows
no language and no facts.
"""

import re
from collections.abc import Mapping

_TOKEN = re.compile(r"(\[|\]|\||\{[a-z_]+\})")

GROUPS = {"[": '( ""', "|": '| ""', "]": ")"}  # each choice begins with nothing, so that it may be nothing


class Text(str):
    """A text that is copied as it is, brackets and all."""

    __slots__ = ()


def to_grammar(root: str, rules: Mapping[str, str]) -> str:
    """The GBNF grammar of the pattern `root`, whose `{name}`s are patterns or `Text`s of `rules`."""
    lines = {"root": _compiled(root)}
    waiting = _names(root)
    while waiting:
        name = waiting.pop()
        if name not in lines:
            body = rules[name]
            lines[name] = _quoted(body) if isinstance(body, Text) else _compiled(body)
            waiting += [] if isinstance(body, Text) else _names(body)
    return "\n".join(f"{name.replace('_', '-')} ::= {body}" for name, body in lines.items())


def _names(pattern: str) -> list[str]:
    return [token[1:-1] for token in _TOKEN.findall(pattern) if token.startswith("{")]


def _compiled(pattern: str) -> str:
    parts = []
    for token in _TOKEN.split(pattern):
        if token in GROUPS:
            parts.append(GROUPS[token])
        elif token.startswith("{") and token.endswith("}"):
            parts.append(token[1:-1].replace("_", "-"))
        elif token:
            parts.append(_quoted(token))
    return " ".join(parts) or '""'


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") + '"'
