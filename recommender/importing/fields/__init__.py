"""Columns of raw rows as values of ours: numbers, times, money, ids, texts, availability."""
