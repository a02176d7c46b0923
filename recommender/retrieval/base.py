"""What a source of candidates is, and which ones there are: a new one is one file and one registration.

A source may learn from the past (`fit_graph`, `fit_tensors`), finds candidates (`retrieve`; some find none and only
tell), says what it knows of any candidate in named columns that the ranker reads (`columns`, `values`), and which of
the shopper's items led to one (`links`), which `sentence` puts into words.

Shape suffixes: C candidates, F columns, N items.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from recommender.models.bundle import BundleError, ModelBundle
from recommender.models.counting.event_arrays import Events
from recommender.models.counting.item_statistics import Statistics
from recommender.models.counting.sparse_graph import Graph, Links
from recommender.models.retrieval_config import RetrievalConfig
from recommender.models.tensors import Tensors
from recommender.retrieval.query import Floats, Ints, Query

Column = NDArray[np.floating] | float
T = TypeVar("T")
S = TypeVar("S", bound="CandidateSource")


@dataclass(frozen=True)
class Past:
    """What sources learn from: events that all lie before `statistics.until`, and texts of all items.

    `memo` keeps what depends on texts alone, for all moments that a training run looks back from.
    """

    events: Events
    statistics: Statistics
    config: RetrievalConfig
    titles: list[str]
    text_MT: Floats
    text_row_N: NDArray[np.int32]
    groups: Mapping[str, tuple[NDArray[np.int64], int]]  # as `ModelBundle.groups`
    repeats: bool  # whether shoppers of this shop come back to their own items
    memo: dict[str, Any] = field(default_factory=dict)

    @property
    def items(self) -> int:
        """N, how many items there are."""
        return len(self.titles)

    def once(self, key: str, make: Callable[[], T]) -> T:
        """What `make` gives: made at the first call of this key, then kept in `memo`."""
        if key not in self.memo:
            self.memo[key] = make()
        found: T = self.memo[key]
        return found


class CandidateSource:
    """One way to find candidates. Subclasses say what they can; everything but `name` has a default."""

    name: str
    default_quota: int = 30
    sentence: str = ""  # the key of its sentence in `explain.templates`; its name if empty
    columns: tuple[str, ...] = ()

    def fit_graph(self, past: Past) -> Graph | None:
        """Links from item to item that this source follows; None where the shop gives it none."""
        return None

    def fit_tensors(self, past: Past) -> Tensors:
        """What else it learns and keeps; a name ends in its shape, in which N stands for the items."""
        return {}

    def is_active(self, bundle: ModelBundle) -> bool:
        """Whether this model has what the source needs."""
        return True

    def retrieve(self, query: Query) -> Ints | None:
        """Rows of allowed items, the best first, at most its quota; None where it has nothing to say."""
        return None

    def values(self, query: Query, rows_C: Ints) -> Iterator[Column]:
        """Its columns, in their order: arrays of shape (C,), or one number for all candidates."""
        return iter(())

    def links(self, query: Query) -> Links | None:
        """The links along which the shopper's items lead to what it finds; None where it follows none."""
        return None


SOURCES: dict[str, CandidateSource] = {}


def register(source: S) -> S:
    """Makes a source known by its name; ValueError if another one has it, or one of its columns."""
    if source.name in SOURCES:
        raise ValueError(f"name: there is a source {source.name!r} already")
    taken = {column: other.name for other in SOURCES.values() for column in other.columns}
    if both := [column for column in source.columns if column in taken]:
        raise ValueError(f"columns: {both[0]!r} is a column of source {taken[both[0]]!r} already")
    SOURCES[source.name] = source
    return source


def active_sources(bundle: ModelBundle) -> Iterator[CandidateSource]:
    """The sources that this model was trained with and has what they need."""
    names = bundle.manifest.sources
    return (source for name, source in SOURCES.items() if name in names and source.is_active(bundle))


def read_columns(query: Query, rows_C: Ints, names: Sequence[str]) -> NDArray[np.float32]:
    """What the active sources tell in the columns of these names, in this order: float32 of shape (F, C).

    Raises:
        BundleError: no active source tells one of them, or one is named twice.
    """
    place = {name: number for number, name in enumerate(names)}
    columns_FC = np.empty((len(names), len(rows_C)), dtype=np.float32)
    for source in active_sources(query.bundle):
        if not any(column in place for column in source.columns):
            continue
        for column, values in zip(source.columns, source.values(query, rows_C), strict=True):
            if (number := place.pop(column, None)) is not None:
                columns_FC[number] = values
    if place or len(set(names)) < len(names):
        name = next(iter(place), None) or next(name for name in names if names.count(name) > 1)
        raise BundleError(f"{query.bundle.model_version}: ranker_columns: no source of this model tells {name!r} once")
    return columns_FC
