"""Forms of the storefront: what one says, where it was sent from, and the way back there."""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.core.body import read_body
from services.core.errors import Problem, invalid, too_long
from services.storefront.i18n import MESSAGES

Form = Mapping[str, str]
KIND = "application/x-www-form-urlencoded"
PLACES = ("user", "lang", "view", "q", "category", "page", "item", "wish", "without", "currency")
LONGEST = 300
WEIGHT = re.compile(r"q=([01](?:\.\d{0,3})?)")


def language_of(address: Mapping[str, str]) -> str:
    """The language that an address or a form asks for; English where it asks for none that there is."""
    return "zh" if address.get("lang") == "zh" else "en"


def accepted_language(header: str) -> str:
    """The language of the pages that a browser's `Accept-Language` puts first; English where it names none of them."""
    weights: dict[str, float] = {}
    for part in header.split(","):
        name, _, weight = part.partition(";")
        code = name.strip().lower().split("-")[0]
        if code in MESSAGES and code not in weights:
            found = WEIGHT.fullmatch(weight.strip())
            weights[code] = float(found[1]) if found else 1.0
    return max(weights, key=lambda code: weights[code], default="en")


def return_query(address: Mapping[str, str]) -> str:
    """The page's address as a query, for its forms to bring back."""
    return urlencode({name: address[name][:LONGEST] for name in PLACES if address.get(name)})


async def posted(request: Request) -> Form:
    """What a form of our own page says; a `Problem` for what is no form or too long. Other sites' the gate refuses."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != KIND:
        raise Problem("Content-Type", f"{kind!r} is not read here", f"Send {KIND}.", 415)
    body = await read_body(request.receive)
    if body is None:
        raise too_long()
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def back(form: Form, parameters: Mapping[str, str]) -> Response:
    """To the page the form was on, which tells what became of it."""
    place = {name: value[:LONGEST] for name, value in parse_qsl(form.get("here", "")) if name in PLACES}
    place |= {name: form[field] for name, field in (("user", "user"), ("lang", "lang")) if form.get(field)}
    return RedirectResponse(f"/?{urlencode({**place, **parameters})}#main", 303)


def back_refused(form: Form, refusal: Problem | ValidationError) -> Response:
    """The same, telling which field was refused, what is wrong with it, and what to do."""
    problem = invalid(refusal.errors()) if isinstance(refusal, ValidationError) else refusal
    return back(form, {"failed": f"{problem.field}: {problem.message}. {problem.remedy}"})
