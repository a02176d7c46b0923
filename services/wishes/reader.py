"""Wishes read: by the grammar, with the meanings of the catalogue's names, and by the text LLM where there is one.

The names' meanings are read in the background, once for an index and an encoder; until then, and while the encoder is
away, a wish is read by its words alone, and the answer says so. It knows no shopper.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

import structlog

from recommender.explain.llm import Guarded, LLMAway
from recommender.models.bundle import ModelBundle
from recommender.profiles.price_level import PriceLevels
from recommender.search.search_index import SearchIndex, Shopfront
from recommender.steering.constraints import Understood
from recommender.steering.reading.grammar import understand
from recommender.steering.reading.lookup import CatalogueTerms
from recommender.steering.reading.meanings import Meanings, Vector
from recommender.steering.reading.proposals import ask_llm, is_llm_needed, question_of, with_proposals
from recommender.steering.reading.vocabulary import Vocabulary
from services.core.metrics import stage
from services.state.encoders import SharedEncoder
from services.wishes.steering import Reading

log = structlog.get_logger(__name__)
LLM_SECONDS = 2.0  # somebody waits
CACHE_SIZE = 2_000  # questions with what the text LLM proposed


class Encodes(Protocol):
    """Reads texts with the encoder of the model in service, where it is loaded."""

    @property
    def encoder(self) -> SharedEncoder | None:
        """The encoder that is loaded; None while it isn't there."""
        ...

    def follow(self, encoder_id: str) -> object:
        """Begins to load the encoder of this name, unless it is there or was tried lately."""
        ...

    def read(self, text: str, bundle: ModelBundle, is_real: bool = True) -> Reading | None:
        """The text as this model's encoder reads it; None while that is away or takes too long."""
        ...

    def is_word(self, word: str) -> bool:
        """Whether the encoder reads it as one piece; False while it isn't there."""
        ...


@dataclass(slots=True)
class _Read:
    """What was made of one index."""

    index: SearchIndex
    vocabulary: Vocabulary
    meanings: tuple[str, Meanings] | None = None  # with the encoder's name
    encoder_id: str = ""  # the encoder that reads the names now


@dataclass(slots=True)
class WishReader:
    """`read` is called by those who answer."""

    reader: Encodes
    llm: Guarded | None = None
    llm_seconds: float = LLM_SECONDS
    _read: _Read | None = None
    _levels: PriceLevels | None = None
    _proposed: OrderedDict[str, list[Any]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "names"))

    def close(self) -> None:
        """Reads no further names, and drops what waits; what is under way isn't waited for."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def read(self, front: Shopfront, wish: str, usual_brands: tuple[str, ...], degraded: set[str]) -> Understood:
        """What a wish says of this catalogue; what was away is added to `degraded`."""
        known = self.known(front, usual_brands, degraded)
        with stage("wish").time():
            understood = understand(wish, known)
        if self.llm is None or not is_llm_needed(understood):
            return understood
        return self._with_llm(self.llm, wish, understood, known, degraded)

    def _with_llm(
        self, llm: Guarded, wish: str, understood: Understood, known: CatalogueTerms, degraded: set[str]
    ) -> Understood:
        """The grammar's answer where the text LLM gives none in time; what it proposes is kept, and checked anew."""
        question = question_of(wish, understood, known)
        proposed = self._proposed.get(question)
        if proposed is None:
            try:
                proposed = ask_llm(llm, question, self.llm_seconds)
            except LLMAway as away:
                log.info("a wish is read without the text LLM", reason=str(away))
                degraded.add("llm")
                return understood
            self._keep(question, proposed)
        return with_proposals(understood, proposed, known)

    def _keep(self, question: str, proposed: list[Any]) -> None:
        with self._lock:
            self._proposed[question] = proposed
            while len(self._proposed) > CACHE_SIZE:
                self._proposed.popitem(last=False)

    def known(self, front: Shopfront, usual_brands: tuple[str, ...], degraded: set[str]) -> CatalogueTerms:
        """The catalogue's names with their meanings, where the encoder has read them."""
        read = self.names(front)
        meanings = self._meanings(read, front.bundle)
        if meanings is None:
            degraded.add("encoder")
            return CatalogueTerms(read.vocabulary, self.reader.is_word, usual_brands=usual_brands)
        nearest = partial(meanings.nearest, read=self._vector_of(front.bundle))
        return CatalogueTerms(read.vocabulary, self.reader.is_word, nearest, usual_brands)

    def names(self, front: Shopfront) -> _Read:
        """The words of this index, read anew when it is another than the last one."""
        read = self._read
        if read is None or read.index is not front.index:
            read = self._read = _Read(front.index, Vocabulary(front.index))
        return read

    def reading(self, bundle: ModelBundle, text: str, degraded: set[str]) -> Reading | None:
        """What the encoder makes of the words that no constraint says."""
        found = self.reader.read(text, bundle)
        if found is None:
            degraded.add("encoder")
        return found

    def levels(self, bundle: ModelBundle) -> PriceLevels:
        """What the shop takes for each kind of thing."""
        if self._levels is None or self._levels.catalogue is not bundle.catalogue:
            self._levels = PriceLevels(bundle.catalogue)
        return self._levels

    def _vector_of(self, bundle: ModelBundle) -> Callable[[str], Vector | None]:
        def vector(text: str) -> Vector | None:
            reading = self.reader.read(text, bundle)
            return reading.vector if reading is not None else None

        return vector

    def _meanings(self, read: _Read, bundle: ModelBundle) -> Meanings | None:
        encoder = self.reader.encoder
        if encoder is None or encoder.encoder_id != bundle.manifest.encoder_id:
            self.reader.follow(bundle.manifest.encoder_id)
            return None
        if read.meanings is not None and read.meanings[0] == encoder.encoder_id:
            return read.meanings[1]
        with self._lock:
            if read.encoder_id != encoder.encoder_id:
                read.encoder_id = encoder.encoder_id
                self._pool.submit(self._read_names, read)
        return None

    def _read_names(self, read: _Read) -> None:
        encoder = self.reader.encoder
        if encoder is None:
            return
        try:
            meanings = Meanings.of(read.vocabulary.categories, encoder.encode_queries)
        except Exception as failure:  # whatever it is, wishes are read by their words
            log.warning("the names of categories could not be read", reason=str(failure).splitlines()[0])
            return
        read.meanings = encoder.encoder_id, meanings
