"""Marketing offers and their audiences."""
