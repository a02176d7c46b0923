"""Where on the storefront a form was sent from, and the way back there."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

PLACES = ("user", "lang", "view", "q", "category", "page", "item")
LONGEST = 300


def here(request: Request) -> str:
    """The page's address as a query, for its forms to bring back."""
    return urlencode({name: request.query_params[name][:LONGEST] for name in PLACES if request.query_params.get(name)})


def back(form: Mapping[str, str], told: Mapping[str, str]) -> Response:
    """To the page the form was on, which tells what became of it."""
    place = {name: value[:LONGEST] for name, value in parse_qsl(form.get("here", "")) if name in PLACES}
    place |= {name: form[field] for name, field in (("user", "user"), ("lang", "lang")) if form.get(field)}
    return RedirectResponse(f"/?{urlencode({**place, **told})}#main", 303)


def same_site(request: Request) -> bool:
    """Whether the form was sent by our own page; another site's page must not post events in a shopper's name."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")
