"""Vectors for a shop without a model: the encoder's where it has read enough, else hashed words of the titles."""

from math import log, sqrt

import numpy as np
import pytest
from numpy.typing import NDArray

from recommender.data.catalog import Catalogue
from recommender.db.engine import session_scope
from recommender.db.tables import Embedding, Item
from recommender.search.model_free_vectors import BUCKETS, BY_WORDS, by_words, first_texts
from recommender.settings import Settings
from tests.support.servers.databases import install_tables

ENCODER = "some-encoder"


def catalogue_of(*titles: str, hashes: tuple[str, ...] = ()) -> Catalogue:
    return Catalogue.from_items(
        Item(item_id=f"i{place}", title=title, brand="", categories=[], hidden=False, retired=False,
             content_hash=hashes[place] if hashes else title, kind="product")
        for place, title in enumerate(titles)
    )  # fmt: skip


def cosines(catalogue: Catalogue) -> NDArray[np.float32]:
    texts = by_words(catalogue)
    vectors_NE = texts.vectors_ME[texts.row_N]
    return np.asarray(vectors_NE @ vectors_NE.T)


def test_items_that_share_rare_words_are_nearer_than_those_that_share_usual_ones() -> None:
    alike = cosines(catalogue_of("oolong tea", "oolong tin", "green tea", "white tea", "mint tea", "茶壶"))
    assert alike[0, 1] > alike[0, 2] > alike[0, 5]
    assert np.diag(alike) == pytest.approx(np.ones(6), abs=1e-6)


def test_a_vector_is_the_weighed_count_of_its_words() -> None:
    alike = cosines(catalogue_of("rake rake spade", "rake"))
    rake, spade = sqrt(2) * log(3 / 2), log(3 / 1)
    assert alike[0, 1] == pytest.approx(rake / sqrt(rake**2 + spade**2), rel=1e-5)


def test_items_of_one_text_share_one_vector() -> None:
    texts = by_words(catalogue_of("Green tea", "Rake", "Green tea"))
    assert (texts.encoder_id, texts.unread) == (BY_WORDS, 2)
    assert texts.row_N.tolist() == [0, 1, 0]
    assert texts.vectors_ME.shape == (2, BUCKETS)


def test_an_empty_catalogue_and_an_empty_title_have_no_direction() -> None:
    assert by_words(catalogue_of()).vectors_ME.shape == (0, BUCKETS)
    assert not by_words(catalogue_of("", "Tea")).vectors_ME[0].any()


def test_the_encoder_s_vectors_are_used_once_it_has_read_half_of_the_texts(home: Settings) -> None:
    install_tables()
    catalogue = catalogue_of("a", "b", "c", "a again", hashes=("ha", "hb", "hc", "ha"))
    with session_scope() as session:
        assert first_texts(session, ENCODER, catalogue).encoder_id == BY_WORDS
        for name, vector in (("ha", [3.0, 4.0]), ("hc", [0.0, 2.0])):
            raw = np.array(vector, dtype="<f4").tobytes()
            session.add(Embedding(content_hash=name, encoder_id=ENCODER, vector=raw))
            session.flush()
            if name == "ha":
                assert first_texts(session, ENCODER, catalogue).encoder_id == BY_WORDS  # one of three
        read = first_texts(session, ENCODER, catalogue)
        assert first_texts(session, "another", catalogue).encoder_id == BY_WORDS
    assert (read.encoder_id, read.unread) == (ENCODER, 1)
    assert read.vectors_ME[read.row_N].tolist() == pytest.approx(
        np.array([[0.6, 0.8], [0, 0], [0, 1], [0.6, 0.8]], dtype=np.float32)
    )
