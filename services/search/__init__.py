"""Personalised search."""
