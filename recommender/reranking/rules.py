"""Business rules applied to an answer: what is left out, raised, lowered, and put in a fixed place.

It knows rules and a catalogue; who may change them is `store.rules`'s affair. Of rules that contradict each other on an
item, leaving out goes first, then pinning; boosts and burials multiply. An item of an answer carries the rules that
touched it.

Shape suffixes: N items of the catalogue, C candidates.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from recommender.data.catalog import Catalogue


@dataclass(frozen=True, slots=True)
class Rule:
    """`strength` is how many times the odds of a boosted item; a buried one's are divided by it."""

    rule_id: str
    action: str  # pin | boost | bury | exclude
    target: str  # item | category | brand
    name: str
    strength: float = 1.0
    position: int | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Whether the rule holds now; without a beginning it always did, without an end it always will."""
        return (self.starts_at is None or self.starts_at <= now) and (self.ends_at is None or now < self.ends_at)

    def rows(self, catalogue: Catalogue) -> NDArray[np.int64]:
        """Which items it is about."""
        if self.target == "item":
            row = catalogue.index.get(self.name, -1)
            return np.array([row] if row >= 0 else [], dtype=np.int64)
        chosen = frozenset({self.name})
        mask_N = catalogue.in_categories(chosen) if self.target == "category" else catalogue.of_brands(chosen)
        return np.flatnonzero(mask_N)


class RuleSet:
    """The rules that hold at a moment, over a catalogue."""

    def __init__(self, rules: Iterable[Rule], catalogue: Catalogue, now: datetime) -> None:
        self.catalogue = catalogue
        self._rows = {rule: rule.rows(catalogue) for rule in rules if rule.holds(now)}

    def __bool__(self) -> bool:
        return bool(self._rows)

    def _of(self, *actions: str) -> list[tuple[Rule, NDArray[np.int64]]]:
        return [(rule, rows) for rule, rows in self._rows.items() if rule.action in actions]

    def left_out(self) -> NDArray[np.int64]:
        """Rows that no answer may hold."""
        found = [rows for _, rows in self._of("exclude")]
        return np.unique(np.concatenate(found)) if found else np.zeros(0, dtype=np.int64)

    def raised_items(self) -> NDArray[np.int64]:
        """Rows of items that are boosted or pinned by name, the pinned ones last."""
        found = [rows for action in ("boost", "pin") for rule, rows in self._of(action) if rule.target == "item"]
        return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)

    def weighed(self, rows_C: NDArray[np.int64], scores_C: NDArray[np.float32]) -> NDArray[np.float32]:
        """Scores between 0 and 1 as boosts and burials leave them: the odds are multiplied, so that they stay there."""
        factors_C = np.ones(len(rows_C))
        for rule, rows in self._of("boost", "bury"):
            factor = rule.strength if rule.action == "boost" else 1 / rule.strength
            factors_C = np.where(np.isin(rows_C, rows), factors_C * factor, factors_C)
        raised_C: NDArray[np.float64] = factors_C * scores_C / (1 - scores_C + factors_C * scores_C)
        return raised_C.astype(np.float32)

    def pinned(self, ranked: NDArray[np.int64], allowed_N: NDArray[np.bool_]) -> NDArray[np.int64]:
        """The ranked rows with the pinned ones in their places; of a category or brand the first in the ranking.

        An item is pinned although the shopper's ranking doesn't hold it, if it may be shown.
        """
        order = ranked.tolist()
        for rule, rows in sorted(self._of("pin"), key=lambda one: (one[0].position or 1, one[0].rule_id)):
            may = set(rows[allowed_N[rows]].tolist())
            row = next((row for row in order if row in may), None)
            if row is None and rule.target == "item" and may:
                row = may.pop()
            if row is not None:
                order = [other for other in order if other != row]
                order.insert((rule.position or 1) - 1, row)
        return np.array(order, dtype=np.int64)

    def touching(self, row: int, order: Sequence[int]) -> list[Rule]:
        """The rules that an item of the answer owes its place to."""
        touched = [rule for rule, rows in self._of("boost", "bury") if row in rows]
        for rule, rows in self._of("pin"):
            place = (rule.position or 1) - 1
            if row in rows and (rule.target == "item" or (place < len(order) and order[place] == row)):
                touched.append(rule)
        return touched
