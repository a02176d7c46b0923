"""The same echo without BentoML: what the HTTP server and the framework cost by themselves."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route


async def echo(request: Request) -> Response:
    return JSONResponse((await request.json())["text"])


async def ready(_: Request) -> Response:
    return PlainTextResponse("\n")


app = Starlette(routes=[Route("/echo", echo, methods=["POST"]), Route("/readyz", ready)])
