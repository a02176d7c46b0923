"""Request bodies read whole, within a limit, and given on to whoever reads next."""

from starlette.types import Message, Receive

MAX_BODY_BYTES = 256 * 1024
MAX_BULK_BYTES = 4 * 1024 * 1024
BULK_PATHS = frozenset(  # where a shop's server sends up to 1,000 rows, and its system a product with all its variants
    {"/items", "/users", "/events", "/webhooks/shopify", "/webhooks/woocommerce"}
)


def limit_of(path: str) -> int:
    """How long a body may be there."""
    return MAX_BULK_BYTES if path in BULK_PATHS else MAX_BODY_BYTES


async def read_body(receive: Receive, limit: int = MAX_BODY_BYTES) -> bytes | None:
    """The body; None when it is longer than `limit` or its sender went away."""
    message = await receive()
    if message["type"] != "http.request":
        return None
    body: bytes = message.get("body", b"")
    while message.get("more_body", False) and len(body) <= limit:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
    return body if len(body) <= limit else None


def replay_body(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body that was read already, then what comes after it."""
    there = True

    async def again() -> Message:
        nonlocal there
        if there:
            there = False
            return {"type": "http.request", "body": body, "more_body": False}
        return await receive()

    return again
