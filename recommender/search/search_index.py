"""What is searched: the catalogue as it is now, the words of its texts, its attributes; and its place in a model.

It knows catalogues and bundles. An index never changes; `index_refresh` makes a new one when the items do.

Shape suffixes: O items of the index, N items of the model, M distinct texts of the index, A distinct attributes.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Any

import numpy as np
import orjson
import polars as pl
from numpy.typing import NDArray

from recommender.data.catalog import SCHEMA, Catalogue
from recommender.data.item_text import is_passing
from recommender.models.bundle import ModelBundle
from recommender.profiles.price_level import PriceLevels
from recommender.search.facet_names import FacetNames
from recommender.search.lexical.bm25 import Lexicon
from recommender.search.lexical.exclusion import excluded_texts
from recommender.search.text.normalization import fold
from recommender.search.text.statements import CLAUSE, Statements
from recommender.search.text.tokenization import split_folded, stem

MOST_WORDS = 2_000  # characters of a description that are searched
MOST_PHRASES = 300  # whose texts are remembered
SHORT = 3  # characters of an attribute's value
MOST_READ = 50  # texts that are read for a phrase
MOST_VALUES = 500  # of an attribute whose values are names
Attributes = Mapping[str, frozenset[str]]  # by name, the values of which an item must have one; names and values folded


def searched_text(
    title: str, description: str, brand: str, categories: Sequence[Any], attributes: Mapping[str, Any]
) -> str:
    """What a search finds an item by, each part a clause of its own.

    The title stands twice, so that its words weigh more than the rest.
    """
    pairs = (
        (name, value)
        for name, value_or_values in attributes.items()
        if not is_passing(name)
        for value in _several(value_or_values)
    )
    values = [_format_attribute(name, str(value)) for name, value in pairs]
    return CLAUSE.join((title, title, brand, *map(str, categories), *values, description[:MOST_WORDS]))


def _format_attribute(name: str, value: str) -> str:
    """A figure or a few letters say something with the attribute's name only: "size 42"."""
    return f"{name} {value}" if len(value) <= SHORT and value.isalnum() and value.isascii() else value


def _several(value: Any) -> list[Any]:
    """A list is several values, and so is an object."""
    return value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else [value]


def attribute_values(attributes: Mapping[str, Any]) -> dict[str, set[str]]:
    """Each attribute's values as they are compared: folded."""
    return {
        fold(name): {fold(str(value)) for value in _several(content) if value not in (None, "")}
        for name, content in attributes.items()
    }


def wanted_attributes(wanted: Mapping[str, Iterable[str]]) -> Attributes:
    """A filter as an index takes it."""
    return {fold(name): frozenset(map(fold, values)) for name, values in wanted.items()}


class SearchIndex:
    """Made of a frame with the catalogue's columns, `searched` (a text) and `attributes` (JSON)."""

    def __init__(self, frame: pl.DataFrame, read: dict[str, Statements] | None = None) -> None:
        self.catalogue = Catalogue(frame.select(list(SCHEMA)))
        texts = frame["searched"].unique().sort()
        self._searched, self._texts = frame["searched"], texts
        self._with: OrderedDict[str, NDArray[np.bool_]] = OrderedDict()
        self._lock = threading.Lock()
        self.text_row_O: NDArray[np.int32] = _codes(self._searched, texts)
        self.lexicon = Lexicon(texts.to_list(), read)
        attributes = frame["attributes"].unique().sort()
        self._attributes = [attribute_values(orjson.loads(one)) for one in attributes.to_list()]
        self._attribute_row_O = _codes(frame["attributes"], attributes)

    def __len__(self) -> int:
        return len(self.catalogue)

    @cached_property
    def brand_words(self) -> frozenset[str]:
        """The words of the brands, folded."""
        return frozenset(word for brand in self.catalogue.brands for word in fold(brand).split())

    @cached_property
    def attribute_values(self) -> dict[str, frozenset[str]]:
        """The values that items have of each attribute, folded; attributes with very many say nothing of a kind."""
        values: dict[str, set[str]] = {}
        for has in self._attributes:
            for name, names in has.items():
                values.setdefault(name, set()).update(names)
        return {name: frozenset(names) for name, names in values.items() if len(names) <= MOST_VALUES}

    @cached_property
    def names(self) -> FacetNames:
        """The names of narrowest categories and of values."""
        return FacetNames(self.catalogue, self._attributes, self._attribute_row_O, self.attribute_values)

    def texts_with(self, phrase: str) -> NDArray[np.bool_]:
        """Which texts hold all words of a folded phrase, and don't deny it; remembered for the phrases asked last."""
        with self._lock:
            found = self._with.get(phrase)
        if found is None:
            found = excluded_texts(self.lexicon, [phrase])
            with self._lock:
                self._with[phrase] = found
                while len(self._with) > MOST_PHRASES:
                    self._with.popitem(last=False)
        return found

    def texts_have(self, phrase: str) -> bool:
        """Whether some text holds all words of a folded phrase."""
        terms = [stem(word) for word in split_folded(phrase)]
        return bool(terms) and len(_common(map(self.lexicon.holders, terms))) > 0

    def texts_saying(self, phrase: str, also: str = "") -> bool:
        """Whether some text says a folded phrase as it is, and holds a word beside it; of very many some are read."""
        stems = [stem(word) for word in (*split_folded(phrase), *split_folded(also))]
        with_all = _common(map(self.lexicon.holders, stems)) if stems else ()
        return any(phrase in fold(self._texts[int(row)]) for row in with_all[:MOST_READ])

    @cached_property
    def price_level_O(self) -> NDArray[np.float32]:
        """What the shop takes for things of each item's kind."""
        return PriceLevels(self.catalogue).of(None)

    def searched(self) -> list[str]:
        """What each item is found by, as it is written."""
        return self._searched.to_list()

    def having(self, wanted: Attributes) -> NDArray[np.bool_]:
        """Which items have, of each attribute named, one of the values named."""
        has_A = [all(values & has.get(name, set()) for name, values in wanted.items()) for has in self._attributes]
        return np.array(has_A, dtype=bool)[self._attribute_row_O]


