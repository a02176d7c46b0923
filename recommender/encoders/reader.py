"""Texts into padded batches of tokens, and what a model makes of these into unit vectors.

It knows neither torch nor `transformers`: a worker that reads queries in int8 loads neither.

Shape suffixes: B texts, L tokens, E width of the encoder.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
import orjson
from numpy.typing import NDArray
from tokenizers import Tokenizer

from recommender.utils.vectors import normalise_rows

MAX_TOKENS = 96  # a product's title and attributes fit; longer texts are cut
BLANK = "."  # read in place of a text that has no token
TOKENIZER, FORM = "tokenizer.json", "reader.json"
LEAST_NORM = 1e-12
MOST_UNKNOWN = 1 / 3  # of the pieces of a text that can be read
MOST_PIECES = 0.8  # a letter, of words that are read as words
_OTHER_SCRIPTS = re.compile(r"[^\W\d_a-z\u00aa-\u024f\u1e00-\u1eff]+", re.IGNORECASE)
_IDEOGRAPH = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")  # each is a word
Ints = NDArray[np.int64]
Pooling = Literal["mean", "last"]  # over a text's tokens, or a decoder's last one, which has read all of them


@dataclass(frozen=True, slots=True)
class Prompts:
    """What a model wants to read before a query, and before a text that is to be found."""

    query: str = ""
    passage: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """How a model reads: the width of its vectors, its longest text in tokens, and what becomes of them."""

    width: int
    max_tokens: int
    pad_id: int
    unknown: str | None
    pooling: Pooling
    prompts: Prompts = field(default_factory=Prompts)


class Tokens(Protocol):
    """A tokenizer: ids of texts, with the marks of their beginning and end and cut to length; and pieces of a word."""

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """A list of ids for each text; an empty one where it has no token."""
        ...

    def pieces(self, word: str) -> list[str]:
        """The pieces of one word, without marks of beginning and end."""
        ...


class KeptTokens:
    """One that lies in a file of the library `tokenizers`."""

    def __init__(self, file: Path, max_tokens: int) -> None:
        self._tokenizer: Tokenizer = Tokenizer.from_file(str(file))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_tokens)

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """As `Tokens.ids`, cut to the `max_tokens` it was opened with."""
        return [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]

    def pieces(self, word: str) -> list[str]:
        """As `Tokens.pieces`."""
        found: list[str] = self._tokenizer.encode(word, add_special_tokens=False).tokens
        return found


class Reader:
    """Reads texts with a tokenizer, `batch` at a time."""

    def __init__(self, tokens: Tokens, form: Form, batch: int) -> None:
        self.form, self._tokens, self._batch = form, tokens, batch

    @classmethod
    def open(cls, folder: Path, batch: int) -> "Reader":
        """The one that was kept in this folder; OSError or ValueError where it is missing or damaged."""
        content = orjson.loads((folder / FORM).read_bytes())
        form = Form(**(content | {"prompts": Prompts(**content["prompts"])}))
        return cls(KeptTokens(folder / TOKENIZER, form.max_tokens), form, batch)

    def save_form(self, folder: Path) -> None:
        """Keeps how it reads; its tokenizer is kept by whoever has it."""
        (folder / FORM).write_bytes(orjson.dumps(asdict(self.form)))

    def encode(self, texts: Sequence[str], run: Callable[[Ints, Ints], NDArray[np.float32]]) -> NDArray[np.float32]:
        """float32 of shape (len(texts), E), each row of length 1. `run` makes (B, E) of ids and mask, both (B, L)."""
        vectors = np.zeros((len(texts), self.form.width), dtype=np.float32)
        tokens = self._tokenize(texts)
        # texts of like length share a batch, so that little is spent on padding
        order = np.argsort([len(ids) for ids in tokens], kind="stable")
        for start in range(0, len(order), self._batch):
            rows = order[start : start + self._batch]
            pooled_BE = run(*self._padded([tokens[row] for row in rows]))
            vectors[rows] = normalise_rows(pooled_BE, LEAST_NORM)
        return vectors

    def batch(self, texts: Sequence[str]) -> tuple[Ints, Ints]:
        """Ids and mask of these texts, both (B, L)."""
        return self._padded(self._tokenize(texts))

    def knows(self, word: str) -> bool:
        """Whether the model reads a word as one piece, as it does those that are usual in its language."""
        pieces = self._tokens.pieces(f" {word}")
        return len(pieces) == 1 and pieces[0] != self.form.unknown

    def reads(self, text: str) -> bool:
        """Whether the model reads words of the text's scripts, and not only their letters one by one, or none at all.

        Latin letters say nothing: every model's language has words of some.
        """
        signs = pieces = unknown = 0
        for word in _OTHER_SCRIPTS.findall(text):
            found = self._tokens.pieces(f" {word}")
            signs, pieces = signs + len(word), pieces + len(found)
            unknown += found.count(self.form.unknown) if self.form.unknown else 0
        by_letters = not _IDEOGRAPH.search(text) and pieces >= MOST_PIECES * signs and signs > 1
        return not signs or (unknown < MOST_UNKNOWN * pieces and not by_letters)

    def _tokenize(self, texts: Sequence[str]) -> list[list[int]]:
        if not texts:
            return []
        tokens = self._tokens.ids(texts)
        silent = [] if all(tokens) else self._tokens.ids([BLANK])[0]
        return [ids or silent for ids in tokens]

    def _padded(self, tokens: list[list[int]]) -> tuple[Ints, Ints]:
        longest = max(map(len, tokens))
        ids_BL = np.full((len(tokens), longest), self.form.pad_id, dtype=np.int64)
        mask_BL = np.zeros((len(tokens), longest), dtype=np.int64)
        for row, ids in enumerate(tokens):
            ids_BL[row, : len(ids)] = ids
            mask_BL[row, : len(ids)] = 1
        return ids_BL, mask_BL
