"""How a wish is read: words, names of the catalogue, prices, negation, and what they mean together."""
