"""Origins of web pages, as browsers write them: scheme, host and the port where it is not the scheme's own."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from recommender.db.tables import ID_LENGTH

PORTS = {"http": 80, "https": 443}
MOST_ORIGINS = 20  # of one key


def read_origin(text: str) -> str:
    """The origin that `text` names, as a browser sends it; ValueError where it names none."""
    try:
        parts = urlsplit(text.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        host, parts, port = None, urlsplit(""), None
    extra = parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc
    if parts.scheme not in PORTS or not host or extra or "*" in host or len(text) > ID_LENGTH:
        raise ValueError(f"{text!r} is no origin; give scheme and host, such as https://shop.example")
    if not host.isascii():
        host = host.encode("idna").decode()
    name = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{name}" if port in (None, PORTS[parts.scheme]) else f"{parts.scheme}://{name}:{port}"


def read_origins(texts: Iterable[str]) -> list[str]:
    """The distinct origins that the texts name, sorted; ValueError for a text that names none, or for too many."""
    origins = sorted({read_origin(text) for text in texts})
    if len(origins) > MOST_ORIGINS:
        raise ValueError(f"{len(origins)} origins; at most {MOST_ORIGINS}")
    return origins
