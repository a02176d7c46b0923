"""Which site's page a request comes from, as browsers tell it: pages of other sites may not act here.

`Sec-Fetch-Site` is written by the browser and by no page; browsers that don't send it send `Origin` with each POST.
What sends neither is no browser: a server or an app, which no page of another site can make ask.
"""

from functools import lru_cache
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

from recommender.auth.origins import PORTS
from services.core.errors import Problem

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_SITE = frozenset({"same-origin", "none"})  # none: a person typed the address, or followed a bookmark
ALLOWED_ORIGIN = "allowed_origin"  # in the scope's state


def note_origin(scope: Scope, allowed: frozenset[str]) -> None:
    """Keeps with the request whether its origin is one of `allowed`, which its answer then names."""
    origin = Headers(scope=scope).get("origin")
    scope.setdefault("state", {})[ALLOWED_ORIGIN] = origin if origin in allowed else None


def allowed_origin(scope: Scope, otherwise: frozenset[str]) -> str | None:
    """The origin that the answer names: what was noted; where nothing was, the request's if it is among `otherwise`."""
    origin = Headers(scope=scope).get("origin")
    noted: str | None = scope.get("state", {}).get(ALLOWED_ORIGIN, origin if origin in otherwise else None)
    return noted


def must_be_origin_of_key(scope: Scope, origins: frozenset[str]) -> None:
    """Raises a `Problem` for what a page asks with a key that names `origins`, the page's not among them."""
    note_origin(scope, origins)
    try:
        must_not_be_foreign(scope, origins)
    except Problem:
        remedy = "Use a key made for it: `zhiyin keys create --origin ORIGIN`."
        raise Problem("Origin", "the key may not be used by pages of this origin", remedy, 403) from None


def must_not_be_foreign(scope: Scope, allowed: frozenset[str]) -> None:
    """Raises a `Problem` for what a page of another site asks; pages of `allowed` origins may ask everything.

    Other sites may link here: a page that is opened on its own is nothing that they can read or frame.
    """
    headers = Headers(scope=scope)
    if not is_foreign(headers) or headers.get("origin") in allowed:
        return
    if scope["method"] in SAFE_METHODS and _is_link(headers):
        return
    raise Problem("Origin", "pages of other sites may not ask this", "Send it from the shop's own page, or name the "
                  "other site in ZHIYIN_CORS_ORIGINS or in its key (`zhiyin keys create --origin`).", 403)  # fmt: skip


def is_foreign(headers: Headers) -> bool:
    """Whether a browser says that the request comes from a page of another origin."""
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
