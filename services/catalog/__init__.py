"""The shop's items and shoppers as its server writes them, in bulk."""
