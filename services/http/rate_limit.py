"""How often a caller may ask, and from where: a bucket of tokens each, holding two seconds' worth."""

import time
from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache
from ipaddress import ip_address, ip_network

BURST_SECONDS = 2.0
MOST_BUCKETS = 20_000  # the callers that were quiet longest are forgotten; their buckets would be full


class Limiter:
    """Rates are a worker's: with several, a caller's rate is shared out evenly among them."""

    def __init__(self, workers: int = 1, clock: Callable[[], float] = time.monotonic) -> None:
        self.workers, self.clock = workers, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # caller -> tokens, and when

    def wait(self, caller: str, rate: float, cost: int = 1) -> float:
        """Takes `cost` tokens and answers 0; or answers the seconds until there are so many.

        What costs more than a bucket holds needs a full one, and leaves a debt. A `cost` of 0 only looks.
        """
        now, rate = self.clock(), rate / self.workers
        most = max(1.0, rate * BURST_SECONDS)
        tokens, then = self._buckets.pop(caller, (most, now))
        tokens = min(most, tokens + (now - then) * rate)
        needed = min(max(1.0, cost), most)
        allowed = tokens >= needed
        self._buckets[caller] = (tokens - cost if allowed else tokens, now)
        if len(self._buckets) > MOST_BUCKETS:
            self._buckets.popitem(last=False)
        return 0.0 if allowed else (needed - tokens) / rate


def network_of(address: str) -> str:
    """Who is counted as one: an address; of IPv6 the /64 that one subscriber has."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((found, 64), strict=False)) if found.version == 6 else address


@lru_cache(maxsize=256)
def loopback(address: str) -> bool:
    """Whether nobody outside this machine can reach it."""
    if address == "localhost":
        return True
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
