"""Shops of any size that are made, not read: as a source shop is distributed, each the same for the same seed."""
