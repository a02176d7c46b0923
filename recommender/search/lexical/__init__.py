"""Texts found by the words of a query: BM25, misspellings mended, texts left out."""
