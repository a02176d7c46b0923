"""Who may ask what: one rule an endpoint, in one table. What is not in the table is for operators only.

It knows addresses, scopes and where a request names shoppers. It reads no key and no database.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from recommender.auth.keys import Caller, Scope


@dataclass(frozen=True, slots=True)
class Rule:
    """`scopes` may ask; None: anybody, without a key.

    A shopper's token must name its own shopper in every one of `shoppers` (fields of the body: `user_id`,
    `events[].user_id`; or `{user_id}` of the address). An endpoint that says nothing of a shopper has none. A visit's
    token must name its own visit in every one of `visits`, and nobody in `shoppers`; where a shopper is to be named
    and no visit can be, it may not ask.
    """

    scopes: frozenset[Scope] | None
    shoppers: tuple[str, ...] = ()
    visits: tuple[str, ...] = ()


PUBLIC = Rule(None)
OPERATORS = Rule(frozenset({"operator"}))
SERVERS = Rule(frozenset({"server", "operator"}))
ANY_KEY = Rule(frozenset({"shopper", "server", "operator"}))


def about(*shoppers: str) -> Rule:
    """For the shop's server, and for the shoppers themselves."""
    return Rule(ANY_KEY.scopes, shoppers)


def about_visits_too(shopper: str, visit: str) -> Rule:
    """The same, and for visits that have not signed in."""
    return Rule(ANY_KEY.scopes, (shopper,), (visit,))


RULES: dict[str, Rule] = {
    "/recommend": about_visits_too("user_id", "session_id"),
    "/similar": ANY_KEY,
    "/search": about_visits_too("user_id", "session_id"),
    "/explain": about("user_id"),
    "/assistant": about("user_id"),
    "/offers": about("user_id"),
    "/events": about_visits_too("events[].user_id", "events[].session_id"),
    "/profile": about("user_id"),
    "/profile/mute": about("user_id"),
    "/profile/wish": about("user_id"),
    "/profile/undo": about("user_id"),
    "/profile/remove_event": about("user_id"),
    "/profile/consent": about("user_id"),
    "/profile/export": about("user_id"),
    "/profile/erase": about("user_id"),
    "/campaigns/{campaign_id}/audience": SERVERS,
    "/items": SERVERS,
    "/items/{item_id*}/aliases": SERVERS,
    "/items/{item_id*}/similar": ANY_KEY,
    "/items/{item_id*}": ANY_KEY,
    "/users": SERVERS,
    "/": OPERATORS,  # the page shows any shopper
    "/act": OPERATORS,
    "/ask": OPERATORS,
    "/mine/{deed}": OPERATORS,
    "/models": OPERATORS,
    "/operations": OPERATORS,
    "/operations/{run_id}": OPERATORS,
    "/models.json": OPERATORS,
    "/reports/{path*}": OPERATORS,
    "/metrics": OPERATORS,
    "/webhooks/shopify": PUBLIC,  # the body is signed
    "/webhooks/woocommerce": PUBLIC,
    "/erasures/{receipt}": PUBLIC,  # the receipt is 128 random bits
    "/static/{path*}": PUBLIC,
    "/docs": PUBLIC,
    "/docs.json": PUBLIC,
    "/livez": PUBLIC,
    "/readyz": PUBLIC,
    "/healthz": PUBLIC,
}
UNLISTED = "other"  # what /metrics calls addresses that no rule names


def _pattern(template: str) -> re.Pattern[str]:
    exact = re.escape(template)
    exact = re.sub(r"\\\{\w+\\\*\\\}", ".*", exact)
    return re.compile(r"\A" + re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", exact))


_EXACT = {template: rule for template, rule in RULES.items() if "{" not in template}
_PATTERNS = [(template, _pattern(template)) for template in RULES if "{" in template]


def rule_of(path: str) -> tuple[str, Rule]:
    """The address's template, for counting, and its rule."""
    rule = _EXACT.get(path)
    return (path, rule) if rule is not None else _matched(path)


@lru_cache(maxsize=256)
def _matched(path: str) -> tuple[str, Rule]:
    return next(((template, RULES[template]) for template, _ in _matches(path)), (UNLISTED, OPERATORS))


def _matches(path: str) -> Iterator[tuple[str, re.Match[str]]]:
    for template, pattern in _PATTERNS:
        if match := pattern.fullmatch(path):
            yield template, match


def names_only(caller: Caller, rule: Rule, path: str, body: Any) -> bool:
    """Whether a request of a shopper's token is about that shopper, of a visit's about that visit, and nobody else."""
    if caller.session_id is None:
        return all(_named(place, path, body) == {caller.user_id} for place in rule.shoppers)
    own = bool(rule.visits) and all(_named(place, path, body) == {caller.session_id} for place in rule.visits)
    return own and all(_names_nobody(place, body) for place in rule.shoppers)


def _named(place: str, path: str, body: Any) -> set[Any]:
    """The shoppers that a request names there; None among them for an entry that names nobody."""
    if place.startswith("{"):
        return {match[place.strip("{}")] for _, match in _matches(path)}
    name, _, field = place.partition("[].")
    found = body.get(name) if isinstance(body, dict) else None
    if not field:
        return {_text(found)}
    return (
        {_text(one.get(field) if isinstance(one, dict) else None) for one in found}
        if isinstance(found, list)
        else {None}
    )


def _names_nobody(place: str, body: Any) -> bool:
    """Whether there is no word of a shopper there, of whatever kind."""
    name, _, field = place.partition("[].")
    entries = body.get(name) if field else [body]
    return all(one.get(field or name) is None for one in entries)  # of which each names its visit


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
