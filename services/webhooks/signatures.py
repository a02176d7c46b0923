"""Whether a webhook comes from who has the secret: HMAC-SHA256 of its body as it came, in base64."""

import base64
import hashlib
import hmac
from collections.abc import Iterable


def sign(secret: str, body: bytes) -> str:
    """The signature in base64 that `secret` makes of a body."""
    return base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()


def is_signed(secrets: Iterable[str], body: bytes, shown: str) -> bool:
    """Whether one of the secrets made the signature; all are tried, each in the same time."""
    return any([hmac.compare_digest(sign(secret, body).encode(), shown.strip().encode()) for secret in secrets])
