"""A wish in words, read as constraints on the catalogue, a text for the encoder, and what nobody understood."""
