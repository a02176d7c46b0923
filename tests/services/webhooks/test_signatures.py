"""Only who has a secret can sign a body, and a body that was changed is signed no more."""

import pytest

from services.webhooks.signatures import is_signed, sign
from tests.support import webhook_payloads

BODY = '{"name": "绿茶"}'.encode()


def test_a_signature_is_the_one_that_shop_systems_make() -> None:
    assert sign("secret", BODY) == webhook_payloads.sign("secret", BODY)


@pytest.mark.parametrize(
    ("secrets", "shown", "good"),
    [
        (("secret",), sign("secret", BODY), True),
        (("new", "secret"), sign("secret", BODY), True),
        (("secret",), f" {sign('secret', BODY)}\n", True),
        (("other",), sign("secret", BODY), False),
        ((), sign("secret", BODY), False),
        (("secret",), "", False),
        (("secret",), sign("secret", BODY).lower(), False),
        (("secret",), "signé", False),
        (("secret",), sign("secret", BODY + b" "), False),
    ],
)
def test_one_of_the_secrets_must_have_made_it(secrets: tuple[str, ...], shown: str, good: bool) -> None:
    assert is_signed(secrets, BODY, shown) is good
