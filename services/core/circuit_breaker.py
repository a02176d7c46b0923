"""The service's parts are guarded by the core library's breaker."""

from recommender.utils.circuit_breaker import Away, Breaker

__all__ = ["Away", "Breaker"]
