"""Small things that every room may use: circuit breaker, prefetching, logging, time zones."""
