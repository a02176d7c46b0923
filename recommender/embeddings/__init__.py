"""Vectors of texts and photos, kept by what they were made from."""
