"""Whether an erasure reached every store: what of a shopper is still found where, as a receipt."""
