"""Queries against the database's tables."""
