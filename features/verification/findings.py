"""What a verification saw and found, gathered store by store."""

from dataclasses import dataclass, field

from features.verification.traces import Found, Traces


@dataclass(frozen=True, slots=True)
class Finding:
    """A place where something of the shopper is left, and how often the id and a text of theirs stand there."""

    store: str
    place: str
    ids: int
    texts: int


@dataclass(frozen=True)
class Findings:
    """`scanned` is places and bytes by store; `unread` are places that could not be read."""

    traces: Traces
    found: list[Finding] = field(default_factory=list)
    scanned: dict[str, dict[str, int]] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)

    def see(self, store: str, places: int, size: int) -> None:
        """Counts what was looked through: files, tables or keys, and their bytes."""
        seen = self.scanned.setdefault(store, {"places": 0, "bytes": 0})
        seen["places"] += places
        seen["bytes"] += size

    def add(self, others: "Findings") -> None:
        """What was seen and found elsewhere."""
        for store, seen in others.scanned.items():
            self.see(store, seen["places"], seen["bytes"])
        self.found.extend(others.found)
        self.unread.extend(others.unread)

    def keep(self, store: str, place: str, found: Found) -> None:
        """Keeps what was found at a place, its name without the id; nothing where nothing was."""
        if found:
            self.found.append(Finding(store, self.traces.mask(place), found.ids, found.texts))
