"""Forms of the storefront: whether it was ours, what it says, where it was sent from, and the way back there."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.bodies import read_body
from services.problems import Problem, too_long

Form = Mapping[str, str]
KIND = "application/x-www-form-urlencoded"
PLACES = ("user", "lang", "view", "q", "category", "page", "item")
LONGEST = 300


def here(asked: Mapping[str, str]) -> str:
    """The page's address as a query, for its forms to bring back."""
    return urlencode({name: asked[name][:LONGEST] for name in PLACES if asked.get(name)})


async def posted(request: Request) -> Form:
    """What a form of our own page says; a `Problem` for another site's, and for what is no form or too long."""
    if not same_site(request):
        raise Problem("Origin", "this form belongs to the shop's own page", "Send it from there.", 403)
    kind = request.headers.get("content-type", KIND).split(";")[0].strip().lower()
    if kind != KIND:
        raise Problem("Content-Type", f"{kind!r} is not read here", f"Send {KIND}.", 415)
    body = await read_body(request.receive)
    if body is None:
        raise too_long()
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def back(form: Form, told: Mapping[str, str]) -> Response:
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
