"""Facts of every kind, and all the sentences a grammar allows, drawn at random."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from random import Random

from recommender.explain.facts import Fact, Facts, ItemDescription
from recommender.explain.templates import ACTION_ORDER

ITEM, OTHER = ItemDescription("Green tea (20 bags), 2.5 oz", "Tea & Coffee"), "Oat biscuits"
TITLES = ["Dog leash", "Rake", "Wooden train", "Baby wipes, 72 ct", "Cold brew"]
DAY = datetime(2026, 10, 28, 9, tzinfo=UTC)


def all_facts() -> list[Facts]:
    found = []
    for action in ACTION_ORDER:
        for days in (1, 7):
            found.append(Facts(ITEM, (Fact("again", (), action, days, DAY),)))
    for kind in ("transitions", "text", "image", "sequence"):
        for action in (*ACTION_ORDER, ""):
            found.append(Facts(ITEM, (Fact(kind, (OTHER,), action),)))
        found.append(Facts(ITEM, (Fact(kind, (OTHER,), "purchase"), Fact("shared", ("Tea & Coffee",)))))
    found += [Facts(ITEM, (Fact(kind, (OTHER,)),)) for kind in ("context", "context_text", "context_image")]
    found += [Facts(ITEM, (Fact(kind),)) for kind in ("popular", "new")]
    same = Facts(ITEM, (Fact("transitions", (ITEM.title,), "purchase"),))
    return [*found, same, replace(same, item=ItemDescription("7-Up, 5 days' pack"))]


def drawn(grammar: str, random: Random) -> str:
    """A sentence of the grammar; for the forms that `recommender.explain.grammar` writes."""
    rules = dict(line.split(" ::= ", 1) for line in grammar.split("\n"))
    return _of(rules, "root", random)


def _of(rules: dict[str, str], name: str, random: Random) -> str:
    tokens = re.findall(r'"(?:\\.|[^"\\])*"|[()|]|[a-z-]+', rules[name])
    return _alternatives(rules, tokens, random)


def _alternatives(rules: dict[str, str], tokens: list[str], random: Random) -> str:
    """Reads tokens up to a closing bracket; all alternatives are drawn, one is kept."""
    drafts = [""]
    while tokens and tokens[0] != ")":
        token = tokens.pop(0)
        if token == "|":
            drafts.append("")
        elif token == "(":
            drafts[-1] += _alternatives(rules, tokens, random)
            tokens.pop(0)
        elif token.startswith('"'):
            drafts[-1] += token[1:-1].replace('\\"', '"').replace("\\\\", "\\")
        else:
            drafts[-1] += _of(rules, token, random)
    return random.choice(drafts)
