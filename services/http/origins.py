"""Which site's page a request comes from, as browsers tell it: pages of other sites may not act here.

`Sec-Fetch-Site` is written by the browser and by no page; browsers that don't send it send `Origin` with each POST.
What sends neither is no browser: a server or an app, which no page of another site can make ask.
"""

from functools import lru_cache
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

from services.core.errors import Problem

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_SITE = frozenset({"same-origin", "none"})  # none: a person typed the address, or followed a bookmark
PORTS = {"http": 80, "https": 443}


def must_not_be_foreign(scope: Scope, allowed: frozenset[str]) -> None:
    """Raises a `Problem` for what a page of another site asks; pages of `allowed` origins may ask everything.

    Other sites may link here: a page that is opened on its own is nothing that they can read or frame.
    """
    headers = Headers(scope=scope)
    if not _is_foreign(headers) or headers.get("origin") in allowed:
        return
    if scope["method"] in SAFE_METHODS and _is_link(headers):
        return
    raise Problem("Origin", "pages of other sites may not ask this", "Send it from the shop's own page, or name the "
                  "other site in ZHIYIN_CORS_ORIGINS.", 403)  # fmt: skip


def _is_foreign(headers: Headers) -> bool:
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in OWN_SITE
    origin = headers.get("origin")
    return origin is not None and not is_origin_of(origin, headers.get("host", ""))


def _is_link(headers: Headers) -> bool:
    mode, place = headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest")
    return (mode == "navigate" and place in (None, "document")) or (mode is None and "sec-fetch-site" not in headers)


@lru_cache(maxsize=256)
def is_origin_of(origin: str, host: str) -> bool:
    """Whether pages of `origin` are those of this `host` (name and port, as the request's header has them)."""
    try:
        theirs, ours = urlsplit(origin), urlsplit(f"//{host}")
        port = PORTS.get(theirs.scheme)
        theirs_port, own_port = theirs.port or port, ours.port or port
    except ValueError:
        return False
    return port is not None and theirs.hostname == ours.hostname and theirs_port == own_port
