"""The receipt of a verification: what was looked through, what is left, signed, so that it can be shown to others.

The shopper is in it as the digest that `erasures` keeps; who has the secret can tell whether a receipt is as it was
made.
"""

import hashlib
import hmac
from typing import Any

import orjson

VERSION = 1
SIGNED_BY = "HMAC-SHA256"


def seal(content: dict[str, Any], secret: str | None) -> dict[str, Any]:
    """The receipt with the SHA-256 of its content, and signed where there is a secret."""
    text = _canonical(content)
    signature = None if secret is None else {"by": SIGNED_BY, "value": _sign(text, secret)}
    return {**content, "sha256": hashlib.sha256(text).hexdigest(), "signature": signature}


def is_sealed_by(receipt: dict[str, Any], secrets: tuple[str, ...]) -> bool:
    """Whether a receipt is as it was made and signed by one of these secrets."""
    content = {name: value for name, value in receipt.items() if name not in ("sha256", "signature")}
    text, signature = _canonical(content), receipt.get("signature")
    if not isinstance(signature, dict) or receipt.get("sha256") != hashlib.sha256(text).hexdigest():
        return False
    return any(hmac.compare_digest(str(signature.get("value")), _sign(text, one)) for one in secrets)


def _canonical(content: dict[str, Any]) -> bytes:
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)


def _sign(text: bytes, secret: str) -> str:
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()
