"""How long a process waits for PostgreSQL: to connect, for a lock, for one statement, for an answer at all.

It opens nothing; `postgres` opens connections of this patience.
"""

from dataclasses import dataclass
from typing import Any

KEEP_ALIVE = {"keepalives": 1, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}


@dataclass(frozen=True, slots=True)
class Patience:
    """`statement_seconds` None: as long as it takes, as long as the server's machine answers."""

    connect_seconds: int = 10
    statement_seconds: float | None = None
    busy_seconds: float = 30.0  # SQLite's wait for whoever writes

    @classmethod
    def of_service(cls, seconds: float) -> "Patience":
        """Somebody waits for the answer."""
        return cls(max(2, round(seconds)), seconds, seconds)

    def parameters(self) -> dict[str, Any]:
        """What libpq is told; `tcp_user_timeout` ends what was sent and never acknowledged."""
        answer = int((self.statement_seconds or 60) * 1000)
        return {"connect_timeout": self.connect_seconds, **KEEP_ALIVE, "tcp_user_timeout": answer}
