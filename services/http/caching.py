"""Answers that a browser or a shop's server may keep: a mark of what they say, and 304 for who has it already.

What is a shopper's own is never kept (`no-store`). What is of an item is kept by who asked (`private`): a key stands
before it, which a shared cache would not ask for.
"""

from hashlib import blake2b

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

OF_ITEMS = {"Cache-Control": "private, max-age=60", "Vary": "Authorization, X-API-Key, Origin"}
OF_FILES = {"Cache-Control": "public, max-age=600"}
WEAK = "W/"


def marked(request: Request, body: bytes) -> Response:
    """The answer with the mark of its content; 304 without it where `If-None-Match` names the mark."""
    mark = f'"{blake2b(body, digest_size=12).hexdigest()}"'
    headers = {**OF_ITEMS, "ETag": mark}
    if is_known(request.headers, mark):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


def is_known(headers: Headers, mark: str) -> bool:
    """Whether `If-None-Match` names it, or anything at all; weak marks count as strong ones (RFC 9110, 13.1.2)."""
    named = [one.strip().removeprefix(WEAK) for one in headers.get("if-none-match", "").split(",")]
    return "*" in named or mark.removeprefix(WEAK) in named


class KeptFiles(StaticFiles):
    """Files of a folder, which answer 304 by themselves and may be kept a while."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, or 304 for who has it; either may be kept for ten minutes. Starlette's 404 for a missing one."""
        response = await super().get_response(path, scope)
        if response.status_code in (200, 304):
            response.headers.update(OF_FILES)
        return response
