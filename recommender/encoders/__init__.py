"""Models that read texts and photos, and how each is loaded."""
