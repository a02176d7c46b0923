"""A receipt is believed as it was made, and by who has the secret."""

from features.verification.receipt import is_sealed_by, seal

CONTENT = {"version": 1, "clean": True, "found": []}
SECRET, OTHER = "s" * 40, "o" * 40


def test_a_signed_receipt_is_as_it_was_made() -> None:
    receipt = seal(CONTENT, SECRET)
    assert is_sealed_by(receipt, (OTHER, SECRET))
    assert not is_sealed_by(receipt, (OTHER,))
    assert not is_sealed_by({**receipt, "clean": False}, (SECRET,))
    assert not is_sealed_by({**receipt, "more": 1}, (SECRET,))


def test_without_a_secret_it_is_hashed_and_nobody_s() -> None:
    receipt = seal(CONTENT, None)
    assert receipt["signature"] is None
    assert receipt["sha256"] == seal(CONTENT, SECRET)["sha256"]
    assert not is_sealed_by(receipt, (SECRET,))
