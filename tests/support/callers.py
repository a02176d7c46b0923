"""Requests in this process as if they came with a key."""

from collections.abc import Iterator
from contextlib import contextmanager

from recommender.auth.keys import Caller
from services.http import api_keys as callers


@contextmanager
def as_caller(user: str | None) -> Iterator[None]:
    """As a request with this shopper's token; None: with a server's key."""
    who = Caller("k", "shopper", user) if user else Caller("k", "server")
    before = callers._current_caller.set(who)
    try:
        yield
    finally:
        callers._current_caller.reset(before)
