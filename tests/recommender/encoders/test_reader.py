"""Texts into batches of tokens and back into vectors in their order; what a model reads and what it only spells."""

from pathlib import Path

import numpy as np
import pytest

from recommender.encoders.huggingface import AutoTokens, load_config, read_form
from recommender.encoders.reader import FORM, TOKENIZER, Form, Ints, KeptTokens, Prompts, Reader
from tests.support.encoders import tiny_encoder


class Pieces:
    """A tokenizer whose words' pieces and ids a test says."""

    def __init__(self, pieces: dict[str, list[str]], ids: dict[str, list[int]] | None = None) -> None:
        self.known, self.told = pieces, ids or {}

    def ids(self, texts: list[str]) -> list[list[int]]:
        return [self.told[text] for text in texts]

    def pieces(self, word: str) -> list[str]:
        return self.known[word.strip()]


def reader_of(pieces: dict[str, list[str]], ids: dict[str, list[int]] | None = None, batch: int = 2) -> Reader:
    return Reader(Pieces(pieces, ids), Form(2, 8, 9, "?", "mean"), batch)  # type: ignore[arg-type]


def sums(ids_BL: Ints, mask_BL: Ints) -> np.ndarray:
    """As vectors the sum of a text's ids, and their number."""
    return np.stack([(ids_BL * mask_BL).sum(axis=1), mask_BL.sum(axis=1)], axis=1).astype(np.float32)


@pytest.mark.parametrize("batch", [1, 2, 99])
def test_vectors_stand_in_the_order_of_the_texts_and_have_length_one(batch: int) -> None:
    ids = {"long": [1, 2, 3, 4], "short": [7], "middle": [5, 5], "": [], ".": [3]}
    found = reader_of({}, ids, batch).encode(["long", "short", "", "middle"], sums)
    expected = np.array([[10, 4], [7, 1], [3, 1], [10, 2]], dtype=np.float32)
    np.testing.assert_allclose(found, expected / np.linalg.norm(expected, axis=1, keepdims=True), atol=1e-6)
    assert reader_of({}, ids, batch).encode([], sums).shape == (0, 2)


def test_a_vector_of_nothing_stays_nothing() -> None:
    found = reader_of({}, {"a": [1]}).encode(["a"], lambda ids, mask: np.zeros((1, 2), dtype=np.float32))
    assert found.tolist() == [[0, 0]]


def test_short_texts_are_padded_and_the_mask_says_so() -> None:
    ids_BL, mask_BL = reader_of({}, {"a": [1, 2, 3], "b": [4]}).batch(["a", "b"])
    assert ids_BL.tolist() == [[1, 2, 3], [4, 9, 9]]
    assert mask_BL.tolist() == [[1, 1, 1], [1, 0, 0]]


def test_a_word_is_known_that_is_one_piece_and_not_the_unknown_one() -> None:
    reader = reader_of({"tea": ["tea"], "teapot": ["tea", "pot"], "qx": ["?"], "gone": []})
    assert [reader.knows(word) for word in ("tea", "teapot", "qx", "gone")] == [True, False, False, False]


@pytest.mark.parametrize(
    ("text", "pieces", "reads"),
    [
        ("green tea, naïve", {}, True),  # Latin letters say nothing
        ("", {}, True),
        ("чай", {"чай": ["чай"]}, True),
        ("чай", {"чай": ["ч", "а", "й"]}, False),  # letter by letter
        ("чай", {"чай": ["?"]}, False),
        ("绿茶", {"绿茶": ["绿", "茶"]}, True),  # each ideograph is a word
        ("绿茶", {"绿茶": ["?", "茶"]}, False),
        ("ж tea", {"ж": ["ж"]}, True),  # one letter can't be spelled otherwise
    ],
)
def test_a_model_reads_a_script_whose_words_it_knows(text: str, pieces: dict[str, list[str]], reads: bool) -> None:
    assert reader_of(pieces).reads(text) == reads


def test_a_kept_reader_reads_as_the_model_s_own(tmp_path: Path) -> None:
    source = str(tiny_encoder(tmp_path / "model"))
    tokens = AutoTokens(source)
    reader = Reader(tokens, read_form(source, load_config(source), tokens), 4)
    tokens.save(tmp_path / TOKENIZER)
    reader.save_form(tmp_path)
    kept = Reader.open(tmp_path, 4)
    assert kept.form == reader.form
    texts = ["green tea", "", "tea " * 500, "茶 unheard"]
    for one, other in zip(kept.batch(texts), reader.batch(texts), strict=True):
        np.testing.assert_array_equal(one, other)
    assert len(KeptTokens(tmp_path / TOKENIZER, 3).ids(["green tea black coffee"])[0]) == 3


def test_how_it_reads_is_kept_with_its_prompts_and_a_damaged_file_is_refused(tmp_path: Path) -> None:
    form = Form(4, 5, 0, None, "last", Prompts("query: ", "passage: "))
    Reader(Pieces({}), form, 1).save_form(tmp_path)  # type: ignore[arg-type]
    tiny_encoder(tmp_path / "model")
    (tmp_path / TOKENIZER).write_bytes((tmp_path / "model" / TOKENIZER).read_bytes())
    assert Reader.open(tmp_path, 1).form == form
    (tmp_path / FORM).write_text("{")
    with pytest.raises(ValueError, match=r"JSON|unexpected"):
        Reader.open(tmp_path, 1)
    (tmp_path / FORM).unlink()
    with pytest.raises(OSError, match=FORM):
        Reader.open(tmp_path, 1)
