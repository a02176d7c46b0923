"""Experiments: shoppers divided into arms that are answered in different ways. It knows no answer and no service."""