@dataclass(frozen=True)
class Shopfront:
    """An index and a model side by side: which row of the model each item of the index is."""

    index: SearchIndex
    bundle: ModelBundle

    @cached_property
    def row_O(self) -> NDArray[np.int64]:
        """-1: the model doesn't know it yet."""
        return self.bundle.catalogue.rows_of(self.index.catalogue.ids)

    @cached_property
    def popularity_O(self) -> NDArray[np.float32]:
        """Between 0 and 1, by the logarithm of what sells; 0 for what the model doesn't know."""
        sold_N = np.log1p(self.bundle.popularity_N.clip(min=0))
        popularity_N = sold_N / max(float(sold_N.max(initial=0)), 1e-9)
        return np.where(self.row_O >= 0, popularity_N[self.row_O], 0).astype(np.float32)

    @cached_property
    def doc_N(self) -> NDArray[np.int64]:
        """Which item of the index each row of the model is; -1: none."""
        doc_N = np.full(len(self.bundle.catalogue), -1, dtype=np.int64)
        known = np.flatnonzero(self.row_O >= 0)
        doc_N[self.row_O[known]] = known
        return doc_N

    def likeness(self, vector: NDArray[np.float32], wanted_O: NDArray[np.bool_], count: int) -> NDArray[np.float32]:
        """Cosine of each item's text with a vector of the encoder's; 0 for what the model doesn't know.

        Where the texts have an index, of the wanted items and those of the `count` nearest texts alone; -1 for others.
        """
        bundle, kept = self.bundle, self.bundle.project(vector[None, :])[0]
        if bundle.text_index is None:
            cosine_O = bundle.texts.cosines(kept, bundle.text_row_N[self.row_O])
            return np.where(self.row_O >= 0, cosine_O, 0).astype(np.float32)
        near = self.doc_N[bundle.rows_of_texts(bundle.texts.nearest(kept, count))]
        docs = np.concatenate([near[near >= 0], np.flatnonzero(wanted_O)])
        rows = self.row_O[docs]
        cosine_O = np.full(len(self.index), -1, dtype=np.float32)
        cosine_O[docs] = np.where(rows >= 0, bundle.texts.cosines(kept, bundle.text_row_N[rows]), 0)
        return cosine_O

    def rows_of(self, mask_O: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """The same choice of items as a mask over the model's rows."""
        mask_N = np.zeros(len(self.bundle.catalogue), dtype=bool)
        rows = self.row_O[mask_O]
        mask_N[rows[rows >= 0]] = True
        return mask_N


def _common(holders: Iterable[NDArray[np.int32]]) -> NDArray[np.int32]:
    """The texts that are among all of these, which are sorted."""
    return reduce(lambda some, others: np.intersect1d(some, others, assume_unique=True), holders)


def _codes(column: pl.Series, distinct: pl.Series) -> NDArray[np.int32]:
    if not len(distinct):
        return np.zeros(0, dtype=np.int32)
    return column.cast(pl.Enum(distinct)).to_physical().to_numpy().astype(np.int32)
