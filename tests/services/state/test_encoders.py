"""Encoders are loaded once, serve several threads in pieces, and leave the memory when nobody holds them."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.typing import NDArray

from recommender.settings import Settings
from services.state.encoders import PIECE, Encoders, SharedEncoder


class Reader:
    """What an encoder knows of words."""

    def knows(self, word: str) -> bool:
        return word == "tea"

    def reads(self, text: str) -> bool:
        return "茶" not in text


class Counting:
    """An encoder of two numbers a text that notes the pieces it was given, and who was inside at once."""

    encoder_id, width = "counting", 2

    def __init__(self, reader: Reader | None = None) -> None:
        self.pieces: list[int] = []
        self.inside, self.most = 0, 0
        self._lock = threading.Lock()
        if reader is not None:
            self.reader = reader

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        with self._lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
        self.pieces.append(len(texts))
        found = np.array([[len(text), 0] for text in texts], dtype=np.float32)
        with self._lock:
            self.inside -= 1
        return found

    encode_queries = encode


@pytest.mark.parametrize("count", [0, 1, PIECE, 2 * PIECE + 1])
def test_long_work_is_cut_into_pieces_and_comes_back_in_order(count: int) -> None:
    plain = Counting()
    found = SharedEncoder(plain).encode(["x" * n for n in range(count)])
    assert found.shape == (count, 2)
    assert found.dtype == np.float32
    assert found[:, 0].tolist() == list(range(count))
    assert max(plain.pieces, default=0) <= PIECE


def test_one_caller_at_a_time_is_inside() -> None:
    plain = Counting()
    shared = SharedEncoder(plain)
    with ThreadPoolExecutor(8) as threads:
        for _ in threads.map(shared.encode_queries, [["a"] * 20] * 40):
            pass
    assert plain.most == 1


def test_what_an_encoder_does_not_tell_of_words_is_no_reason_to_refuse_them() -> None:
    silent, telling = SharedEncoder(Counting()), SharedEncoder(Counting(Reader()))
    assert (silent.knows("tea"), silent.reads("绿茶")) == (False, True)
    assert (telling.knows("tea"), telling.knows("zorgle")) == (True, False)
    assert (telling.reads("绿茶"), telling.reads("日本"), telling.reads("green tea")) == (False, True, True)


def test_an_encoder_is_loaded_once_while_anybody_holds_it(home: Settings) -> None:
    loaded: list[str] = []

    def load(settings: Settings, encoder_id: str) -> Counting:
        assert settings.threads == 1
        if encoder_id == "broken":
            raise ValueError("no such encoder")
        loaded.append(encoder_id)
        return Counting()

    encoders = Encoders(home, load)
    with ThreadPoolExecutor(4) as threads:
        first, *others = threads.map(lambda _: encoders.get("one"), range(8))
    assert all(one is first for one in others)
    assert loaded == ["one"]
    with pytest.raises(ValueError, match="no such encoder"):
        encoders.get("broken")
    del first, others
    encoders.get("one")
    assert loaded == ["one", "one"]
