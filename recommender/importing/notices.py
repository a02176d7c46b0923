"""What there is to tell of a file beside its counts: how it was read, what was left out, what looks wrong.

It knows sentences; a source of notices knows its rows.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell. `what` is a sentence with {rows}, {examples} and {most} where it names them."""

    what: str
    rows: int = 1
    examples: tuple[str, ...] = ()
    most: timedelta = timedelta()
    shown: int = EXAMPLES

    def __str__(self) -> str:
        examples = ", ".join(self.examples[: self.shown]) + (", ..." if len(self.examples) > self.shown else "")
        sentence = self.what.replace("{rows}", f"{self.rows:,}").replace("{most}", spell_duration(self.most))
        return sentence.replace("{examples}", examples)


def combine(notices: Iterable[Notice]) -> list[Notice]:
    """One notice for each sentence: rows are added up, examples and the farthest time kept."""
    combined: dict[str, Notice] = {}
    for new in notices:
        old = combined.get(new.what, Notice(new.what, 0))
        examples = tuple(dict.fromkeys((*old.examples, *new.examples)))[: new.shown + 1]
        combined[new.what] = Notice(new.what, old.rows + new.rows, examples, max(old.most, new.most), new.shown)
    return [notice for notice in combined.values() if notice.rows]


def spell_duration(duration: timedelta) -> str:
    """A length of time in hours and minutes."""
    hours, minutes = divmod(round(duration.total_seconds() / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
