"""Shoppers' profiles and their rights over them."""
