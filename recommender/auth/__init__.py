"""Keys of the service's callers."""
