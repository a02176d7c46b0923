"""Keys and signed tokens of the service's callers."""
