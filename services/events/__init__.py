"""Events as they come in: batched, stored, attributed."""
